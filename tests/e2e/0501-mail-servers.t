#!/bin/sh
# The mail servers that other tests move mail between: a client that is not ours
# logs in by every way they offer, and finds what they say they can do.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot curl openssl

"$top/tests/servers/pki" "$work/pki"

# logs_in OPTION...: and sees an INBOX.
logs_in() {
	"$top/tests/lib/imap_logins.py" --ca "$work/pki/ca.crt" "$@" >said &&
		grep -q '"\{0,1\}INBOX"\{0,1\}$' said
}

# answers REGEX COMMAND OPTION...: the answers to it have a line like that.
answers() {
	like=$1
	line=$2
	shift 2
	logs_in --command "$line" "$@" && grep -q -e "$like" said
}

can() {
	grep -qxF "$1" said
}

# api LOGIN COMMAND: doveadm's HTTP API.
api() {
	curl -sS --fail --max-time 20 -H "$1" \
		-H 'Content-Type: application/json' -d "[$2]" \
		"http://127.0.0.1:$DOVEADM/doveadm/v1" >said
}

sieve() {
	"$top/tests/lib/sieve_client.py" "$@" >said
}

# ---- Dovecot -----------------------------------------------------------------

a=$work/a
ann=ann@a.test
bob=bob@a.test
dovecot "$a" full "$work/pki"
dovecot "$a" adduser $ann $bob
ok "Dovecot starts" dovecot "$a" start
# shellcheck source=/dev/null
. "$a/env"
ok "LOGIN in clear text" logs_in "$IMAP" $ann pw
for name in COMPRESS=DEFLATE METADATA ACL QUOTA LITERAL+ MULTIAPPEND UIDPLUS \
	CONDSTORE QRESYNC LIST-STATUS SPECIAL-USE NAMESPACE ESEARCH ID; do
	ok "... it announces $name" can $name
done
exits 1 "a wrong password" logs_in "$IMAP" $ann wrong
exits 1 "nobody we know" logs_in "$IMAP" carla@a.test pw
ok "STARTTLS" logs_in --starttls "$IMAP" $ann pw
ok "TLS from the start" logs_in --tls "$IMAPS" $ann pw
ok "AUTHENTICATE PLAIN" logs_in --mechanism PLAIN "$IMAP" $ann pw
ok "a master as user*master" logs_in "$IMAP" "$ann*master" masterpw
ok "a master for an authorisation identity" \
	logs_in --mechanism PLAIN --as $ann "$IMAP" master masterpw
exits 1 "... that nobody has" \
	logs_in --mechanism PLAIN --as carla@a.test "$IMAP" master masterpw
exits 1 "who is no master is refused" \
	logs_in --mechanism PLAIN --as $bob "$IMAP" $ann pw
for mechanism in XOAUTH2 OAUTHBEARER; do
	ok "a token by $mechanism" logs_in --mechanism $mechanism "$IMAP" $ann \
		"$(dovecot "$a" token $ann)"
	exits 1 "... of somebody else" logs_in --mechanism $mechanism "$IMAP" \
		$bob "$(dovecot "$a" token $ann)"
	exits 1 "... that has expired" logs_in --mechanism $mechanism "$IMAP" \
		$ann "$(dovecot "$a" token $ann -1)"
done

ok "METADATA is kept" answers '^OK' \
	'SETMETADATA INBOX (/private/comment "ours")' "$IMAP" $ann pw
ok "... and shown" answers ours 'GETMETADATA INBOX /private/comment' \
	"$IMAP" $ann pw
ok "rights are shown" answers 'ACL.*INBOX' 'GETACL INBOX' "$IMAP" $ann pw
ok "a quota is shown" answers 'STORAGE' 'GETQUOTAROOT INBOX' "$IMAP" $ann pw
dovecot "$a" user carla@a.test 'userdb_quota_rule=*:storage=100k'
until logs_in "$IMAP" carla@a.test pw 2>/dev/null; do
	sleep 0.1
done
ok "an account of one's own kind" answers 'STORAGE 0 100)' \
	'GETQUOTAROOT INBOX' "$IMAP" carla@a.test pw

ok "a master's folder" answers '^OK' 'CREATE Work' "$IMAP" $ann pw
ok "a master sees all that the user sees" answers '"Work"\|Work$' NOOP \
	"$IMAP" "$ann*master" masterpw

update='["mailboxUpdate",{"user":"ann@a.test","mailbox":"Work",
	"uidValidity":"777","minNextUid":"42"},"t"]'
exits 22 "doveadm's API wants a password" api 'X-No: login' "$update"
ok "doveadm's API with one" api "Authorization: Basic $(
	printf doveadm:doveadmpw | base64)" "$update"
ok "doveadm's API with a key" api "Authorization: X-Dovecot-API $(
	printf doveadmkey | base64)" "$update"
ok "... says that it was done" grep -qF '["doveadmResponse",[],"t"]' said
ok "... and it was" answers 'UIDNEXT 42 UIDVALIDITY 777' \
	'STATUS Work (UIDNEXT UIDVALIDITY)' "$IMAP" $ann pw

echo 'keep;' >script
ok "ManageSieve takes a script" sieve --ca "$work/pki/ca.crt" "$SIEVE" $ann \
	pw put ours <script
ok "... makes it the active one" sieve "$SIEVE" $ann pw activate ours
ok "... also for a master" sieve --as $ann "$SIEVE" master masterpw list
ok "... who sees it" grep -qx 'ours ACTIVE' said
ok "... and gives it back" sieve "$SIEVE" $ann pw get ours
ok "... the same" grep -q '^keep;' said

cat >"$a/local.conf" <<-'CONF'
plugin {
  acl_user = %{auth_user}
}
namespace inbox {
  separator = .
  prefix = INBOX.
}
CONF
dovecot "$a" stop
ok "with settings of the test's own" dovecot "$a" start
ok "... it has another separator and prefix" answers '"\." INBOX.Work' NOOP \
	"$IMAP" $ann pw
ok "... a master logs in" logs_in "$IMAP" "$ann*master" masterpw
exits 1 "... and sees the INBOX alone" grep Work said

b=$work/b
dovecot "$b" full "$work/pki"
dovecot "$b" adduser $ann
ok "a second one at the same time" dovecot "$b" start
ok "... has a port of its own" logs_in --tls \
	"$(sed -n 's/^IMAPS=//p' "$b/env")" $ann pw

done_testing
