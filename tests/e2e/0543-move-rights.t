#!/bin/sh
# Rights and annotations that go with a move: under the names that people have
# there, negative ones too, and what the destination does not take is told.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

two_servers ann@a.test bob@a.test
with_cyrus c ann@a.test bob@a.test anna@b.test rob@b.test

# says SERVER ACCOUNT COMMAND
says() {
	"$top/tests/lib/imap_logins.py" --command "$3" "$(port_of "$1")" \
		"$2" pw >said
}

# grants WHO RIGHTS: the ACL in `said` does.
grants() {
	tr -d '"' <said | grep -qE "'ACL'.* $1 $2[ ']"
}

ok "a folder with rights" does a ann@a.test 'CREATE Work' \
	'SETACL Work bob@a.test lrs' 'SETACL Work -bob@a.test w' \
	"SETACL Work \$staff lr" 'SETACL Work eve@a.test lrsip' \
	'SETACL Work anyone l' 'SETMETADATA Work (/private/comment "ours")' \
	"APPEND Work $(message '' one)"

# subscribed FOLDER: is it, at b?
subscribed() {
	dovecot b doveadm mailbox list -s -u ann@a.test | grep -qx "$1"
}

# verify WORD...: also what it says, in `differs`.
verify() {
	bk-move verify "$@" >table
	status=$?
	tr -s ' ' <table >differs
	return $status
}

ok "to a server of the same make" bk-move --from a --to b --account ann@a.test
cp err told
exits 1 "... nothing is left" grep 'not possible' told
says b ann@a.test 'GETACL Work'
ok "... a user's rights" grants bob@a.test '[lrs]{3}'
ok "... what was taken from him" grants -bob@a.test '[wt]+'
ok "... a group's" grants '[$]staff' '[lr]{2}'
ok "... everybody's" grants anyone l
says b ann@a.test 'GETMETADATA Work /private/comment'
ok "... and annotations" grep -q ours said

ok "... and there is no difference" verify --from a --to b --account ann@a.test

# ---- what changes later, without --full ----------------------------------------------

ok "at the destination somebody gives rights" does b ann@a.test \
	'SETACL Work carl@a.test lr'
ok "... to somebody whom nobody knows at the source: its own matter" verify \
	--from a --to b --account ann@a.test
ok "... to somebody whom the source names" does b ann@a.test \
	'SETACL INBOX eve@a.test lr'
exits 17 "... which is a difference" verify --from a --to b --account ann@a.test
ok "... that is told" grep -qE 'INBOX 0? ?extra rights of user=eve@a.test: lr' differs
ok "... unless what is there alone does not count" verify --from a --to b \
	--account ann@a.test --no-extra
ok "... nor where the source tells no rights" verify --from a --to b \
	--account ann@a.test --from-option without=ACL
does b ann@a.test 'DELETEACL INBOX eve@a.test'
ok "at the source rights are withdrawn, changed and given" does a ann@a.test \
	'DELETEACL Work bob@a.test' 'SETACL Work eve@a.test l' \
	'SETACL Work dora@a.test lr'
exits 17 "... which are differences" verify --from a --to b --account ann@a.test \
	--no-extra
ok "... one that changed" grep -qE 'different rights of user=eve@a.test: l at' differs
ok "... one that is missing" grep -qF 'missing rights of user=dora@a.test: lr' differs
ok "a pass for a source that tells no rights" bk-move --from a --to b \
	--account ann@a.test --from-option without=ACL
says b ann@a.test 'GETACL Work'
ok "... takes none away" grants bob@a.test '[lrs]{3}'
ok "the next pass" bk-move --from a --to b --account ann@a.test
says b ann@a.test 'GETACL Work'
exits 1 "... withdraws them there" grants bob@a.test '.*'
ok "... and not what was taken from him" grants -bob@a.test '[wt]+'
ok "... changes them" grants eve@a.test l
ok "... gives them" grants dora@a.test '[lr]{2}'
ok "... and leaves what others gave there" grants carl@a.test '[lr]{2}'
ok "... so there is no difference" verify --from a --to b --account ann@a.test \
	--no-extra
ok "an annotation changes" does a ann@a.test \
	'SETMETADATA Work (/private/comment "mine")'
exits 17 "... which is a difference" verify --from a --to b --account ann@a.test \
	--no-extra
ok "... that is told" grep -qF 'different annotation /private/comment' differs
ok "... but not to who asks for mail alone" verify --from a --to b \
	--account ann@a.test --mail-only
ok "rights come back, and so do annotations" does a ann@a.test \
	'SETACL Work bob@a.test lrs' 'SETACL Work eve@a.test lrsip' \
	'DELETEACL Work dora@a.test' 'SETMETADATA Work (/private/comment "ours")'
ok "somebody subscribes" does a ann@a.test 'SUBSCRIBE Work'
exits 17 "... which is a difference" verify --from a --to b --account ann@a.test
ok "... that is told" grep -qF 'Work not subscribed' differs
ok "the next pass" bk-move --from a --to b --account ann@a.test
ok "... brings it" subscribed Work
ok "he no longer does" does a ann@a.test 'UNSUBSCRIBE Work'
exits 17 "... which is a difference" verify --from a --to b --account ann@a.test
ok "... that is told" grep -qF 'Work subscribed' differs
ok "the next pass" bk-move --from a --to b --account ann@a.test
exits 1 "... takes it away" subscribed Work

cat >accounts <<-'LIST'
ann@a.test,anna@b.test
bob@a.test,rob@b.test
LIST
cat >names <<-'LIST'
# who is who
$staff     group:people
eve@a.test -
LIST
ok "to another make, under other names" bk-move --from a --to c \
	--accounts accounts --identities names
cp err told
says c anna@b.test 'GETACL Work'
ok "... an account that is moved has its rights" grants rob@b.test '[lrs]{3}'
ok "... and lacks what it lacked" grants -rob@b.test '[wt]+'
ok "... everybody's" grants anyone l
ok "... who has no counterpart is told" grep -qF \
	'Work: rights of user=eve@a.test: left out' told
exits 1 "... and has none" grants eve@a.test '.*'
ok "... a group that is not there is told" grep -qE \
	'Work: .*rights of group=people' told

exits 17 "... which is the only difference" verify --from a --to c \
	--accounts accounts --identities names
ok "... that is told" eval "[ \"\$(grep -c 'ann@a.test' differs)\" -eq 1 ]"
ok "... as missing" grep -qF 'missing rights of group=people' differs

ok "rights are withdrawn" does a ann@a.test 'DELETEACL Work bob@a.test'
ok "the next pass" bk-move --from a --to c --accounts accounts --identities names
says c anna@b.test 'GETACL Work'
exits 1 "... withdraws them from who has another name there" grants rob@b.test '.*'
ok "... and not what was taken from him" grants -rob@b.test '[wt]+'
ok "rights change" does a ann@a.test 'SETACL Work bob@a.test lr'
ok "a pass that compares everything" bk-move --from a --to c \
	--accounts accounts --identities names --full
says c anna@b.test 'GETACL Work'
ok "... brings them" grants rob@b.test '[lr]{2}'

echo 'one two three' >wrong
exits 2 "a table that is none" bk-move --from a --to c --accounts accounts \
	--identities wrong
cp err told
ok "... is told, with the line" grep -q 'wrong:1: a line is two' told

for server in a b; do
	dovecot "$work/$server" stop
done
cyrus "$work/c" stop
done_testing
