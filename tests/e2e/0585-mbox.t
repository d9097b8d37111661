#!/bin/sh
# mbox files as a store: what Dovecot and mutt made of them comes back to the
# byte, and Dovecot shows the same.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot mutt python3 bk-init bk-backup bk-restore
need_corpus
new_repository repo
root=$work/server
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = mbox
path = $root/mail/%d/%n/mail
inbox = $root/spool/%u
CONF

# sums FOLDER: each file that is mail, and what is in it.
sums() {
	(cd "$1" && find mail spool -type f ! -path '*/.imap/*' \
		! -name '*.lock' -exec sha256sum {} + | sort -k 2)
}

# ---- Dovecot ----

dovecot "$root" new "mbox:~/mail:INBOX=$root/spool/%u"
mkdir "$root/spool"
chown mail:mail "$root/spool"
chmod 775 "$root/spool"
dovecot "$root" adduser ann@a.test bob@a.test
dovecot "$root" start
ok "mail" world fill --flat "$root/env" "$corpus" \
	ann@a.test bob@a.test
view "$root" >before
dovecot "$root" stop
sums "$root" >sums.before
ok "there are mbox files" test "$(wc -l <sums.before)" -ge 6
ok "a full set" bk-backup mail --full
quiet
find "$root/mail" "$root/spool" -mindepth 1 -delete
ok "a restore" bk-restore latest --store mail --to mail
sums "$root" >sums.after
ok "every file is what it was, to the byte" diff sums.before sums.after
dovecot "$root" start
view "$root" >after
ok "Dovecot shows the same" compare before after
dovecot "$root" stop

done_testing
