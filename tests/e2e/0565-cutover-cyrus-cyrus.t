#!/bin/sh
# Two accounts go from a Cyrus to another one, behind a Dovecot proxy and a Postfix,
# on a day as that of 0564, and back; cyr_deny is the lock where they leave.

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
far=cyrus

ok "two Cyrus, a proxy and a Postfix run" front_up $ann $bob admin@a.test
live_conf
cyrus_door a
cp "$work/front/users" users.first

day_forth $ann $bob
for account in $ann $bob; do
	exits 1 "$account does not get in at the old one any more" \
		at_the_door a "$account"
done
day_back $ann $bob
for account in $ann $bob; do
	ok "$account gets in there again" at_the_door a "$account"
done
ok "the passwd-file is as it was" cmp users.first "$work/front/users"

done_testing
