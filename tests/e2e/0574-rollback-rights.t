#!/bin/sh
# Rights of folders that people made at the new server come back under the names
# that people have at the old one, also those of accounts that are not asked for.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

two_servers ann@a.test bob@a.test rob@b.test jo@a.test jon@b.test
file_route
cat >accounts <<-'LIST'
ann@a.test,ann@a.test
bob@a.test,rob@b.test
jo@a.test,jon@b.test
LIST
cat >names <<-'LIST'
$staff     group:people
eve@a.test eva@b.test
max@a.test one@b.test
kim@a.test one@b.test
LIST

move() {
	bk-move "$@" --from a --to b --accounts accounts --identities names \
		--account ann@a.test
}

# grants SERVER FOLDER WHO RIGHTS
grants() {
	"$top/tests/lib/imap_logins.py" --command "GETACL $2" "$(port_of "$1")" \
		ann@a.test pw | tr -d '"' >said
	grep -qE "'ACL'.* $3 $4[ ']" said
}

does a ann@a.test 'CREATE Work' 'SETACL Work bob@a.test lrs'
ok "ann moves" move --stages data,account
ok "... bob, who is not asked for, has his rights under his new name" \
	grants b Work rob@b.test '[lrs]{3}'
ok "a folder with rights at the new server" does b ann@a.test 'CREATE New' \
	'SETACL New rob@b.test lrs' 'SETACL New -jon@b.test w' \
	'SETACL New eva@b.test lr' "SETACL New \$people lr" \
	'SETACL New one@b.test lrs' 'SETACL New zoe@b.test lr' \
	'SETACL New bob@a.test lrswi' \
	"APPEND New $(message '' one)"
ok "ann goes back" move rollback
cp err told
ok "... the folder came" does a ann@a.test 'SELECT New'
ok "... whose name the accounts say" grants a New bob@a.test '[lrs]{3}'
ok "... what was taken from one" grants a New -jo@a.test '[wt]+'
ok "... whose name the table says" grants a New eve@a.test '[lr]{2}'
ok "... a group's" grants a New '[$]staff' '[lr]{2}'
ok "... who is two at the old server is told" grep -qF \
	'New: rights of user=one@b.test: left out' told
ok "... and who has the name that another one has at the old server" grep -qF \
	'New: rights of user=bob@a.test: left out' told
for who in one@b.test max@a.test kim@a.test rob@b.test; do
	exits 1 "... $who has none" grants a New $who '.*'
done
ok "... who is not in the table is told" grep -qE \
	'New: .*rights of user=zoe@b.test' told
ok "... what was there before is as it was" grants a Work bob@a.test '[lrs]{3}'

done_testing
