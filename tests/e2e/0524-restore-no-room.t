#!/bin/sh
# Restores to where there is no room, or none may write: a mailbox over its quota
# on a mail server, an mbox on a full disk and on one that is read-only.  Each says
# what is in its way, and when that is gone all of it comes, once.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore dovecot openssl
need_corpus

"$top/tests/servers/pki" "$work/pki"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 400
new_repository repo
ok "a set" bk-backup "maildir:$work/mail/%d/%n/Maildir" --full


# ---- a mail server --------------------------------------------------------------------

ann=ann@a.test
(umask 077 && echo pw >pw)
dovecot "$work/a" full "$work/pki"
dovecot "$work/a" user $ann 'userdb_quota_rule=*:storage=200k'
dovecot "$work/a" start
cat >>"$BK_CONFIG" <<-CONF
	[server a]
	url = imap://127.0.0.1:$(sed -n 's/^IMAP=//p' a/env)
	ca = $work/pki/ca.crt
	password = file:$work/pw
CONF
back() {
	bk-restore latest --to a --account $ann "$@"
}
# count: messages of the account, as Dovecot counts them.
count() {
	dovecot "$work/a" doveadm -f flow mailbox status -u $ann messages '*' |
		sed 's/.*messages=//' | awk '{ n += $1 } END { print n + 0 }'
}
total=$(find mail/a.test/ann -type f \( -path '*/cur/*' -o -path '*/new/*' \) | wc -l)
exits 15 "a mailbox over its quota" back
cp out said
cp err told
ok "... is told" grep -qi quota said told
some=$(count)
ok "... and took some of $total: $some" test "$some" -gt 0 -a "$some" -lt "$total"
dovecot "$work/a" user $ann
dovecot "$work/a" stop
dovecot "$work/a" start
ok "with room the rest comes" back
ok "... once: $(count)" test "$(count)" -eq "$total"
ok "a third run" back --json
cp out told
ok "... brings nothing" grep -q '"type":"summary".*"new":0,' told

# ---- an mbox ---------------------------------------------------------------------------

mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
	trap 'umount -l "$work/small"; stop_servers; rm -rf "$work"' EXIT
	to="mbox:$work/small/%d/%n/mail"
	exits 15 "an mbox on a full disk" bk-restore latest --to "$to"
	cp err told
	ok "... says so" grep -q 'No space left on device' told
	mount -o remount,ro small
	bk-restore latest --to "$to" >out 2>told
	ok "one that is read-only fails" test $? -ne 0
	ok "... and says so" grep -q 'Read-only file system' told
	mount -o remount,rw,size=80m small
	ok "with room all of it comes" bk-restore latest --to "$to"
	ok "... once" bk-restore latest --to "$to" --json
	cp out told
	ok "... and is there" grep -q '"type":"summary".*"new":0,"kept":400' told
	ok "a set of it" bk-backup "$to" --full
	cp out said
	ok "... has as many" grep -q '400 messages' said
fi

done_testing
