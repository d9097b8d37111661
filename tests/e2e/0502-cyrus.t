#!/bin/sh
# The other mail server that tests move mail to and from: a client that is not
# ours logs in by every way it offers, and finds what it says it can do.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs openssl
need_cyrus

"$top/tests/servers/pki" "$work/pki"
c=$work/c
ann=ann@a.test
bob=bob@b.test

logs_in() {
	"$top/tests/lib/imap_logins.py" --ca "$work/pki/ca.crt" "$@" >said
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

sieve() {
	"$top/tests/lib/sieve_client.py" "$@" >said
}

ok "Cyrus is made" cyrus "$c" new "$work/pki"
ok "Cyrus starts" cyrus "$c" start
ok "accounts are added" cyrus "$c" adduser $ann $bob
# shellcheck source=/dev/null
. "$c/env"
ok "LOGIN in clear text" logs_in "$IMAP" $ann pw
for name in COMPRESS=DEFLATE METADATA ACL QUOTA LITERAL+ MULTIAPPEND UIDPLUS \
	CONDSTORE QRESYNC LIST-STATUS SPECIAL-USE NAMESPACE ESEARCH ID OBJECTID; do
	ok "... it announces $name" can $name
done
exits 1 "a wrong password" logs_in "$IMAP" $ann wrong
exits 1 "nobody we know" logs_in "$IMAP" carla@a.test pw
ok "STARTTLS" logs_in --starttls "$IMAP" $ann pw
ok "TLS from the start" logs_in --tls "$IMAPS" $ann pw
ok "AUTHENTICATE PLAIN" logs_in --mechanism PLAIN "$IMAP" $ann pw
ok "the administrator for an authorisation identity" \
	answers '"/" INBOX$' NOOP --mechanism PLAIN --as $ann "$IMAP" cyrus pw
ok "... that nobody has" \
	logs_in --mechanism PLAIN --as carla@a.test "$IMAP" cyrus pw
exits 1 "... who sees no INBOX" grep INBOX said
exits 1 "who is no administrator is refused" \
	logs_in --mechanism PLAIN --as $bob "$IMAP" $ann pw
ok "the administrator as himself sees everybody" \
	answers "user/$bob\$" NOOP "$IMAP" cyrus pw

ok "METADATA is kept" answers '^OK' \
	'SETMETADATA INBOX (/private/comment "ours")' "$IMAP" $ann pw
ok "... and shown" answers ours 'GETMETADATA INBOX /private/comment' \
	"$IMAP" $ann pw
ok "rights are given" answers '^OK' "SETACL INBOX $bob lrs" "$IMAP" $ann pw
ok "... and shown" answers "$bob lrs" 'GETACL INBOX' "$IMAP" $ann pw
ok "a quota is set" answers '^OK' "SETQUOTA user/$ann (STORAGE 1000)" \
	"$IMAP" cyrus pw
ok "... and shown" answers 'STORAGE 0 1000' 'GETQUOTAROOT INBOX' "$IMAP" $ann pw

echo 'keep;' >script
ok "ManageSieve takes a script" sieve --ca "$work/pki/ca.crt" "$SIEVE" $ann \
	pw put ours <script
ok "... makes it the active one" sieve "$SIEVE" $ann pw activate ours
ok "... also for the administrator" sieve --as $ann "$SIEVE" cyrus pw list
ok "... who sees it" grep -qx 'ours ACTIVE' said

ok "it is said that an account is moving" \
	cyrus "$c" tool cyr_deny -m moving -s imap,lmtp $ann
exits 1 "... then nobody logs in to it" logs_in "$IMAP" $ann pw
ok "... but to others" logs_in "$IMAP" $bob pw
ok "... until that is over" cyrus "$c" tool cyr_deny -a $ann
ok "... as before" logs_in "$IMAP" $ann pw

ok "it stops" cyrus "$c" stop
exits 1 "... and nobody listens any more" logs_in "$IMAP" $ann pw
echo 'munge8bit: no' >"$c/local.conf"
ok "... and starts again, with a setting of the test's own" cyrus "$c" start
ok "... and its mail" answers "$bob lrs" 'GETACL INBOX' "$IMAP" $ann pw
ok "... and dies when it is killed" cyrus "$c" kill
exits 1 "... and nobody listens then" logs_in "$IMAP" $ann pw

done_testing
