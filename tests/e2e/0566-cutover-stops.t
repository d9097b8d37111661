#!/bin/sh
# Accounts change servers, and a server dies at one step or another: each account
# is whole at one of them, people and mail get there, and the words say where it
# is and what to do.

top=$(cd "$(dirname "$0")/../.." && pwd)
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

stops_up 12
stops <<TABLE
kill a hold forth undone
kill b hold forth undone
kill front hold forth stuck
kill mx hold forth stuck
kill a point forth moved
kill b point forth moved
kill front point forth stuck
kill mx point forth stuck
kill a hold back moved
kill b hold back moved
TABLE
stopped

done_testing
