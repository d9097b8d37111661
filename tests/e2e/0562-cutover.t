#!/bin/sh
# Accounts change servers: each is whole at one of them, whatever fails on the
# way, and the words say at which.  The route is a file that the test looks at.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

two_servers ann@a.test bob@a.test
file_route
makes ordinary "$(at a ann@a.test)" --messages 30
makes ordinary "$(at a bob@a.test)" --messages 10 --seed 2

move() {
	bk-move --from a --to b --account ann@a.test "$@"
}

# leads_to STATE [ACCOUNT]
leads_to() {
	ok "... ${2:-ann@a.test} leads to: $1" \
		test "$(cat "route.${2:-ann@a.test}")" = "$1"
}

acts() {
	ok "... the route saw: ${*:-nothing}" \
		test "$(tr '\n' ' ' <route.log)" = "${*:+$* }"
	: >route.log
}

# status_of KEY: of ann, as status says it.
status_of() {
	move status --json | sed -n 's/.*"'"$1"'":"\([a-z]*\)".*/\1/p'
}

: >route.log

# ---- wrong use ---------------------------------------------------------------------

exits 2 "a route without the account stage" move --route file
says "bk-move: --route goes with --stages data,account"
exits 2 "an empty reason" move --stages data,account --reason ' '
says "bk-move: --reason: it is empty: say why nobody can log in, or leave it out"
exits 2 "a stage that is none" move --stages data,switch
says "bk-move: --stages: 'switch' is no stage; there are: data, account"
exits 2 "a rehearsal" move --stages data,account --as x@a.test
says "bk-move: --as is a rehearsal: no route follows it"
exits 2 "a store, to which no route leads" bk-move --from maildir:/nowhere \
	--to b --stages data,account
says "bk-move: --from maildir:/nowhere: a route leads to a [server] of the configuration"
exits 2 "a rollback with stages" move rollback --stages account
ok "... and nothing was done" test ! -s route.log

# ---- what fails before it is held --------------------------------------------------

echo look >route.fails
exits 1 "a route that cannot be looked at" move --stages data,account
echo other >route.ann@a.test
rm route.fails
exits 18 "a route that leads elsewhere" move --stages data,account
says_like 'bk-move: .*route file leads to neither server, which is not our doing.*'
echo held >route.ann@a.test
exits 18 "somebody else's hold" move --stages data,account
leads_to held
echo source >route.ann@a.test
ok "... and nothing was done" test ! -s route.log

# ---- what fails while it is held ---------------------------------------------------

# undone WORDS: status 20, and everything is as it was.
undone() {
	exits 20 "$1: undone" move --stages data,account
	cat out err >said
	leads_to source
	ok "... and it says so" grep -q \
		'cutover undone, the source stays active; run: bk move --from a --to b --stages data,account --account ann@a.test' said
	ok "... no account is noted" test -z "$(ls state/move-*/accounts)"
	rm -f route.fails
}

echo hold >route.fails
undone "a hold that is refused"
acts
echo hold-done >route.fails
undone "a hold that fails too late"
acts hold back
echo kick >route.fails
undone "sessions that cannot be ended"
acts hold back
echo point >route.fails
undone "a route that cannot be pointed"
acts hold kick back

# ---- neither forth nor back --------------------------------------------------------

printf 'point\nback\n' >route.fails
exits 18 "and cannot go back either" move --stages data,account
says_like 'bk-move: ann@a.test can be used on neither server, .*route file is held. When that is mended: bk move --from a --to b --stages data,account --account ann@a.test'
leads_to held
ok "... status says it" test "$(status_of cutover)" = stuck
exits 18 "no pass is made of it" move
leads_to held
rm route.fails
: >route.log
ok "... the next run ends it" move --stages data,account
cp out moved
acts point
leads_to destination
move status --json >told
ok "... what was copied before counts" grep -q '"messages":30,' told
ok "... the mail is there" same "$(at a ann@a.test)" "$(at b ann@a.test)"

# ---- it lives there ----------------------------------------------------------------

ok "... it says for how long it was held" grep -q 'moved, held for [0-9.]*s' moved
ok "... and status too" test "$(status_of cutover)" = moved
does b ann@a.test "APPEND INBOX $(message '' new)" 'SELECT INBOX' \
	'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE
ok "another run leaves it alone" move --stages data,account
ok "a pass, too" move
ok "... status still says what came of it" test "$(status_of cutover)" = moved
acts

# ---- and back ----------------------------------------------------------------------

ok "a rollback that is only tried" move rollback --dry-run
cat out err >tried
ok "... says what there is to bring" grep -qE '[^0-9]1 to copy' tried
ok "... and to change" grep -q 'its routes would lead to the source again' tried
acts
leads_to destination
ok "... status is as it was" test "$(status_of cutover)" = moved
exits 1 "... and the mail" same --extra "$(at b ann@a.test)" "$(at a ann@a.test)"
echo hold >route.fails
exits 1 "a rollback that cannot hold it" move rollback
leads_to destination
rm route.fails
: >route.log
ok "a rollback" move rollback
acts hold kick back
leads_to source
ok "... with the mail that came since" same --extra "$(at b ann@a.test)" \
	"$(at a ann@a.test)"
ok "... status says it" test "$(status_of cutover)" = returned
ok "another one has nothing to do" move rollback
acts
exits 14 "forth again, and what people reach is somewhere else" \
	move --stages data,account --front a
says_like '.*it has moved, but the probe failed: a login at a (sees another INBOX than that of|does not see the mail that is at) the destination.*'
leads_to destination
ok "... all of it is there" same "$(at a ann@a.test)" "$(at b ann@a.test)"

# ---- others, and the destination is gone -------------------------------------------

dovecot b stop
: >route.log
exits 14 "without the destination" bk-move --from a --to b \
	--account bob@a.test --stages data,account
ok "... no route was touched" test ! -s route.log
dovecot b start
ok "two of them, one of which lives there already" bk-move --from a --to b \
	--account ann@a.test --account bob@a.test --stages data,account --json
leads_to destination bob@a.test
ok "... the mail is there" same "$(at a bob@a.test)" "$(at b bob@a.test)"

# ---- a program of the user's, which need not bear another one beside it ------------

cat >alone <<PROGRAM
#!/bin/sh
mkdir '$work/alone.lock' || exit 1
sleep 0.1
'$top/tests/lib/route_file.sh' '$work/route' "\$@"
status=\$?
rmdir '$work/alone.lock'
exit \$status
PROGRAM
chmod +x alone
sed -i "s,^command = .*,command = $work/alone," "$BK_CONFIG"
two() {
	bk-move "$@" --from a --to b --account ann@a.test --account bob@a.test \
		--jobs 2
}
ok "both go back, with one that runs alone" two rollback
leads_to source bob@a.test
ok "... and forth" two --stages data,account
leads_to destination
leads_to destination bob@a.test

done_testing
