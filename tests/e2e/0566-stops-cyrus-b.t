#!/bin/sh
# An account goes from a Dovecot to a Cyrus, and back, and the Cyrus dies at each
# step: see tests/lib/stops.sh.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/stops.sh
. "$top/tests/lib/stops.sh"
# shellcheck disable=SC2034 # of front.sh
far=cyrus

stops_of b forth undo back
