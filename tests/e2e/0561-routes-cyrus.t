#!/bin/sh
# A Cyrus that accounts leave or come to: who is held there is kept out, LMTP is
# told to try later, and whoever moves the mail gets in.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs openssl
need_cyrus
act=${BK_BUILD:-$top/build/release}/drivers/act_route
ann=ann@a.test
bob=bob@b.test

"$top/tests/servers/pki" "$work/pki"
c=$work/c
cyrus "$c" new "$work/pki" >"$work/new" 2>&1
ok "a Cyrus runs" cyrus "$c" start
ok "... with two accounts" cyrus "$c" adduser $ann $bob
# shellcheck source=/dev/null
. "$c/env"

# Users come by imaps, bk by imap.
leaving() {
	"$act" type=cyrus-deny services=imaps,lmtp,sieve source=open \
		destination=denied command="$top/tests/servers/cyrus $c tool cyr_deny" "$@"
}

coming() {
	leaving source=denied destination=open "$@"
}

is() {
	"$1" look "$2" | sed -n 1p | grep -qx "$3"
}

saved() {
	leaving look "$1" | sed -n 2p
}

user() {
	"$top/tests/lib/imap_logins.py" --tls --ca "$work/pki/ca.crt" "$IMAPS" \
		"$1" pw
}

mover() {
	"$top/tests/lib/imap_logins.py" --mechanism PLAIN --as "$1" "$IMAP" \
		cyrus pw
}

# lmtp ADDRESS: what is said to the end of its mail, or to the recipient.
lmtp() {
	python3 - "$LMTP" "$1" <<-'PY'
	import smtplib, sys
	with smtplib.LMTP("127.0.0.1", int(sys.argv[1])) as server:
	    try:
	        server.sendmail("x@y.test", [sys.argv[2]],
	                        "From: x@y.test\r\nSubject: a\r\n\r\nb\r\n")
	        print(250)
	    except smtplib.SMTPRecipientsRefused as refused:
	        print(refused.recipients[sys.argv[2]][0])
	PY
}

ok "before the first denial" is leaving $ann source
was=$(saved $ann)
ok "... LMTP takes mail" test "$(lmtp $ann)" = 250
exits 1 "a program that is no cyr_deny holds nobody" "$act" type=cyrus-deny \
	services=imaps,lmtp,sieve source=open destination=denied \
	command=/bin/true hold $ann "ann moves"
cp err told
ok "... which is said" grep -q 'denied ann.*, and does not list it: is it the cyr_deny of this server' told
ok "held" leaving hold $ann "ann moves: 100%, at 12:00"
ok "... it is" is leaving $ann held
exits 1 "... its user is kept out" user $ann
ok "... who moves it is not" mover $ann
ok "... LMTP is told to try later" test "$(lmtp $ann)" = 451
ok "... others come in" user $bob
ok "... and get mail" test "$(lmtp $bob)" = 250
held=$(saved $ann)
ok "... held once more" leaving hold $ann "ann moves: 100%, at 12:00"
ok "... it goes elsewhere" leaving point $ann destination
ok "... has gone" is leaving $ann destination
exits 1 "... and stays out" user $ann
ok "... is held again" leaving back $ann "$held"
ok "... with the words that it had" test "$(saved $ann)" = "$held"
ok "... and given back" leaving back $ann "$was"
ok "... as it was" is leaving $ann source
ok "... and lets in" user $ann
ok "... once more is no error" leaving back $ann "$was"

ok "somebody else's denial is none of ours" \
	cyrus "$c" tool cyr_deny -m spam -s imap,imaps $bob
ok "... it is seen" is leaving $bob other
ok "... and is nothing of others" test "$(saved $ann)" = "$was"
ok "the way back: gone" leaving point $ann destination
ok "... is where it comes from" is coming $ann source
ok "... it comes" coming point $ann destination
ok "... and lets in" user $ann

cat >session.py <<-'PY'
import sys
sys.path.insert(0, sys.argv[1])
import imap_client
with imap_client.Imap(imap_client.env_ports(sys.argv[2])[0], sys.argv[3]) as one:
    open("session.in", "w").close()
    one.sock.settimeout(20)
    while one.sock.recv(1000):
        pass
    open("session.out", "w").close()
PY
exits 3 "who is not denied cannot be kicked" leaving kick $ann
python3 session.py "$top/tests/lib" "$c/env" $ann 2>session.err &
session=$!
until [ -e session.in ] || ! kill -0 $session; do sleep 0.02; done
leaving hold $ann moving
ok "sessions are ended" leaving kick $ann
wait $session
ok "... they are" test -e session.out

exits 1 "a name that would be an option" leaving hold -l@a.test x
exits 1 "no cyr_deny there" leaving command=/nowhere/cyr_deny hold $ann x

done_testing
