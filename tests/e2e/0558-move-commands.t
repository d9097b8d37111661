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

# ---- what was sent arrives all the same ------------------------------------------------

# Who sends 505 messages dies when 500 of them are on their way, slowly: they
# arrive after the next run has looked.
many=a/mail/a.test/ann/Maildir/.Many
mkdir -p $many/cur $many/new $many/tmp
for number in $(seq 505); do
	printf 'Subject: %s\r\n\r\n%s\r\n' "$number" "$number" \
		>"$many/cur/$number.x.y:2,S"
done
[ "$(id -u)" -ne 0 ] || chown -R mail:mail $many
cut() {
	"$BK_BUILD/cut/bk-move" -q --from a --to b --account ann@a.test \
		--as "n$place@a.test"
}

sed -i 's/^timeout.*/timeout = 20s/' "$BK_CONFIG"
place=$((place + 1))
BK_FAULT_LIST=1 cut 2>listed
place=$((place + 1))
fault b slow 40000
BK_FAULT_AT=$(sed -n 's/^fault \([0-9]*\): .*passed on.*/\1/p' listed) cut
ok "it is cut off" test $? -eq 99
ok "the next run ends well" ends_well
fault b none
ok "... and once more" ends_well

done_testing
