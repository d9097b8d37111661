#!/bin/sh
# A repository spread over three targets: any one of them may be lost, returned empty
# or old, or damaged; none alone is enough; and what lacks is told and mended.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
needs bk bk-init bk-backup bk-check bk-restore bk-list bk-key

box=$work/mail/a.test/ann/Maildir/cur
mkdir -p "$box"
/usr/bin/python3 - "$box" <<'PY'
import random, sys
dice = random.Random(2)
for n in range(200):
    with open(f"{sys.argv[1]}/{1000 + n}.a.mx:2,S", "wb") as file:
        file.write(b"Subject: %d\n\n%s\n" % (n, dice.randbytes(200).hex().encode()))
for n in range(3):
    with open(f"{sys.argv[1]}/900{n}.a.mx:2,S", "wb") as file:
        file.write(b"Subject: large\n\n" + dice.randbytes(2900000))
PY
export BK_CONFIG="$work/bk.conf"
cat >"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[target nas]
url = file://$work/nas
[target offsite]
url = file://$work/offsite
[target cloud]
url = file://$work/cloud
CONF
new_repository main spread:2+1:nas,offsite,cloud
ok 'a full set, of several files' bk-backup mail --full
quiet
printf 'Subject: small\n\n1\n' >"$box/1.a.mx:2,"
ok 'a differential, in one' bk-backup mail --differential
quiet
ok 'all is whole' bk-check --read-data
quiet

# All of it comes back as it was.
restores() {
	rm -rf back
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" &&
		diff -r "$box" back/a.test/ann/Maildir/cur
}

# ---- none alone ----

ok 'no target has a file that opens as a pack or holds a whole one' \
	/usr/bin/python3 - nas offsite cloud <<'PY'
import glob, os, sys
for place in sys.argv[1:]:
    names = glob.glob(place + "/data/*/*.bkf")
    assert len(names) == 2, names
    for name in names:
        length = int(name.split(".")[-2], 16)
        assert os.path.getsize(name) < length, name
    assert not glob.glob(place + "/data/*.bkb") + glob.glob(place + "/data/*/*.bkp")
PY
exits 13 'one of them is no repository' bk-list -r "$work/nas"
mv nas nas.away
mv cloud cloud.away
exits 14 'one of three is too few' bk-restore latest --to "maildir:$work/b/%d/%n"
says_like '.*1 of 3 targets, and 2 are needed.*'
mv nas.away nas
mv cloud.away cloud
exits 2 'they are not taken for one another' \
	bk-list -r spread:2+1:offsite,nas,cloud

# ---- a second reader ----

bk-list >listed
set_id=$(awk 'END { print $NF }' listed)
set_id=$(basename "$(echo nas/sets/"$set_id"*)" .bks)
reader() {
	"$top/tests/reader/bkread.py" "spread:$1" --key-file main.key verify "$set_id"
}
ok 'it proves the newest set' reader nas,offsite,cloud
for places in none,offsite,cloud nas,none,cloud nas,offsite,none; do
	ok "... from $places" reader $places
done
exits 1 '... and not from one' reader none,none,cloud

# ---- any one away ----

for place in nas offsite cloud; do
	mv $place $place.away
	ok "$place is away: everything is restored" restores
	says_like "bk-restore: $place is not in use, the others are enough: .*"
	exits 3 "$place is away: a check says so" bk-check
	says_like ".*degraded: $place is not in use: .*"
	says_like '.*bk check --repair.*'
	mv $place.away $place
done

# ---- returned empty ----

for place in nas offsite cloud; do
	cp -a $place $place.before
	tree $place >tree.before
	rm -rf $place
	mkdir $place
	exits 3 "$place is empty: a check says so" bk-check
	ok "$place is empty: everything is restored" restores
	ok "$place: nothing was written there" test -z "$(ls $place)"
	ok "$place is mended" bk-check --repair
	tree $place >tree.after
	ok "$place: the same, byte for byte" cmp tree.before tree.after
	rm -rf $place.before
	ok "$place: all is whole" bk-check --read-data
done
mv nas nas.away
ok 'then another one goes: everything is restored' restores

# ---- put while one is away ----

printf 'Subject: new\n\n2\n' >"$box/2.a.mx:2,"
exits 3 'a set is made with two of three, and that is told' \
	bk-backup mail --differential
says_like '.*bk check --repair.*'
mv nas.away nas
ok 'it is there when the third comes back' restores
exits 3 '... which lacks it' bk-check
says_like '.*degraded: nas lacks 2 files, first data/.*'
ok 'it is mended' bk-check --repair
ok '... and all is whole' bk-check --read-data
mv offsite offsite.away
ok 'another one goes: the new set is restored' restores
mv offsite.away offsite

# ---- an old state comes back ----

cp -a cloud cloud.old
printf 'Subject: newer\n\n3\n' >"$box/3.a.mx:2,"
ok 'another set' bk-backup mail --differential
quiet
mv cloud cloud.new
mv cloud.old cloud
ok 'one target is as it was before: the new set is there' restores
exits 3 'a check says what it lacks' bk-check
says_like '.*degraded: cloud lacks 2 files.*'
ok 'it is mended' bk-check --repair
tree cloud >tree.after
tree cloud.new >tree.before
ok '... to the same bytes' cmp tree.before tree.after
rm -rf cloud.new

# ---- damage ----

# flip FILE OFFSET: one bit of it.
flip() {
	/usr/bin/python3 - "$1" "$2" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte[0] ^ 1]))
PY
}
# mends PLACE: to what it was.
mends() {
	ok "... and it is mended" bk-check --read-data --repair
	tree "$1" >tree.after
	ok '... to the same bytes' cmp tree.before tree.after
}
for place in nas offsite cloud; do
	shard=$(find $place/data -name 'p*.bkf')
	tree $place >tree.before
	flip "$shard" 100000
	ok "$place has a wrong bit: everything is restored" restores
	exits 13 '... a check that reads everything says so' \
		bk-check --read-data
	says_like '.*run: bk check --read-data --repair'
	mends $place
done
for at in 3 90 130 2000000; do
	flip "$shard" $at
	ok "a wrong bit at $at: everything is restored" restores
	mends cloud
done
truncate -s -1 "$shard"
exits 13 'a shard is cut short: a check says so' bk-check
mends cloud
cp -a nas nas.whole
for file in $(cd nas && find . -type f ! -name '*.bkf'); do
	flip "nas/$file" 140
done
ok 'all copies at one target are damaged: everything is restored' restores
exits 13 '... a check says so' bk-check --read-data
ok '... and they are mended' bk-check --read-data --repair
ok '... to the same bytes' diff -r nas nas.whole
shard=$(find nas/data -name 'p*.bkf')
flip "$shard" 100000
other=$(find cloud/data -name 'p*.bkf')
flip "$other" 2000000
ok 'two of three are damaged, at different places: everything is restored' restores
exits 13 '... a check says so' bk-check --read-data
ok '... and one is mended from the other, and that from the first' \
	bk-check --read-data --repair
ok '... to the same bytes' diff -r nas nas.whole
tree cloud >tree.after
ok '... both of them' cmp tree.before tree.after
ok '... and all is whole' bk-check --read-data
flip "$shard" 100000
flip "$other" 100000
mv "$work/mail" "$work/mail.away"
exits 13 'a piece is damaged in two of three: that is told' bk-check --read-data --repair
says_like '.*not mended.*'
mv "$work/mail.away" "$work/mail"
ok '... and mended from the mail, where that is still there' \
	bk-check --read-data --repair
ok '... to the same bytes, too' diff -r nas nas.whole
done_testing
