#!/bin/sh
# Moves between servers of two makes: ordinary mail and mail that is hard to
# move, pass after pass while it changes, what verify says of it, and what
# somebody else had brought before.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

format='maildir:~/Maildir:LAYOUT=fs'
two_servers ann@a.test erik@a.test bob@a.test carla@a.test dora@a.test \
	gerd@a.test
with_cyrus c erik@a.test bob@a.test carla@a.test dora@a.test

ok "an ordinary account" makes ordinary "$(at a ann@a.test)" --messages 54
ok "another" makes ordinary "$(at a dora@a.test)" --messages 36 --seed 2
ok "an awkward one" makes awkward "$(at a erik@a.test)" \
	--share bob@a.test dora@a.test
ok "one on Cyrus" makes ordinary "$(at c bob@a.test)" --messages 54
ok "an awkward one" makes awkward "$(at c carla@a.test)" --large 1

# ---- what changes between passes -------------------------------------------------

# changes SERVER ACCOUNT
changes() {
	does "$1" "$2" 'SELECT INBOX' 'STORE 1 +FLAGS (\Flagged hurry)' \
		'STORE 2:3 FLAGS (\Seen)' 'STORE 4 +FLAGS.SILENT (\Deleted)' \
		EXPUNGE 'CREATE Later' 'MOVE 3 Later' 'COPY 1:2 Later' \
		'SUBSCRIBE Later' 'RENAME Projects/Rhine Projects/Elbe' \
		'SUBSCRIBE Projects/Elbe' 'UNSUBSCRIBE Projects/Rhine' \
		'DELETE Archive/2019' 'UNSUBSCRIBE Sent' \
		"APPEND Sent $(message '\Seen' new)" 'CREATE New/deep/er' \
		"APPEND New/deep/er $(message '' twice)" \
		"APPEND New/deep/er $(message '' twice)"
}

# Archive/2019 is gone, and still subscribed to; who has it told us nothing.
left='the subscription to no folder Archive/2019 is missing'

# alike OPTION... LOGIN LOGIN: but for that.
alike() {
	same "$@" >said && return
	grep -vxF -e "$left" said | grep -v ' differences$' >odd
	! grep . odd
}

# passes FROM ACCOUNT TO [OPTION...]: an ordinary account, pass after pass.
passes() {
	from=$1 account=$2 to=$3
	shift 3
	how="$from to $to"
	ok "$how" bk-move --from "$from" --to "$to" --account "$account"
	ok "... is the same" same "$@" "$(at "$from" "$account")" \
		"$(at "$to" "$account")"
	again
	ok "... mail changes" changes "$from" "$account"
	ok "... a second pass" bk-move --from "$from" --to "$to" \
		--account "$account"
	cp out pass
	# Two copies and a moved message in Later, one in Sent, two in New: what
	# is in a folder that was renamed is not copied anew.
	ok "... copies what is new" grep -q ': 6 copied' pass
	ok "... is the same" alike "$@" "$(at "$from" "$account")" \
		"$(at "$to" "$account")"
	again
	finds
}

# once more: nothing is done, and verify finds nothing.
again() {
	ok "... verify agrees" bk-move verify --from "$from" --to "$to" \
		--account "$account"
	ok "... another pass" bk-move --from "$from" --to "$to" \
		--account "$account"
	cp out pass
	ok "... does nothing" grep -qE \
		'messages: 0 copied, [0-9]+ there already, 0 flags set, 0 taken away, 0 not' \
		pass
}

# finds: verify does, what somebody did at the destination.
finds() {
	one 'Drafts +[0-9]+ +missing' 'SELECT Drafts' \
		'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE
	one 'INBOX +[0-9]+ +different +flags: .*Draft' 'SELECT INBOX' \
		'STORE 2 +FLAGS (\Draft)'
	one 'Trash +[0-9]+ +extra' "APPEND Trash $(message '' more)"
	one 'New/deep/er +no folder' 'DELETE New/deep/er'
}

# one REGEX COMMAND...: it is done, and told.
one() {
	like=$1
	shift
	does "$to" "$account" "$@"
	exits 17 "... verify finds: $like" bk-move verify --from "$from" --to "$to" \
		--account "$account"
	cp out verified
	ok "... in a line" grep -qE "^$account +$like" verified
}

passes a ann@a.test b
passes a dora@a.test c
passes c bob@a.test b

# ---- what is awkward -------------------------------------------------------------

# Names that differ in case alone become two, wherever they go.  Rights,
# annotations and special uses are compared as all else is; those annotations
# that are the account's own stay, as bk-move(1) says.
ok "the awkward account from Dovecot to Dovecot" bk-move --from a --to b \
	--account erik@a.test
ok "... is the same" sh -c '"$@" >said; ! grep -v \
	-e "differences$" -e "^the subscription to no folder long gone" \
	-e "^METADATA of the account" said' same \
	"$top/tests/lib/same_mail.py" \
	--map Case=Case-2 "$(at a erik@a.test)" "$(at b erik@a.test)"
ok "... verify agrees" bk-move verify --from a --to b --account erik@a.test --bodies

exits 3 "from Dovecot to Cyrus" bk-move --from a --to c --account erik@a.test
cp err told
ok "... a name is refused" grep -q 'back.slash  *the server refuses CREATE' told
# shellcheck disable=SC2089 # words with spaces
to_cyrus() {
	bk-move "$@" --from a --to c --account erik@a.test \
		--map 'all * of % it=all of it' --map 'back\slash=backslash' \
		--map "it's (so) {3} [x]=it is so" --map 'with "quotes"=with quotes'
}
ok "... unless it gets another" to_cyrus
ok "... is the same" sh -c '"$@" >said; ! grep -v \
	-e "differences$" -e "^the subscription to no folder long gone" \
	-e "^METADATA of the account" said' same \
	"$top/tests/lib/same_mail.py" --munged \
	--map Case=Case-2 --map 'all * of % it=all of it' \
	--map 'back\slash=backslash' --map "it's (so) {3} [x]=it is so" \
	--map 'with "quotes"=with quotes' \
	"$(at a erik@a.test)" "$(at c erik@a.test)"

exits 3 "from Cyrus to Dovecot" bk-move --from c --to b --account carla@a.test
cp err told
ok "... what is refused is named, and why" grep -qE \
	'carla@a.test +INBOX uid [0-9]+ .*Keyword length too long' told
ok "... each" grep -q 'carla@a.test  *~tilde ' told
same --map Case=Case-2 "$(at c carla@a.test)" "$(at b carla@a.test)" >said
ok "... the message is there, without its keywords" \
	grep -q '^INBOX: message .*: flag xxx.* is missing$' said
ok "... all else is the same" test "$(grep -c -v -e ': flag .* is missing$' \
	-e 'folder ~tilde is missing$' -e ' differences$' said)" -eq 0

# ---- what was there before -------------------------------------------------------

# Equal headers and other bodies, duplicates, other flags and another date.
for word in 1 2 1 1; do
	does a bob@a.test "APPEND INBOX $(message '\Seen' $word)"
done
ok "an account" makes ordinary "$(at a bob@a.test)" --messages 27 --seed 5
ok "somebody brought some of it" "$top/tests/lib/imap_brought.py" \
	"$(at a bob@a.test)" "$(at b gerd@a.test)" INBOX Projects \
	'Entwürfe & Maß'
cp out brought
ok "... half of three folders" test "$(cat brought)" -gt 5
printf 'bob@a.test,gerd@a.test\n' >accounts
ok "it is moved" bk-move --from a --to b --accounts accounts
cp out pass
ok "... but for what is there" grep -q \
	"31 messages: $((31 - $(cat brought))) copied" pass
ok "... everything is there once" same --without \
	dates,flags,acl,metadata,special-use \
	"$(at a bob@a.test)" "$(at b gerd@a.test)"

done_testing
