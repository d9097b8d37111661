#!/bin/sh
# Rights that people change at the destination of a move are theirs; identities
# that are named no longer keep what they were given; and what a server refused is
# tried again.  Of Dovecot and of Cyrus.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

people="ann@a.test bob@a.test eve@a.test dora@a.test eva@b.test one@b.test"
# shellcheck disable=SC2086 # words
two_servers $people
# shellcheck disable=SC2086 # words
with_cyrus c $people

# move WORD...: from a to $there; what it says, in `told`.
move() {
	bk-move "$@" --from a --to "$there" --account ann@a.test >moved 2>told
	status=$?
	cat moved told
	return $status
}

tells() {
	ok "... which is told: $1" grep -qF "$1" told
}

# mail FOLDER WORD: comes to it, so that a pass writes the folder.
mail() {
	does a ann@a.test "APPEND $1 $(message '' "$2")"
}

# ---- what people change there --------------------------------------------------------

# stays FOLDER: bob's rights, eve's that she has no longer, and what came of dora's.
stays() {
	ok "... what changed there stays" grants "$there" "$1" bob@a.test '[lrswit]{5,6}'
	exits 1 "... and so does what was taken there" grants "$there" "$1" eve@a.test '.*'
}

for there in b c; do
	ok "at the source of $there three have rights" does a ann@a.test \
		"CREATE At$there" "SETACL At$there bob@a.test lrs" \
		"SETACL At$there eve@a.test lrsip" "SETACL At$there dora@a.test lr" \
		"APPEND At$there $(message '' one)"
	ok "a pass" move
	ok "... gives them" grants $there At$there bob@a.test '[lrs]{3}'
	ok "there somebody changes one's, and takes another's" does $there ann@a.test \
		"SETACL At$there bob@a.test lrswi" "DELETEACL At$there eve@a.test"
	mail At$there two
	ok "a pass that brings mail" move
	stays At$there
	ok "at the source one's are withdrawn, the others' change" does a ann@a.test \
		"DELETEACL At$there bob@a.test" "SETACL At$there eve@a.test l" \
		"SETACL At$there dora@a.test l"
	ok "the next pass" move
	stays At$there
	tells "At$there: rights of user=bob@a.test: not withdrawn: they were changed at the destination"
	tells "At$there: rights of user=eve@a.test: not changed: they were changed at the destination"
	ok "... whose nobody changed there follow" grants $there At$there dora@a.test l
	ok "one more" move
	exits 1 "... says it no second time" grep -q 'rights of' told
	mail At$there three
	ok "one that compares everything" move --full
	stays At$there
	tells "At$there: rights of user=eve@a.test: not changed"
	ok "both mean the same for one now" does $there ann@a.test \
		"SETACL At$there eve@a.test l"
	ok "... which a pass sees" move --full
	exits 1 "... and no longer tells" grep -q 'rights of user=eve' told
	ok "at the source all of them go" does a ann@a.test \
		"DELETEACL At$there eve@a.test" "DELETEACL At$there dora@a.test"
	ok "the next pass" move
	exits 1 "... withdraws what is as we gave it" grants $there At$there eve@a.test '.*'
	exits 1 "... or left it" grants $there At$there dora@a.test '.*'
	ok "... and no more" grants $there At$there bob@a.test '[lrswit]{5,6}'
	ok "somebody there gives rights to who has none" does $there ann@a.test \
		"SETACL At$there eve@a.test lrsw"
	ok "... who gets fewer at the source" does a ann@a.test \
		"SETACL At$there eve@a.test lr" "SETACL At$there dora@a.test lr"
	ok "the next pass" move
	ok "... leaves him alone" grants $there At$there eve@a.test '[lrswt]{4,5}'
	tells "At$there: rights of user=eve@a.test: not changed: somebody at the destination gave them"
	ok "... and gives the other one's" grants $there At$there dora@a.test '[lr]{2}'
done

# ---- a folder that is there before us ------------------------------------------------

for there in b c; do
	does a ann@a.test "CREATE Pre$there" "SETACL Pre$there bob@a.test lr" \
		"SETACL Pre$there dora@a.test lr" "APPEND Pre$there $(message '' one)"
	ok "people have given rights in a folder of $there" does $there ann@a.test \
		"CREATE Pre$there" "SETACL Pre$there bob@a.test lrswi"
	ok "the first pass" move
	ok "... leaves them" grants $there Pre$there bob@a.test '[lrswit]{5,6}'
	tells "Pre$there: rights of user=bob@a.test: not changed: somebody at the destination gave them"
	ok "... and gives others theirs" grants $there Pre$there dora@a.test '[lr]{2}'
	mail Pre$there two
	ok "the next one" move
	ok "... leaves them, too" grants $there Pre$there bob@a.test '[lrswit]{5,6}'
done

# ---- a table that is another one later -----------------------------------------------

echo 'eve@a.test eva@b.test' >names
echo '# nobody' >shorter
echo 'eve@a.test one@b.test' >other
for there in b c; do
	does a ann@a.test "CREATE By$there" "SETACL By$there eve@a.test lrs" \
		"SETACL By$there bob@a.test lr" "APPEND By$there $(message '' one)"
	ok "to $there with a table" move --identities names
	ok "... under her name there" grants $there By$there eva@b.test '[lrs]{3}'
	mail By$there two
	does a ann@a.test "SETACL By$there dora@a.test lr"
	ok "without it" move
	ok "... she keeps them" grants $there By$there eva@b.test '[lrs]{3}'
	exits 1 "... and is nobody else" grants $there By$there eve@a.test '.*'
	ok "... while others get theirs" grants $there By$there dora@a.test '[lr]{2}'
	mail By$there three
	ok "with one that has her no longer" move --identities shorter --full
	ok "... likewise" grants $there By$there eva@b.test '[lrs]{3}'
	tells "By$there: rights of user=eve@a.test: no counterpart is named now, so it is who it was"
	move verify --identities shorter
	exits 1 "... which is no difference" grep "By$there " moved
	ok "with one that has another counterpart" move --identities other
	ok "... who gets them" grants $there By$there one@b.test '[lrs]{3}'
	ok "... the first one keeps them" grants $there By$there eva@b.test '[lrs]{3}'
	tells "By$there: rights of user=eva@b.test: kept from an earlier pass"
	exits 17 "verify" move verify --identities other
	ok "... says so" grep -q "By$there .*extra .*rights of user=eva@b.test" moved
	ok "at the source they become fewer" does a ann@a.test \
		"SETACL By$there eve@a.test lr"
	ok "a pass without a table" move
	ok "... takes from the one" grants $there By$there one@b.test '[lr]{2}'
	ok "... and from the other" grants $there By$there eva@b.test '[lr]{2}'
	ok "at the source they go" does a ann@a.test "DELETEACL By$there eve@a.test"
	ok "a pass without a table" move
	exits 1 "... withdraws the one's" grants $there By$there one@b.test '.*'
	exits 1 "... and the other's" grants $there By$there eva@b.test '.*'
done

# ---- what is refused -----------------------------------------------------------------

# Who may not administer a folder may not say who may.
owner() {
	dovecot b doveadm acl "$1" -u ann@a.test To user=ann@a.test lookup read \
		write write-seen write-deleted insert post expunge create delete ${2:+"$2"}
}

there=b
does a ann@a.test 'CREATE To' 'SETACL To bob@a.test lrs' \
	"APPEND To $(message '' one)"
ok "rights go along" move
ok "there their owner may not give any" owner set
ok "at the source some are withdrawn, and given" does a ann@a.test \
	'DELETEACL To bob@a.test' 'SETACL To dora@a.test lr'
for n in one two; do
	ok "pass $n" move
	tells 'not possible here: rights of user='
done
owner set admin
ok "... neither is done" grants b To bob@a.test '[lrs]{3}'
exits 1 "... not the other, either" grants b To dora@a.test '.*'
ok "he may again: the next pass" move
exits 1 "... withdraws" grants b To bob@a.test '.*'
ok "... and gives" grants b To dora@a.test '[lr]{2}'
exits 1 "... and that is all" grep -q 'not possible' told

there=c
does a ann@a.test "SETACL To \$nosuch lr" 'SETACL To bob@a.test lr'
for n in one two; do
	ok "pass $n to a server that does not know a group" move
	tells 'not possible here: rights of group=nosuch'
done
ok "... everybody else has his" grants c To bob@a.test '[lr]{2}'
does a ann@a.test "DELETEACL To \$nosuch"
ok "it goes at the source" move
exits 1 "... and is tried no more" grep -q 'rights of' told

# ---- a journal of before, or a damaged one, and who only looks -----------------------

# version: of the journal; with WORD, it is made one of before.
version() {
	python3 - "$journal" "$@" <<'END'
import sqlite3, sys

db = sqlite3.connect(sys.argv[1])
if sys.argv[2:]:
    db.executescript("""CREATE TABLE kept AS SELECT folder, who, rights FROM rights;
        DROP TABLE rights;
        CREATE TABLE rights (folder INTEGER NOT NULL, who TEXT NOT NULL,
        rights TEXT NOT NULL, PRIMARY KEY (folder, who)) WITHOUT ROWID;
        INSERT INTO rights SELECT * FROM kept;
        DROP TABLE kept;
        PRAGMA user_version = 1;""")
print(db.execute("PRAGMA user_version").fetchone()[0])
db.close()
END
}

there=b
does a ann@a.test 'CREATE Old' "APPEND Old $(message '' one)"
ok "a pass" bk-move -q --from a --to b --account ann@a.test --as eve@a.test
# shellcheck disable=SC2012 # names of hex digits
journal=$(ls -t state/move-*/journal | head -n 1)
version before >is
for how in verify --dry-run; do
	bk-move $how --from a --to b --account ann@a.test --as eve@a.test >moved 2>told
	status=$?
	ok "$how of one of before: $status" test $status -eq 0 -o $status -eq 17
	ok "... leaves its version" test "$(version)" = 1
done
cp "$journal" kept
dd if=/dev/zero of="$journal" bs=100 seek=0 count=8 conv=notrunc 2>dd.err
cp "$journal" damaged
for how in verify --dry-run; do
	bk-move $how --from a --to b --account ann@a.test --as eve@a.test >moved 2>told
	ok "$how of a damaged one leaves it" cmp "$journal" damaged
	exits 2 "... where it is" ls "$journal.damaged"
	ok "... says so" grep -q 'is damaged and left out: ' told
done
cp kept "$journal"
ok "a pass makes it one of now" bk-move -q --from a --to b --account ann@a.test \
	--as eve@a.test
ok "... of this version" test "$(version)" = 2

# It does not say who was who: with a table that has her no longer she is who she
# is at the source, and whom it named gives back what that pass gave.
does a ann@a.test 'CREATE Named' 'SETACL Named eve@a.test lrs' \
	'SETACL Named bob@a.test lr' "APPEND Named $(message '' one)"
ok "a pass with a table" move --identities names
ok "... gives another name rights" grants b Named eva@b.test '[lrs]{3}'
# shellcheck disable=SC2012 # names of hex digits
journal=$(ls -t state/move-*/journal | head -n 1)
ok "its journal becomes one of before" version before
mail Named two
for n in first second; do
	ok "the $n pass with a shorter table" move --identities shorter --full
	tells 'Named: rights of user=eve@a.test: no counterpart is named, so it keeps its name'
	ok "... gives her them" grants b Named eve@a.test '[lrs]{3}'
	exits 1 "... and nobody twice" grants b Named eva@b.test '.*'
	ok "... who needs no table keeps his" grants b Named bob@a.test '[lr]{2}'
	ok "... of this version now" test "$(version)" = 2
done
ok "at the source they go" does a ann@a.test 'DELETEACL Named eve@a.test'
ok "a pass" move --identities shorter
exits 1 "... withdraws them" grants b Named eve@a.test '.*'
ok "... and no others" grants b Named bob@a.test '[lr]{2}'

for server in a b; do
	dovecot "$work/$server" stop
done
cyrus "$work/c" stop
done_testing
