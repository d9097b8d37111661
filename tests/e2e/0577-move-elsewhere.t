#!/bin/sh
# An account that has its place at one server, or lives there, is never copied to a
# second one because --to names others now; and nobody is placed while a server does
# not say whether his mail is there.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"

people="ann@a.test bob@a.test eve@a.test zoe@a.test"
"$top/tests/servers/pki" "$work/pki"
for server in a b c d e; do
	dovecot "$work/$server" full "$work/pki"
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $people
	dovecot "$work/$server" start
	section $server "$(port_of $server)"
done
file_route
n=0
for account in $people; do
	n=$((n + 1))
	makes ordinary "$(at a "$account")" --messages $((n * 3)) --seed $n
done

move() {
	bk-move --from a "$@"
}

# no_mail SERVER ACCOUNT: nothing has come there.
no_mail() {
	! find "$work/$1/mail/a.test/${2%@*}" -type f \
		\( -path '*/cur/*' -o -path '*/new/*' \) 2>find.err | grep -q .
}

# stays SERVER ACCOUNT ELSEWHERE...: all of its mail is there, and only there.
stays() {
	here=$1
	ok "... $2 is at $here" same "$(at a "$2")" "$(at "$here" "$2")"
	account=$2
	shift 2
	for server; do
		ok "... and not at $server" no_mail "$server" "$account"
	done
}

# gives_up ACCOUNT: its place.
gives_up() {
	for placed in state/move-*/placed; do
		sed -i "/^account\t$1\t/d" "$placed"
	done
}

# ---- it was placed among several -------------------------------------------------

ok "a pass to one of two servers" move --to b:1,c:1000000 --account ann@a.test
stays c ann@a.test b d
place="its place is c \\(.*\\): name c with --to, or take its line out of .*/placed to place it anew"
exits 2 "another server is named" move --to b --account ann@a.test
again=$(cat out err | grep 'run: bk move')
says_like "bk-move: ann@a.test: $place"
ok "... and no command is given that says the same" test -z "$again"
stays c ann@a.test b d
exits 2 "others are named" move --to b,d --account ann@a.test
says_like "bk-move: ann@a.test: $place"
stays c ann@a.test b d
exits 2 "preflight says so, too" move preflight --to b --account ann@a.test
cp out table
ok "... in its table" grep -Eq "$place" table
exits 2 "... and verify" move verify --to b,d --account ann@a.test
says_like "bk-move: ann@a.test: $place"
exits 2 "... and rollback" move rollback --to b --account ann@a.test
exits 2 "plan has it in its table" move plan --to b,d --account ann@a.test
cp out table
ok "... without a server" grep -Eq "^ann@a.test .* NONE .*$place" table
exits 3 "the others go on" move --to b,d --account ann@a.test --account bob@a.test
cat out err >table
ok "... bob has come" grep -Eq '^bob@a.test \([bd]\): complete' table
stays c ann@a.test b d
ok "where its place is named it goes there" move --to d,c --account ann@a.test
ok "... alone, too" move --to c --account ann@a.test
stays c ann@a.test b d
echo bad >state/move-bad.txt
exits 2 "what is no folder of a move is none" move --to b --account ann@a.test

# ---- another place ------------------------------------------------------------------

gives_up ann@a.test
ok "its line is taken out" move --to d --account ann@a.test
stays d ann@a.test b

# ---- it lives there ------------------------------------------------------------------

ok "eve is copied to one server, as a rehearsal" move --to d --account eve@a.test
ok "... and changes to another" move --to c --account eve@a.test \
	--stages data,account
ok "... it does" test "$(cat route.eve@a.test)" = destination
lives="it has moved to c \\(.*\\), or was about to: name c with --to; to live elsewhere it goes back first \\(bk move rollback\\)"
for to in b d b,d; do
	exits 2 "$to is named" move --to $to --account eve@a.test \
		--stages data,account
	says_like "bk-move: eve@a.test: $lives"
	ok "... its route leads to c" test "$(cat route.eve@a.test)" = destination
done
ok "... nothing is at b" no_mail b eve@a.test
ok "where it lives is named" move --to c,b --account eve@a.test
ok "... nothing is at b" no_mail b eve@a.test
ok "it goes back" move rollback --to c --account eve@a.test
exits 2 "... and has its place still" move --to d --account eve@a.test
says_like "bk-move: eve@a.test: its place is c .*"
gives_up eve@a.test
ok "... and goes elsewhere without" move --to d --account eve@a.test

# ---- as an older version left it ---------------------------------------------------------

rm -f state/move-*/ends
ok "one server goes on" move --to d --account ann@a.test
exits 0 "... and is compared" move verify --to d --account ann@a.test
ok "... its ends are known from then on" test "$(cat state/move-*/ends | grep -c '^to')" -eq 1
for ends in state/move-*/ends; do
	echo bad >"$ends"
done
exits 13 "ends that nobody understands" move --to b --account ann@a.test
says_like "bk-move: .*/ends: it says between which ends mail was moved, and cannot be understood: .*"
ok "... nothing is at b" no_mail b ann@a.test

for ends in state/move-*/ends; do
	rm "$ends"
done
exits 2 "a place that an older version gave" move --to c --account bob@a.test
says_like "bk-move: bob@a.test: its place is [bd] .*"
exits 5 "status of a server that got nothing" move status --to e
says_like "bk-move: no pass of a move from a to e is known here, but to [bcd], [bcd], [bcd]: name that with --to"
ok "eve changes servers" move --to d --account eve@a.test --stages data,account
rm state/move-*/ends
exits 2 "a rollback from another server, as an older version left it" \
	move rollback --to b --account eve@a.test
says_like "bk-move: eve@a.test: it has moved to d \\(.*\\), or was about to: name d with --to; .*"
cp "$BK_CONFIG" conf.all
sed -i '/^\[server d\]/,/^password/d' "$BK_CONFIG"
move rollback --to b --account eve@a.test >out 2>err
cat out err >said
ok "... and its section is gone: it is told where that is noted" grep -Eq \
	'move-[0-9a-f]*: by what an older version noted there eve@a.test has changed servers, .*: name it with --to once' said
cp conf.all "$BK_CONFIG"
ok "... it goes back" move rollback --to d --account eve@a.test
ok "... it does" test "$(cat route.eve@a.test)" = source

# ---- two runs at once ----------------------------------------------------------------------

# asks SERVER PROCESS: until it is connected there.
asks() {
	until grep -q " 0100007F:$(printf %04X "$(port_of "$1")") 01 " /proc/net/tcp; do
		kill -0 "$2" || return
	done
}

freeze() {
	"$top/tests/lib/freeze" "$work/$1" "$2"
}

freeze b stop
move --to b:1000000,c --account zoe@a.test >first 2>&1 8>&- &
first=$!
ok "a run asks a server that does not answer" asks b $first
exits 11 "another one to others" move --to d,e --account zoe@a.test
says_like "bk-move: another run gives accounts of a their places at other servers: locked by bk-move \\(pid [0-9]*, since .*\\); wait with --wait 10m"
freeze b go
ok "the first one goes on" wait $first
stays b zoe@a.test c d e
exits 2 "its place is known then" move --to d,e --account zoe@a.test
says_like "bk-move: zoe@a.test: its place is b .*"

cat >route.at-look <<HOOK
export BK_CONFIG=$BK_CONFIG BK_STATE_DIR=$BK_STATE_DIR
bk-move --from a --to c --account bob@a.test --stages data,account >second 2>&1
echo \$? >second.status
HOOK
gives_up bob@a.test
for server in b c d e; do
	rm -rf "$work/$server/mail/a.test/bob"
done
ok "bob changes servers, and another run would have him elsewhere" \
	move --to b --account bob@a.test --stages data,account
ok "... which puts that off" test "$(cat second.status)" = 75
ok "... and says why" grep -Eq \
	'bob@a.test  *another run moves it to another server: locked by bk-move \(pid [0-9]*, since .*\); wait with --wait 10m' second
stays b bob@a.test c d e

# ---- nobody says whether its mail is there -------------------------------------------------

rm -rf state
for server in b c d; do
	for account in $people; do
		rm -rf "$work/$server/mail/a.test/${account%@*}"
	done
done
does c bob@a.test 'CREATE Work' "APPEND Work $(message '' mine)"
home=$work/c/mail/a.test/bob
work_at=$(find "$home" -type d -name '*Work*' | head -n 1)
mv "$work_at/cur" "$work/cur.aside"
mv "$work_at/new" "$work/new.aside"
: >"$work_at/cur"
: >"$work_at/new"
find "$home" -name 'dovecot*' -type f ! -name dovecot-uidvalidity\* -delete
exits 14 "the server does not count a folder" move --to b:1000000,c --account bob@a.test
says_like "bk-move: bob@a.test: it is not known whether c has mail of it \\(.*\\), so it gets no place. Mend that, or choose one: --to SERVER --account bob@a.test"
ok "... nothing is at b" no_mail b bob@a.test
ok "... nothing was noted" test -z "$(find state -name placed)"
rm "$work_at/cur" "$work_at/new"
mv "$work/cur.aside" "$work_at/cur"
mv "$work/new.aside" "$work_at/new"
ok "it does again" move --to b:1000000,c --account bob@a.test
ok "... it goes to where its mail was" no_mail b bob@a.test

done_testing
