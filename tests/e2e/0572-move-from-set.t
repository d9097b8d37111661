#!/bin/sh
# A mail server is dead: its accounts move as the newest set of a backup has
# them, people go on at the other one, and when the old disk is back what the
# set lacked comes too.  In the end each mail is there once, and what people did
# meanwhile is as they left it.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move bk-backup dovecot openssl
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test
bob=bob@a.test

two_servers $ann $bob
file_route
echo "$ann
$bob" >people
sed -i "/^\[server a\]/a accounts-file = $work/people" "$BK_CONFIG"
new_repository repo
makes ordinary "$(at a $ann)" --messages 30
makes ordinary "$(at a $bob)" --messages 10 --seed 2
does a $bob 'CREATE Once' "APPEND Once $(message '' lies-in-once)"
does a $ann 'CREATE Work'
for word in one two three four; do
	does a $ann "APPEND Work $(message '' $word)"
done
does a $ann 'CREATE Old' "APPEND Old $(message '' lies-in-old)"

move() {
	bk-move --from a --to b "$@"
}

# found SERVER ACCOUNT WORD...: how many mails have each of them as the subject.
found() {
	server=$1 account=$2
	shift 2
	for word; do
		find "$work/$server/mail/${account#*@}/${account%@*}/Maildir" \
			-path '*/tmp' -prune -o -type f -path '*/[cn][ue][rw]/*' \
			-exec grep -lx "Subject: $word.\{0,1\}" {} + | wc -l
	done | tr '\n' ' '
}

# ---- a backup, some more mail, and the server dies ---------------------------------

ok "a backup of the server" bk-backup a --full
cp out backup.out
does a $ann "APPEND INBOX $(message '' after-the-backup)" \
	"APPEND Old $(message '' last-in-old)"
does a $bob "APPEND INBOX $(message '' for-bob)"
dovecot a stop

exits 0 "its accounts move from the newest set" move --from-set latest -q
ok "... what the backup had is there" test "$(found b $ann one two three four)" \
	= "1 1 1 1 "
ok "... and no more" test "$(found b $ann after-the-backup)" = "0 "
ok "status knows it" sh -c 'bk-move status --from a --to b | grep -q "ann@a.test.*complete"'
ok "verify finds no difference" bk-move verify --from a --from-set latest --to b
exits 0 "from the set alone, it is the same move" bk-move --from-set latest \
	--to b --account $ann --json
cp out told
ok "... nothing is copied twice" grep -q '"new":0' told
exits 0 "its account stage: the routes lead to the other server" \
	move --from-set latest --account $ann --stages account --route file
ok "... now" test "$(cat route.$ann)" = destination

# ---- people work there --------------------------------------------------------------

does b $ann "APPEND Work $(message '' written-there)" 'CREATE Mine' \
	'SELECT Work' 'MOVE 2 Mine' 'STORE 1 +FLAGS.SILENT (\Deleted)' \
	EXPUNGE 'RENAME Old Older'
ok "ann deleted a mail, moved one, and renamed a folder" test \
	"$(found b $ann one two lies-in-old)" = "0 1 1 "
exits 0 "the set once more" move --from-set latest
ok "... takes nothing of that back" test \
	"$(found b $ann one two three written-there lies-in-old)" = "0 1 1 1 1 "
ok "... nor does the folder come again" test -e \
	b/mail/a.test/ann/Maildir/.Older -a ! -e b/mail/a.test/ann/Maildir/.Old

# ---- the old disk is back ---------------------------------------------------------

dovecot a start
does a $bob 'SELECT INBOX' 'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE
does b $bob 'SELECT INBOX' 'STORE 2 +FLAGS.SILENT (\Deleted)' EXPUNGE \
	'DELETE Once'
exits 0 "what the set lacked" move
says_like '.*its mail has come from a set: .* only what that lacked is added.*'
ok "... is there" test \
	"$(found b $ann after-the-backup last-in-old)" = "1 1 "
ok "... for bob, too" test "$(found b $bob for-bob)" = "1 "
ok "... and all else is as ann left it" test \
	"$(found b $ann one two three four written-there lies-in-old)" = \
	"0 1 1 1 1 1 "
ok "what bob lost with the old disk is still there" test \
	"$(find b/mail/a.test/bob/Maildir -type f -path '*/[cn][ue][rw]/*' | wc -l)" -eq 12
ok "... and what the new server lost before he moved is there again" \
	test "$(found b $bob lies-in-once)" = "1 "
exits 0 "and again" move --json
cp out told
ok "... adds nothing" sh -c '! grep -q "\"new\":[1-9]" told'
does a $ann "APPEND Old $(message '' very-last-in-old)"
exits 0 "the old server delivers one more" move
exits 0 "and again" move --json
cp out told
ok "... adds nothing" sh -c '! grep -q "\"new\":[1-9]" told'
ok "... that is there once" test "$(found b $ann very-last-in-old)" = "1 "
ok "... everything is there once" test \
	"$(found b $ann one two three four written-there after-the-backup last-in-old lies-in-old)" \
	= "0 1 1 1 1 1 1 1 "

# ---- and back -----------------------------------------------------------------------

does a $ann 'SELECT Work' 'STORE 3 +FLAGS.SILENT (\Deleted)' EXPUNGE \
	'SELECT INBOX' 'DELETE Old'
ok "the old server has lost some of it" test \
	"$(found a $ann three last-in-old)" = "0 0 "
exits 0 "a rollback" move rollback --account $ann --route file
ok "... the routes lead to the old server" test "$(cat route.$ann)" = source
ok "... which lacks nothing" test \
	"$(found a $ann three four last-in-old lies-in-old written-there)" \
	= "1 1 1 1 1 "

# ---- wrong words ------------------------------------------------------------------

exits 2 "a rollback into a set" move rollback --from-set latest
says_like 'bk-move: rollback brings mail back to a server, not to a set: .*'
exits 2 "a host without a set" move --host x
says "bk-move: --host goes with --from-set"
exits 5 "a set that is not there" move --from-set 2001
exits 5 "an account that is not in it" move --from-set latest --account nobody@a.test

done_testing
