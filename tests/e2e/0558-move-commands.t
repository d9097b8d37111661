#!/bin/sh
# A move is killed before each thing that it sends to a server arrives, and before
# each answer does: the next run ends well, nothing is lost and nothing is there
# twice.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1
# shellcheck source=tests/lib/breaks.sh
. "$top/tests/lib/breaks.sh"
does a ann@a.test "APPEND INBOX $(message '\Seen work' one)" \
	"APPEND INBOX $(message '' two)" 'CREATE Work' \
	"APPEND Work $(message '\Flagged' three)" \
	"APPEND Work $(message '\Flagged' three)" 'SUBSCRIBE Work'

# everywhere END WHAT: at the first of them, at the second, until there is none.
everywhere() {
	n=0
	while breaks "$1" "$2" $n && [ "$struck" ]; do
		n=$((n + 1))
	done
	ok "$1: $2: there were $n" test $n -gt 5
	ok "... and nothing, in the end" test "$status" = 0
}

everywhere b kill
everywhere b down-kill
everywhere a kill

done_testing
