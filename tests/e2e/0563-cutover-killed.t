#!/bin/sh
# An account that changes servers, and whoever does it is killed (kill -9) before
# and after each act on its route: the next run goes on, or back, and ends whole.

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

ends="--from a --to b --account ann@a.test"

# is_whole SERVER: it leads there, which is noted, and both have all its mail.
is_whole() {
	case $1 in
	a) leads=source noted=0 ;;
	b) leads=destination noted=1 ;;
	esac
	[ "$(cat route.ann@a.test)" = "$leads" ] &&
		[ "$(find state/move-*/accounts -type f | wc -l)" -eq "$noted" ] &&
		same "$(at a ann@a.test)" "$(at b ann@a.test)"
}

# is_back: the same, but what came last is at the source alone.
is_back() {
	[ "$(cat route.ann@a.test)" = source ] &&
		[ -z "$(find state/move-*/accounts -type f)" ] &&
		same --extra "$(at b ann@a.test)" "$(at a ann@a.test)"
}

# kills ACT COMMAND...: it is killed there, unless it takes no such act.
kills() {
	echo "$1" >route.kills
	shift
	"$@" >out.killed 2>err.killed
	status=$?
	[ $status -eq 137 ] && [ ! -e route.kills ]
}

# arrives SERVER: a message that only it has.
number=0
arrives() {
	number=$((number + 1))
	does "$1" ann@a.test "APPEND INBOX $(message '' "number $number")"
}

# shellcheck disable=SC2086 # words
forth() {
	bk-move -q $ends --stages data,account
}

# shellcheck disable=SC2086
back() {
	bk-move -q rollback $ends
}

# advises: status names the stage, and the command that goes on.
advises() {
	# shellcheck disable=SC2086
	bk-move status $ends --json >told && grep -Eq \
		'"stage":"(holding|pointing)","next":"bk move --from a --to b .*--stages account' told
}

# Its first run has not ended yet, and so has nothing that came of it.
echo "PATH='$PATH' BK_CONFIG='$BK_CONFIG' BK_STATE_DIR='${BK_STATE_DIR-}' \
bk-move status $ends --json >$work/told.held" >route.at-hold
for act in hold hold-done kick kick-done point point-done; do
	arrives a
	ok "on its way there, killed at: $act" kills $act forth
	ok "... status says what to do" advises
	ok "... the next run ends well" forth
	ok "... and it is there" is_whole b
	[ "$act" != hold ] || ok "... status said that it was under way" \
		grep -q '"state":"under way".*"stage":"holding"}*$' told.held
	arrives b
	back || echo "# no way back"
done
for act in hold hold-done kick kick-done back back-done; do
	forth || echo "# no way there"
	arrives b
	ok "on its way back, killed at: $act" kills $act back
	ok "... the next run ends well" back
	ok "... and it is back" is_whole a
done

# ---- the other way than it was killed on ---------------------------------------------

for act in hold-done kick-done point point-done; do
	arrives a
	ok "on its way there, killed at: $act" kills $act forth
	ok "... and rolled back" back
	ok "... it is back" is_back
done
for act in hold-done kick-done back-done; do
	forth || echo "# no way there"
	arrives b
	ok "on its way back, killed at: $act" kills $act back
	ok "... and moved again" forth
	ok "... it is there" is_whole b
	back || echo "# no way back"
done

# ---- told to stop ------------------------------------------------------------------

# stops ACT: it is asked to there.
stops() {
	echo "$1" >route.terms
	forth
	[ $? -eq 130 ] && [ ! -e route.terms ]
}

for act in hold kick-done; do
	arrives a
	ok "asked to stop at: $act, it does" stops $act
	ok "... and it is as it was" is_back
done
arrives a
echo point >route.terms
ok "asked to stop when all is copied, it ends that first" forth
ok "... it is there" is_whole b

done_testing
