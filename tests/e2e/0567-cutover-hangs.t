#!/bin/sh
# Accounts change servers, and a server or a hook does not answer any more, or the
# destination is full: see 0566-stops-a.t and tests/lib/stops.sh.

top=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${BK_TEST_ALONE:-}" != $$ ]; then
	# What is mounted goes with the last process.
	BK_TEST_ALONE=$$ exec unshare -m sh "$0"
fi
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/stops.sh
. "$top/tests/lib/stops.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

patience=3s
stops_up 12
stops <<TABLE
hang - hold forth undone
hang - kick forth undone
hang - point forth moved
disk b hold forth undone
quota b hold forth undone
stop a hold forth undone
stop b kick forth undone
stop b point forth moved
stop front hold forth stuck
stop mx hold forth stuck
stop mx point forth stuck
stop b hold back moved
TABLE
stopped

done_testing
