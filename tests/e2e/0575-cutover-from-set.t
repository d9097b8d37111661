#!/bin/sh
# The source is dead, its account moves from a set, and pointing it fails half way
# or is killed: there is no way back into a set, so it stays where it is, the words
# say what to do, and the next run ends it.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move bk-backup dovecot openssl
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test

two_servers $ann
file_route
sed 's/^\[route file\]/[route mail]/; s,/route$,/mail,' "$BK_CONFIG" |
	sed -n '/^\[route mail\]/,$p' >more.conf
cat more.conf >>"$BK_CONFIG"
echo $ann >people
sed -i "/^\[server a\]/a accounts-file = $work/people" "$BK_CONFIG"
new_repository repo
makes ordinary "$(at a $ann)" --messages 12
ok "a backup of the server" bk-backup a --full
dovecot a stop

move() {
	bk-move "$@" --from a --to b --account $ann
}

forth() {
	move --from-set latest --stages data,account
}

# leads ROUTE STATE
leads() {
	ok "... route $1: $2" test "$(cat "$1.$ann")" = "$2"
}

# is_there: both routes lead there, and nobody has anything to do.
is_there() {
	leads route destination
	leads mail destination
	move status --json >told
	ok "... that is noted" grep -q '"cutover":"moved".*"stage":"moved"' told
	exits 0 "... another run leaves it alone" forth
}

# once_more: as before all that.
once_more() {
	rm -rf state
	echo source >"route.$ann"
	echo source >"mail.$ann"
	rm -f route.fails mail.fails
}

# ---- one route leads there, and the other cannot --------------------------------------

once_more
echo point >mail.fails
exits 18 "pointing the second route fails" forth
cp err told
ok "... it says why there is no way back" grep -q \
	'somebody says no to point; and then its mail came from a set, so there is no way back; route file leads to the destination; route mail is held' told
ok "... and what to do" grep -q \
	'When that is mended: bk move --from-set latest --from a --to b --stages data,account --account ann@a.test' told
leads route destination
leads mail held
move status --json >told
ok "... status says what goes on" grep -q \
	'"stage":"pointing","next":"bk move --from a --to b --account ann@a.test --stages account"' told
exits 18 "still" forth
rm mail.fails
exits 0 "mended, the next run ends it" forth
is_there

# ---- it has happened, and nobody knows ------------------------------------------------

once_more
echo point-done >mail.fails
exits 18 "pointing fails when it was done" forth
rm mail.fails
exits 0 "the command of status, which asks the dead server for nothing, ends it" \
	move --stages account
is_there

# ---- killed ----------------------------------------------------------------------------

for act in point point-done; do
	once_more
	echo $act >mail.kills
	exits 137 "killed at: $act" forth
	exits 0 "... the next run ends it" forth
	is_there
done

# ---- the first one fails: nothing has gone there yet -------------------------------------

once_more
echo point >route.fails
echo point >mail.fails
exits 20 "no route can be pointed: undone" forth
leads route source
leads mail source
rm route.fails mail.fails
exits 0 "the next run ends it" forth
is_there

# ---- and who wants to go back to a dead server ------------------------------------------

exits 16 "a rollback to a dead server" move rollback
leads route destination
leads mail destination

done_testing
