#!/bin/sh
# A Cyrus that follows another one over IMAP, as its administrator: each time it is
# as the primary was, in every folder, UID, flag, keyword, date and byte, and so are
# its scripts.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-init bk-backup bk-standby openssl
need_cyrus
cd "$work" || exit 1

ann=u1@a.test
bob=u2@b.test
"$top/tests/servers/pki" "$work/pki"
new_repository repo
for server in a b; do
	cyrus "$work/$server" new "$work/pki"
	echo 'munge8bit: no' >"$work/$server/local.conf"
	cyrus "$work/$server" start
	cyrus "$work/$server" adduser $ann $bob
	cat >>"$BK_CONFIG" <<-CONF
	[server $server]
	url = imap://127.0.0.1:$(port_of $server)
	ca = $work/pki/ca.crt
	login = proxy:cyrus
	password = file:$work/pw
	keep-uids = syncapply
	sieve = sieve://127.0.0.1:$(sed -n 's/^SIEVE=//p' "$work/$server/env")
	CONF
done
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = imap
server = a
[store copy]
type = imap
server = b
CONF

follow() {
	bk-standby follow --once --to copy
}
# shown SERVER: but for the METADATA of the account itself, which no set has.
shown() {
	"$top/tests/lib/imap_view.py" take "$(port_of "$1")" $ann $bob |
		grep -v '"kind": "account"'
}
same() {
	shown a >a.view
	shown b >b.view
	compare a.view b.view
}
sieve() {
	server=$1
	shift
	"$top/tests/lib/sieve_client.py" "$(sed -n 's/^SIEVE=//p' "$server/env")" \
		$ann pw "$@"
}

ok "mail" makes ordinary "$(at a $ann)" "$(at a $bob)" --messages 40
printf 'keep;\r\n' >first.sieve
printf 'discard;\r\n' >second.sieve
ok "a script" sieve a put sorts <first.sieve
ok "... which is active" sieve a activate sorts
ok "a full set" bk-backup mail --full
ok "it follows" follow
ok "... and is as the primary" same
ok "... and fresh" bk-standby status --to copy --max-age 8h
sieve b get sorts >got
ok "... with the script, to the byte" cmp first.sieve got

ok "people work" does a $ann 'CREATE Work' 'CREATE Work/Rhine' 'SELECT INBOX' \
	'COPY 1:5 Work' 'COPY 3 Work/Rhine' 'STORE 2:4 +FLAGS.SILENT (\Seen later)' \
	'STORE 6:7 +FLAGS.SILENT (\Deleted)' 'EXPUNGE' 'SUBSCRIBE Work' \
	"SETACL Work $bob lrs"
ok "a script is another" sieve a put sorts <second.sieve
ok "a differential" bk-backup mail --differential
ok "it follows" follow
ok "... and is as the primary" same
sieve b get sorts >got
ok "... with the script, to the byte" cmp second.sieve got
ok "it is switched off" sieve a activate ''
ok "a differential" bk-backup mail --differential
ok "it follows" follow
sieve b list >got
ok "... and the script is there, and not active" grep -qx sorts got
ok "more" does a $ann 'RENAME Work Done' 'CREATE Work' 'SELECT Done' \
	'COPY 2:3 Work' 'COPY 1 INBOX' "DELETEACL Done $bob" \
	'DELETE Done/Rhine' 'UNSUBSCRIBE Work'
ok "a differential" bk-backup mail --differential
ok "it follows" follow
ok "... and is as the primary" same
ok "... and fresh" bk-standby status --to copy --max-age 8h
ok "it takes over" bk-standby promote --to copy --fenced-primary
ok "... as the primary was" same

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
