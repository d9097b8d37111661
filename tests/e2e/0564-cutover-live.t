#!/bin/sh
# Two accounts change servers behind a Dovecot proxy and a Postfix, while mail
# comes in for them and people work all the time: each mail that was accepted is
# there once, what people did is done, and nobody was cut off for longer than the
# administrator is told; forth, killed on the way, and back.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/live.sh
. "$top/tests/lib/live.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
ann=ann@a.test
bob=bob@b.test

ok "two servers, a proxy and a Postfix run" front_up $ann $bob admin@a.test
live_conf
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first

day_forth $ann $bob
day_back $ann $bob
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"

# ---- a probe that mail does not reach ------------------------------------------------

# A front whose mail still goes to the old server, as no route of mail is moved.
sed -i '/^\[route mail\]/,$d' "$BK_CONFIG"
exits 14 "only logins are led to the new server" bk-move --from a --to b \
	--account $ann --stages data,account --front front
cp err said
ok "... the probe tells that mail is not" grep -q \
	'it has moved, but the probe failed: a mail that the front has taken was not at the destination after 30 s' said
ok "... logins end there" reaches b $ann

done_testing
