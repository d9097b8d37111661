#!/bin/sh
# Accounts are spread over several servers, by weight and room: each has its place
# for good, whatever ends the run, and all that looks at the move knows where.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

all=$(for n in 1 2 3 4 5 6 7 8; do echo "u$n@a.test"; done)
others=$(for n in 1 2 3 4 5 6; do echo "k$n@a.test"; done)
"$top/tests/servers/pki" "$work/pki"
for server in a b c d; do
	dovecot "$work/$server" full "$work/pki"
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $all $others
	dovecot "$work/$server" start
	section $server "$(port_of $server)"
done
n=0
for account in $all $others; do
	n=$((n + 1))
	makes ordinary "$(at a "$account")" --messages $((n * 3)) --seed $n
done
echo "$all" >list

move() {
	bk-move --from a "$@" --accounts list
}

# keys N KEY VALUE...: what the section of the Nth server says besides, anew.
cp "$BK_CONFIG" conf.first
says_of() {
	cp conf.first "$BK_CONFIG"
	for line; do
		sed -i "/^\[server ${line%%:*}\]/a ${line#*:}" "$BK_CONFIG"
	done
}

# plans VERB OPTION...: what it prints is plan.json then.
plans() {
	move "$@" --json >plan.json
}

# places: "account server" of each, as it was printed.
places() {
	sed -n 's/.*"type":"place","account":"\([^"]*\)","server":"\([^"]*\)".*/\1 \2/p' plan.json | sort
}

# total SERVER KEY: of plan's table of servers.
total() {
	sed -n 's/.*"type":"server","server":"'"$1"'".*"'"$2"'":\([0-9]*\).*/\1/p' plan.json
}

# known VERB KEY...: "account server" of each, as status has it.
known() {
	move --to "$1" status --json |
		sed -n 's/.*"account":"\([^"]*\)".*"server":"\([^"]*\)".*/\1 \2/p' | sort
}

# no_mail SERVER [ACCOUNT]: nothing has come there.
no_mail() {
	set -- "$work/$1/mail/a.test/${2:+${2%@*}}"
	! find "$1" -type f \( -path '*/cur/*' -o -path '*/new/*' \) 2>find.err |
		grep -q .
}

# ---- wrong use -------------------------------------------------------------------

exits 2 "one server twice" move --to b,c,b
says "bk-move: --to: b comes twice"
exits 2 "a weight of nothing" move --to b:0,c
says "bk-move: --to 'b:0': with weight 0 nothing goes there; leave it out"
exits 2 "a weight that is none" move --to b:heavy,c
says_like "bk-move: --to 'b:heavy': its weight: .*"
exits 2 "a server that nobody knows" move --to b,cc
says_like "bk-move: --to: no server or store 'cc'; did you mean 'c'\?"
exits 2 "the source among them" move --to b,a
says_like "bk-move: --from and --to are the same mail: .*"
exits 2 "a rehearsal in several" bk-move --from a --to b,c --account u1@a.test --as x@a.test
says "bk-move: --as is a rehearsal, which goes to one server: give one --to"
exits 2 "options for all of them" move --to b,c --to-option connections=1
says "bk-move: --to-option is for one destination; of several each has its section"
says_of "b:weight = 0"
exits 2 "a weight of nothing in the file" move --to b,c
cp conf.first "$BK_CONFIG"

# ---- what would be done ------------------------------------------------------------

ok "plan says who would go where" plans plan --to b,c
places >planned
ok "... each of them somewhere" test "$(wc -l <planned)" -eq 8
ok "... both get some" test "$(cut -d' ' -f2 planned | sort -u | wc -l)" -eq 2
least=$(total b bytes)
most=$(total c bytes)
[ "$least" -le "$most" ] || { least=$most && most=$(total b bytes); }
largest=$(sed -n 's/.*"type":"place".*"bytes":\([0-9]*\).*/\1/p' plan.json | sort -n | tail -n 1)
ok "... by size, within one account's" test $((most - least)) -le "$largest"
ok "... a table for people" move plan --to b,c
cp out table
ok "... has the servers" grep -q '^b  *1  *[1-8]  *[1-8]  *[0-9.]* KiB' table
ok "... nothing is noted, nothing is moved" test -z "$(find state -name 'move-*' 2>/dev/null)"
for server in b c; do
	ok "... nothing is at $server" no_mail $server
done
ok "preflight comes to the same" plans preflight --to b,c
places >looked
ok "... the same" cmp planned looked

# ---- by weight -----------------------------------------------------------------------

ok "three to one" plans plan --to b:3,c:1
ok "... goes by it" test "$(total b bytes)" -gt $((2 * $(total c bytes)))
says_of "b:weight = 3" "c:weight = 1"
places >three
ok "the same in the file" plans plan --to b,c
ok "... is the same" test "$(places)" = "$(cat three)"
ok "a word goes before the file" plans plan --to b:1,c:1
ok "... as without" test "$(places)" = "$(cat planned)"
says_of "b:capacity = 300G" "c:capacity = 100G"
ok "capacities are weights" plans plan --to b,c
ok "... as these" test "$(places)" = "$(cat three)"
ok "... and stand there" test "$(total c capacity)" -eq 107374182400

# ---- room ----------------------------------------------------------------------------

whole=$(($(total b bytes) + $(total c bytes)))
says_of "b:capacity = 1M"
ok "what has no room takes no more" plans plan --to b:1000,c:1
ok "... than it has" test "$(total b bytes)" -le 1048576
ok "... and the rest goes elsewhere" test "$(total c bytes)" -eq $((whole - $(total b bytes)))
cp conf.first "$BK_CONFIG"
dovecot "$work/b" user u8@a.test 'userdb_quota_rule=*:storage=1k'
dovecot "$work/b" user u7@a.test 'userdb_quota_rule=*:storage=1k'
sleep 1.1
ok "nobody goes where his quota is too small" plans plan --to b:1000,c:1
ok "... of these" test "$(places | grep -c '^u[78]@a.test c$')" -eq 2
ok "... the others do" test "$(places | grep -c ' b$')" -eq 6
dovecot "$work/c" user u8@a.test 'userdb_quota_rule=*:storage=1k'
sleep 1.1
exits 3 "one that fits nowhere" move preflight --to b,c
cp out table
ok "... is named with what there is" grep -Eq '^u8@a.test .*it has [0-9.]* KiB of mail, and no server takes it: b has room for 1.0 KiB, c has room for 1.0 KiB' table
ok "... nothing is moved" no_mail b
for server in b c; do
	dovecot "$work/$server" user u8@a.test
	dovecot "$work/$server" user u7@a.test
done
sed -i '/^u1@a.test:/d' "$work/c/users"
sleep 1.1
ok "nobody goes where he is not known" plans plan --to b:1,c:1000
ok "... but where he is" test "$(places | grep ' b$')" = 'u1@a.test b'
dovecot "$work/c" user u1@a.test
sed 's/pw$/wrong/' pw >pw.wrong
chmod 600 pw.wrong
says_of
sed -i "/^\[server c\]/,/^password/s/^password.*/password = file:$work\/pw.wrong/" "$BK_CONFIG" 2>/dev/null ||
	sed -i "/^\[server c\]/,/^password/s|^password.*|password = file:$work/pw.wrong|" "$BK_CONFIG"
exits 14 "a server that lets nobody in" move --to b,c
says_like "bk-move: c lets in none of 8 accounts (.*). No mailbox was touched. Mend that, or leave c out of --to"
ok "... nothing was noted" test -z "$(find state -name placed)"
ok "... nothing was moved" no_mail b
cp conf.first "$BK_CONFIG"
dovecot "$work/c" stop
exits 14 "a server that is down" move --to b,c
ok "... nothing was noted" test -z "$(find state -name placed)"
ok "... nothing was moved" no_mail b
dovecot "$work/c" start

# ---- it is there already ---------------------------------------------------------------

other=$(sed -n 's/^u3@a.test //p' planned | tr bc cb)
does "$other" u3@a.test "APPEND INBOX $(message '' mine)"
ok "who has mail at one of them" plans plan --to b,c
ok "... goes there" test "$(places | grep u3)" = "u3@a.test $other"
does "$other" u3@a.test 'SELECT INBOX' 'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE

# ---- and is done -------------------------------------------------------------------------

ok "a pass over some of them" bk-move --from a --to b,c --accounts list --account u1@a.test \
	--account u2@a.test --account u3@a.test --account u4@a.test
cp out table
ok "... says where each is" grep -Eq '^u1@a.test \([bc]\): complete' table
known b,c >first
ok "... and so does status" test "$(wc -l <first)" -eq 4
ok "a pass over all of them" move --to b:1,c:9
known b,c >second
ok "... those that were there stayed" test "$(grep -cFf first second)" -eq 4
ok "... each is at one server" test "$(cut -d' ' -f1 second | uniq | wc -l)" -eq 8

# lives_at_one FILE: its mail is there, and nowhere else.
lives_at_one() {
	while read -r account server; do
		same "$(at a "$account")" "$(at "$server" "$account")" || return
		for elsewhere in b c d; do
			[ "$elsewhere" = "$server" ] && continue
			no_mail "$elsewhere" "$account" || return
		done
	done <"$1"
}

ok "... with all of its mail, and none elsewhere" lives_at_one second
ok "verify finds them" move verify --to b,c
ok "report knows where each is" move report --to b,c --json
cp out table
ok "... it does" grep -q '"account":"u8@a.test","server":"[bc]"' table
ok "a server is added" move --to d:100,b,c
known b,c,d >third
ok "... and nobody moves house" cmp second third
echo u9@a.test >>list
for server in a b c d; do
	dovecot "$work/$server" user u9@a.test
done
sleep 1.1
makes ordinary "$(at a u9@a.test)" --messages 4
exits 17 "one that has no place yet" move verify --to d,b,c
cp out table
ok "... is missing" grep -q '^u9@a.test .*it has no place at any server yet' table
ok "... goes to the new one" move --to d,b,c
known b,c,d >fourth
ok "... there" grep -qx 'u9@a.test d' fourth
ok "... with all of its mail" lives_at_one fourth

# ---- killed ------------------------------------------------------------------------------

for account in $others; do
	echo "$account"
done >list
# killed_when FILE: as soon as there is one.
killed_when() {
	bk-move -q --from a --to b:2,c,d --accounts list >out.killed 2>err.killed &
	pid=$!
	until find state -name "$1" 2>/dev/null | grep -q . || ! kill -0 $pid 2>/dev/null; do
		:
	done
	kill -s KILL $pid
	wait $pid
	[ $? -eq 137 ]
}
ok "killed when the first places were noted" killed_when placed
cat state/move-*/placed | sed -n 's/^account\t\([^\t]*\)\t.*/\1/p' | sort >noted
find state -name placed -exec grep -c . {} + >counts
for folder in state/move-*; do
	[ ! -e "$folder/placed" ] || cp "$folder/placed" "$folder/placed.was"
done
# kept: what was noted then still is.
kept() {
	for was in state/move-*/placed.was; do
		sort "$was" >was.sorted
		sort "${was%.was}" | comm -23 was.sorted - | grep -q . && return 1
	done
	return 0
}
ok "... the next run ends well, with other weights" move --to b,c:7,d
ok "... who had a place kept it" kept
known b,c,d >fifth
ok "... all are at one server" lives_at_one fifth

done_testing
