#!/bin/sh
# A mail server is rebuilt from a set while mail already flows: all accounts and
# folders take mail at once, the newest mail is back before the old, nothing is
# lost or there twice, and no UID that a client knows names other mail.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/flows.sh"
needs bk-init bk-backup bk-restore dovecot
need_corpus

old=$work/before
new=$work/after
dovecot "$old" new
dovecot "$new" new
dovecot "$old" adduser ann@a.test bob@b.test cat@c.test
dovecot "$new" adduser ann@a.test bob@b.test cat@c.test

aged "$old"
dovecot "$old" start
view "$old" >uids.old
new_repository repo
ok "a set" bk-backup "maildir:$old/mail/%d/%n/Maildir" --full
dovecot "$old" stop

# ---- the new server, which runs already --------------------------------------------

mkdir -p "$new/mail"
dovecot "$new" start

bk-restore latest --to "maildir:$new/mail/%d/%n/Maildir" --accounts-first \
	--progress=plain >told 2>&1 &
restore=$!
until_said 'take mail' $restore
kill -STOP $restore
ok "all accounts are there" test \
	"$(find "$new/mail" -name '.Work' -path '*/Maildir/*' | wc -l)" -eq 3
for n in 1 2 3; do
	ok "mail $n comes in" deliver "$new" ann@a.test "new $n"
done
view "$new" >uids.meanwhile
kill -CONT $restore
wait $restore
status=$?
ok "it ends well" test $status -eq 0
ok "... and says what was there after how long" grep -q \
	'all 9 folders are there and take mail, after .*; the newest mail comes first' told

ok "... and which folders kept their UIDs" \
	grep -q 'UIDs kept in 3 folders, new in 6' told
nothing_lost "$old" "$new" 3
ok "a second run" bk-restore latest --accounts-first \
	--to "maildir:$new/mail/%d/%n/Maildir" --json
cp out told
ok "... finds all of it there" \
	grep -q '"type":"summary".*"new":0,"kept":2106' told

# ---- an account that cannot be made --------------------------------------------------

mkdir -p third/b.test
echo 'in the way' >third/b.test/bob
exits 3 "a file is in the way of an account" bk-restore latest --accounts-first \
	--to "maildir:$work/third/%d/%n/Maildir"
cat out err >told
ok "... and it does not say that all are there" grep -q \
	'6 of 9 folders are there and take mail, .*; 1 account could not be made as the set has it: bob@b.test: ' told
exits 1 "... nowhere" grep 'all 9 folders' told

# ---- what clients had cached --------------------------------------------------------

look() {
	view "$new" >uids.new
}
ok "another client looks at it" look
cache() {
	"$top/tests/lib/uid_cache.py" "$@"
}
# Of one age are the Old of all, and the inboxes and Work of those without new
# mail keep what came first.
ok "what clients of the old server know is never another message, and much of it stays" \
	cache uids.old uids.new 600
ok "... nor what they saw meanwhile" cache uids.meanwhile uids.new 3

done_testing
