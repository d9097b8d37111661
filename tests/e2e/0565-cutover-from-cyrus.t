#!/bin/sh
# Two accounts leave a Cyrus for a Dovecot, behind a Dovecot proxy and a Postfix, on
# a day as that of 0564, and go back.  cyr_deny is the lock: who was at the Cyrus
# itself is put out, and does not get in again until they are back.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/live.sh
. "$top/tests/lib/live.sh"
needs bk-move dovecot postfix postmap openssl
need_cyrus
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
ann=ann@a.test
bob=bob@b.test
near=cyrus

ok "a Cyrus, a Dovecot, a proxy and a Postfix run" \
	front_up $ann $bob admin@a.test
live_conf
cyrus_door a
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first

# stays ACCOUNT: who is at the Cyrus itself, by imaps, until he is put out.
stays() {
	python3 - "$top/tests/lib" "$work/pki/ca.crt" "$(port a IMAPS)" "$1" \
		2>stays.err 8>&- <<-'PY' &
	import sys
	sys.path.insert(0, sys.argv[1])
	from imap_client import Imap
	with Imap(int(sys.argv[3]), sys.argv[4], ca=sys.argv[2], tls=True) as one:
	    open("stays.in", "w").close()
	    one.sock.settimeout(60)
	    while one.sock.recv(1000):
	        pass
	    open("stays.out", "w").close()
	PY
	stayer=$!
	until [ -e stays.in ] || ! kill -0 $stayer; do sleep 0.02; done
}

stays $ann
day_forth $ann $bob
wait $stayer
ok "who was at the Cyrus itself was put out" test -e stays.out
for account in $ann $bob; do
	exits 1 "$account does not get in there any more" at_the_door a "$account"
done
day_back $ann $bob
for account in $ann $bob; do
	ok "$account gets in again" at_the_door a "$account"
done
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"

done_testing
