#!/bin/sh
# When an account is held: not before --cutover-at, and not before a pass over it
# was quick.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

two_servers ann@a.test
file_route
makes ordinary "$(at a ann@a.test)" --messages 20
: >route.log

move() {
	bk-move --from a --to b --account ann@a.test "$@"
}

untouched() {
	ok "... no route was touched" test ! -s route.log
}

# in_seconds N: as --cutover-at takes it.
in_seconds() {
	date -d "+$1 seconds" +%Y-%m-%dT%H:%M:%S
}

# waits_until COMMAND...: in the background, until it waits for its time.
waits_until() {
	"$@" >waiting.out 2>&1 8>&- &
	waiting=$!
	until grep -q 'waiting until .* before accounts are held' waiting.out; do
		kill -0 $waiting || return
		sleep 0.02
	done
}

# ---- passes ------------------------------------------------------------------------

exits 75 "no pass was as quick as that" move --stages data,account \
	--until-delta 0s --max-passes 2
says_like '.*the last of 2 passes took .*: it would be held for too long; .* raise --until-delta or --max-passes.*'
untouched
ok "... but both were made" same "$(at a ann@a.test)" "$(at b ann@a.test)"

# ---- a time ------------------------------------------------------------------------

does a ann@a.test "APPEND INBOX $(message '' before)"
ok "it waits until tomorrow" waits_until bk-move --from a --to b \
	--account ann@a.test --stages data,account --cutover-at "$(in_seconds 86400)"
ok "... with all data there" same "$(at a ann@a.test)" "$(at b ann@a.test)"
kill -s TERM "$waiting"
wait "$waiting"
ok "... and is asked to stop" test $? -eq 130
untouched

echo 'date +%s >held.at' >route.at-hold
soon=$(($(date +%s) + 3))
ok "it waits for some seconds" waits_until bk-move --from a --to b \
	--account ann@a.test --stages data,account \
	--cutover-at "$(date -d "@$soon" +%Y-%m-%dT%H:%M:%S)"
does a ann@a.test "APPEND INBOX $(message '' meanwhile)"
wait "$waiting"
ok "... and ends" test $? -eq 0
ok "... it was held not before its time" test "$(cat held.at)" -ge "$soon"
ok "... it is there" test "$(cat route.ann@a.test)" = destination
ok "... with the mail that came meanwhile" \
	same "$(at a ann@a.test)" "$(at b ann@a.test)"

ok "it goes back" move rollback
ok "a time that is over is now" move --stages data,account \
	--cutover-at "$(in_seconds -60)"
ok "... it is there" test "$(cat route.ann@a.test)" = destination

done_testing
