#!/bin/sh
# A check looks at the repository and at every copy of it, and for whatever it
# finds it prints the command that mends it: run as it is, it does.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk bk-init bk-backup bk-list bk-check bk-ship
need_nginx

box=$work/mail/a.test/ann/Maildir/cur
mkdir -p "$box"
for n in 1 2 3; do
	printf 'Subject: large\n\n' >"$box/900$n.a.mx:2,S"
	head -c 3000000 /dev/urandom >>"$box/900$n.a.mx:2,S"
done
new_repository repo
two="$work/two's copy"
cat >>"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[target one]
url = file://$work/one
[target two]
url = file://$two
[target web]
url = $BK_TEST_WEBDAV_URL
password = file:$BK_TEST_PASSWORD_FILE
ca = $BK_TEST_CA
timeout = 1s
[job nightly]
store = mail
ship = one two web
CONF
ok 'a full set, of several files' bk-backup nightly --full
printf 'Subject: small\n\n1\n' >"$box/1001.a.mx:2,"
ok 'a differential, in one' bk-backup nightly --differential
ok 'they are shipped' bk-ship push
ok 'all four places are whole' bk-check nightly --read-data
cp out said
ok '... a line each' sh -c "test \$(grep -c '^[a-z]*: complete, 2 of 2 sets' said) -eq 3"
ok '... without the copies too' bk-check --no-targets
cp out said
ok '... no word of them then' sh -c "! grep -q '^one' said"
for place in repo one "$two"; do
	cp -a "$place" "$place.whole"
done

# again: three places as they were.
again() {
	for place in repo one "$two"; do
		rm -rf "$place"
		cp -a "$place.whole" "$place"
	done
}

# commands OPTION...: what a check prints to be run, each once.
commands() {
	bk-check nightly --json "$@" | python3 -c '
import json, sys
told = []
for line in sys.stdin:
    event = json.loads(line)
    # What becomes of a message is told besides.
    if event["type"] != "item_error" or "folder" in event:
        continue
    if event.get("next") not in told:
        told.append(event.get("next"))
for command in told:
    print(command or "exit 1 # nothing is said")
' >todo
	test -s todo
}

# mends STATUS WHAT: a check ends so; what it prints, run by a shell, makes all
# whole again.
mends() {
	exits "$1" "$2: found" bk-check nightly --read-data
	ok '... a command is printed' commands --read-data
	name=$(head -n 1 todo)
	ok "... $name" sh -ec '. ./todo'
	ok '... mends it' bk-check nightly --read-data -q
	again
}

# of PLACE FOLDER NAME: the one file there.
of() {
	find "$1/$2" -name "$3" | sort | head -n 1
}
flip() {
	printf '\377\376' | dd of="$1" bs=1 seek="${2:-5000}" conv=notrunc 2>dd.err
}
cut_short() {
	head -c 300 "$1" >half && cat half >"$1"
}

# Not the slot that opens it here.
tear_slot() {
	for slot in "$1"/keys/*.bkk; do
		cp "$slot" slot
		cut_short "$slot"
		bk-list -q >out 2>err && return
		cp slot "$slot"
	done
}

# ---- in the repository --------------------------------------------------------------

rm "$(of repo data 'p*.bkp')"
exits 13 'a pack that is gone' bk-check --no-targets -q
says_like '.*p00000000\.bkp.* no whole copy is known.*run: bk backup nightly --full'
ok '... is told once' test "$(grep -c 'run: ' err)" -eq 1
exits 13 'a list shows damage, too' bk-list
mends 13 'a pack that is gone, with copies'
flip "$(of repo data 'p*.bkp')"
mends 13 'a flipped pack'
cut_short "$(of repo data 'p*.bkp')"
mends 13 'a pack that is cut'
for kind in i m t; do
	flip "$(of repo data "$kind*.bk*")" 300
	mends 13 "file $kind flipped"
	rm "$(of repo data "$kind*.bk*")"
	mends 13 "file $kind gone"
done
rm "$(of repo data '*.bkb')"
mends 13 'a bundle that is gone'
flip "$(of repo data '*.bkb')" 600
mends 13 'a flipped bundle'
flip "$(of repo sets '*.bks')" 400
mends 13 'the root of a base flipped'
rm "$(of repo sets '*.bks')"
mends 13 'a base that is gone'
rm repo/sets/*
exits 13 'a list of none, where there were some' bk-list
says_like 'bk-list: no set is here, but this host completed set .*; run: bk check'
mends 13 'all roots gone'
tear_slot repo
mends 13 'a torn key slot'
mkdir -p repo/open
echo torn >repo/open/0123456789abcdef0123456789abcdef.00000000.bko
mends 13 'a torn intent'
cp -a repo "$work/other's"
id=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
echo torn >"repo/sets/$id.bks"
exits 13 'a root that is none' bk-check nightly -q
again

# ---- at the copies --------------------------------------------------------------------

rm "$(of one data 'p*.bkp')"
exits 13 'a pack that is gone at a copy' bk-check nightly
cp out said
ok '... the others are whole' grep -q '^two: complete, 2 of 2' said
ok '... and this one is not' grep -q '^one: INCOMPLETE, 0 of 2' said
mends 13 'a pack that is gone at a copy'
flip "$(of "$two" data 'p*.bkp')"
mends 13 'a flipped pack at a copy'
cut_short "$(of "$two" data 'm*.bkm')"
mends 13 'a manifest that is cut at a copy'
flip "$(of one sets '*.bks')" 400
mends 13 'a flipped root at a copy'
tear_slot one
mends 13 'a torn key slot at a copy'
mkdir -p "$two/open"
echo torn >"$two/open/0123456789abcdef0123456789abcdef.00000000.bko"
mends 13 'a torn intent, where the name has to be quoted'
flip "$(of repo data 'p*.bkp')"
flip "$(of one data 'p*.bkp')"
mends 13 'the same pack here and at a copy'
rm -r one/sets
mends 3 'all roots of a copy gone'
rm -r one
mends 3 'a copy that is gone'
rm "$(of one sets '*.bks')"
mends 13 'a base that lacks at a copy'
mkdir -p elsewhere
newest=$(find repo/sets -name '*.bks' | sort | tail -n 1)
newest=$(basename "$newest" .bks)
rm -r "repo/sets/$newest.bks" "repo/data/$newest.bkb" state
mends 3 'a set that only copies have'
rm -rf repo.whole
printf 'Subject: small\n\n2\n' >"$box/1002.a.mx:2,"
ok 'one more set' bk-backup nightly --differential --only-set
exits 3 '... is not shipped yet' bk-check nightly -q
says_like '.*one .*set .* is not there .*run: bk ship push one'
ok 'it is shipped' bk-ship push one two
ok '... and only the last copy lacks it' sh -c \
	"bk-check nightly | grep '^web: INCOMPLETE, 2 of 3 sets'"
ok '... which a set alone shows too' sh -c 'bk-check latest; test $? -eq 3'

# ---- a copy out of reach -----------------------------------------------------------

server nginx kill
exits 14 'a server that is down' bk-check nightly
cp out said
ok '... the others are looked at' grep -q '^two: complete, 3 of 3' said
ok '... it is told' grep -q '^web: FAILED' said
ok '... and when to look again' grep -q 'NEXT  bk check nightly' said
rm "$(of one data 'p*.bkp')"
exits 13 '... damage elsewhere is graver' bk-check nightly -q
server nginx start
ok 'what is printed' commands
ok '... mends all' sh -ec '. ./todo'
ok '... and all is whole' bk-check nightly -q
quiet

# ---- words ---------------------------------------------------------------------------

mv "$(of repo data 'p*.bkp')" pack
exits 13 'the options of the user' bk-check -c "$BK_CONFIG" -r repo \
	--password-from "keyblock:$work/repo.key" -q
says_like ".*run: bk ship pull -c $BK_CONFIG -r repo --password-from keyblock:$work/repo.key one --set [0-9a-f]{16} --mend"
mv pack "$(dirname "$(of repo data 'i*.bki')")/p00000000.bkp"
exits 2 'a word that is neither job nor set' bk-check nightyl

# ---- a share in turn ------------------------------------------------------------------

# bytes OPTION...: how many a check read.
bytes() {
	bk-check --no-targets --json "$@" >lines
	sed -n 's/.*"type":"summary".*"source":\([0-9]*\).*/\1/p' lines
}
for n in 3 4 5 6; do
	printf 'Subject: small\n\n%s\n' $n >"$box/100$n.a.mx:2,"
	bk-backup nightly --incremental >out 2>err
done
all=$(bytes --read-data=100%)
rm -r state
sum=0
for n in 1 2 3 4; do
	sum=$((sum + $(bytes --read-data=25%)))
done
ok 'four quarters are all' test "$sum" -ge "$all"
ok '... and hardly more' test "$sum" -lt $((all + all / 2))
found=0
flip "$(find repo/data -name '*.bkb' | sort | sed -n 3p)" 600
for n in 1 2 3 4; do
	bk-check --no-targets -q --read-data=25% >out 2>err || found=$((found + 1))
done
ok 'a flipped byte is found by one of four' test $found -ge 1
exits 13 '... and told until it is mended' bk-check --no-targets --read-data=1%
exits 13 '... ' bk-check --no-targets --read-data=1%
done_testing
