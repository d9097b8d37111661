#!/bin/sh
# A Cyrus that follows another one over IMAP, as its administrator: each time it is
# as the primary was, in every folder, UID, flag, keyword, date and byte, and so are
# its scripts.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/far_standby.sh
. "$top/tests/lib/far_standby.sh"
needs bk-init bk-backup bk-standby openssl
need_cyrus
cd "$work" || exit 1

ann=u1@a.test
bob=u2@b.test
far_cyruses $ann $bob

ok "mail" makes ordinary "$(at a $ann)" "$(at a $bob)" --messages 40
printf 'keep;\r\n' >first.sieve
printf 'discard;\r\n' >second.sieve
ok "a script" sieve a $ann put sorts <first.sieve
ok "... which is active" sieve a $ann activate sorts
ok "a full set" bk-backup mail --full
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "... and fresh" fresh
sieve b $ann get sorts >got
ok "... with the script, to the byte" cmp first.sieve got

ok "people work" does a $ann 'CREATE Work' 'CREATE Work/Rhine' 'SELECT INBOX' \
	'COPY 1:5 Work' 'COPY 3 Work/Rhine' 'STORE 2:4 +FLAGS.SILENT (\Seen later)' \
	'STORE 6:7 +FLAGS.SILENT (\Deleted)' 'EXPUNGE' 'SUBSCRIBE Work' \
	"SETACL Work $bob lrs"
ok "a script is another" sieve a $ann put sorts <second.sieve
ok "a differential" bk-backup mail --differential
ok "it follows" follow
ok "... and is as the primary" as_primary
sieve b $ann get sorts >got
ok "... with the script, to the byte" cmp second.sieve got
ok "it is switched off" sieve a $ann activate ''
ok "a differential" bk-backup mail --differential
ok "it follows" follow
sieve b $ann list >got
ok "... and the script is there, and not active" grep -qx sorts got
ok "more" does a $ann 'RENAME Work Done' 'CREATE Work' 'SELECT Done' \
	'COPY 2:3 Work' 'COPY 1 INBOX' "DELETEACL Done $bob" \
	'DELETE Done/Rhine' 'UNSUBSCRIBE Work'
ok "a differential" bk-backup mail --differential
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "... and fresh" fresh
ok "it takes over" bk-standby promote --to copy --fenced-primary
ok "... as the primary was" as_primary

# ---- a standby that calls the owner without his domain ----

cyrus "$work/c" new "$work/pki"
echo 'defaultdomain: a.test' >"$work/c/local.conf"
cyrus "$work/c" start
cyrus "$work/c" adduser $ann
echo pw | "$work/c/cyrus/usr/sbin/saslpasswd2" -p -c -f "$work/c/sasldb" \
	-u localhost "${ann%@*}"
cat >>"$BK_CONFIG" <<-CONF
[server c]
url = imap://127.0.0.1:$(port_of c)
ca = $work/pki/ca.crt
login = proxy:cyrus
password = file:$work/pw
keep-uids = syncapply
[server bare]
url = imap://u1%40a.test@127.0.0.1:$(port_of c)
ca = $work/pki/ca.crt
password = file:$work/pw
[server full]
url = imap://u1%40a.test@127.0.0.1:$(port_of a)
ca = $work/pki/ca.crt
password = file:$work/pw
[store full]
type = imap
server = full
[store bare]
type = imap
server = bare
CONF
ok "rights" does a $ann "SETACL INBOX $bob lr"
ok "one account" bk-backup full --full
ok "a server with a default domain follows" bk-standby follow --once \
	--store full --to c
"$top/tests/lib/imap_logins.py" --command 'GETACL INBOX' "$(port_of c)" \
	$ann pw | tr -d '"' >said
ok "... where the owner has his rights" grep -qE "ACL.* u1 [a-z]*a" said
ok "... and others have theirs" grep -q "ACL.* $bob lr" said
ok "a set of that" bk-backup bare --full
ok "... into files" bk-restore latest --store bare --to "maildir:$work/files/%d/%n"
grep -r . "$work/files" --include=dovecot-acl >said
ok "... has the rights of others" grep -q "user=$bob" said
exits 1 "... and not the owner's" grep 'user=u1' said

done_testing
