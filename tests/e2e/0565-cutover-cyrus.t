#!/bin/sh
# Two accounts go from a Dovecot to a Cyrus, behind a Dovecot proxy and a Postfix,
# on a day as that of 0564; at the Cyrus itself nobody gets in before, nor after
# they went back.

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
far=cyrus

ok "a Dovecot, a Cyrus, a proxy and a Postfix run" \
	front_up $ann $bob admin@a.test
live_conf
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first
cyrus_door b

exits 18 "a door that is open before is none that we opened" \
	bk-move --from a --to b --account $ann --stages data,account
says_like 'bk-move: .*route door-b leads to the destination, which is not our doing.*'
ok "... and the administrator has a mail" notice told
for account in $ann $bob; do
	ok "$account may not come yet" cyrus "$work/b" tool cyr_deny \
		-s imaps,lmtp,sieve -m 'this account has moved to another server' "$account"
	exits 1 "... and does not" at_the_door b "$account"
done

day_forth $ann $bob
for account in $ann $bob; do
	ok "$account gets in" at_the_door b "$account"
done
day_back $ann $bob
for account in $ann $bob; do
	exits 1 "$account does not get in any more" at_the_door b "$account"
done
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"

done_testing
