#!/bin/sh
# What is damaged is mended: from its own parity, or from another copy, here and at
# targets; and what nobody has whole is told, and left as it is.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
needs bk bk-init bk-backup bk-check bk-ship bk-key
need_nginx

box=$work/mail/a.test/ann/Maildir/cur
mkdir -p "$box"
/usr/bin/python3 - "$box" <<'PY'
import random, sys
dice = random.Random(1)
for n in range(750):
    name = f"{1000 + n}.{dice.randbytes(16).hex()}.mx:2,S"
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        file.write(b"Subject: %d\n\n%s\n" % (n, dice.randbytes(40).hex().encode()))
for n in range(3):
    with open(f"{sys.argv[1]}/900{n}.a.mx:2,S", "wb") as file:
        file.write(b"Subject: large\n\n" + dice.randbytes(2900000))
PY
web=$BK_TEST_WEBDAV_DIR
new_repository repo
cat >>"$BK_CONFIG" <<CONF
parity = yes
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[target one]
url = file://$work/one
[target web]
url = $BK_TEST_WEBDAV_URL
password = file:$BK_TEST_PASSWORD_FILE
ca = $BK_TEST_CA
[job nightly]
store = mail
ship = one web
CONF
ok 'a full set, of several files' bk-backup nightly --full
printf 'Subject: small\n\n1\n' >"$box/1.a.mx:2,"
ok 'a differential, in one' bk-backup nightly --differential
ok 'they are shipped' bk-ship push
ok 'all is whole, and nothing is mended' bk-check nightly --read-data --repair -q
quiet
web=$BK_TEST_WEBDAV_DIR
for place in repo one; do
	cp -a "$place" "$place.whole"
done
cp -a "$web" web.whole
tree repo >tree.repo

# of FOLDER KIND: the first file of that kind there.
of() {
	find "$1/data" -name "$2*.bk$2" | sort | head -n 1
}
bundle() {
	find "$1/data" -name '*.bkb'
}
# blot FILE OFFSET LENGTH: a stretch of zeros.
blot() {
	head -c "$3" /dev/zero | dd of="$1" bs=64k oflag=seek_bytes seek="$2" conv=notrunc 2>dd.err
}
# wipe FILE: so much that no parity helps.
wipe() {
	size=$(stat -c %s "$1") && [ "$size" -gt 300 ] || return 1
	head -c "$((size - 300))" /dev/zero >zeros
	dd if=zeros of="$1" bs=64k conv=notrunc 2>dd.err
}
again() {
	rm -rf repo one "$web"
	cp -a repo.whole repo
	cp -a one.whole one
	cp -a web.whole "$web"
}
all_whole() {
	for place in repo one "$web"; do
		tree "$place" >tree.copy
		cmp tree.repo tree.copy || return
	done
}
# mends WHAT [OPTION...]: it is found, and mended, byte for byte.
mends() {
	what=$1
	shift
	exits 13 "$what: found" bk-check nightly --read-data -q "$@"
	ok '... and mended' bk-check nightly --read-data --repair -q "$@"
	cp err told
	ok '... byte for byte, and nothing is left beside' all_whole
	again
}
# from TEXT: how, as it was told.
from() {
	ok "... $1" grep -q ": mended $1\$" told
}

# ---- from parity alone ------------------------------------------------------------

for kind in p i m; do
	file=$(of repo $kind)
	blot "$file" 2000 4097
	mends "a burst in file $kind" --no-targets
	from 'from its parity, [12] segments*'
	blot "$file" 0 300
	mends "the header of file $kind" --no-targets
	size=$(stat -c %s "$file")
	blot "$file" $((size - 64)) 64
	mends "the footer of file $kind" --no-targets
	from 'from its body, which is whole'
	blot "$file" $((size - 5000)) 200
	mends "the parity of file $kind" --no-targets
	truncate -s $((size - 700)) "$file"
	mends "file $kind cut" --no-targets
done
file=$(of repo p)
blot "$file" 100000 130000
cp "$file" damaged
exits 13 'a dry run mends nothing' bk-check nightly --read-data --repair -n --no-targets
says_like '.*: can be mended from its parity, 9 segments'
ok '... indeed' cmp "$file" damaged
mends 'nine segments of a pack' --no-targets
blot "$(of repo p)" 100000 2000
blot "$(of repo i)" 9000 2000
blot "$(of repo m)" 8000 2000
mends 'three files' --no-targets
exits 2 'a dry run of nothing' bk-check -n

blot "$file" 100000 2000
exits 13 'without a copy it is told what may help' bk-check nightly --read-data --no-targets
says_like '.*its parity may be enough; run: bk check --read-data --repair'
ok '... and does' bk-check --read-data --repair -q --no-targets
again

# ---- neither parity, nor a copy, nor the mail ---------------------------------------

mv mail mail.away
wipe "$file"
cp "$file" damaged
exits 13 'more is lost than parity gives back' bk-check nightly --read-data --repair --no-targets
says_like '.*not mended: there is no parity, or none that helps; there is no copy.*'
says_like '.*run: bk backup nightly --full'
ok '... it is left as it was' cmp "$file" damaged
again
blot "$file" 100000 400000
exits 13 'a burst beyond the bound' bk-check nightly --read-data --repair --no-targets -q
says_like '.*not mended: more is lost than its parity gives back.*no copy.*'
again
rm "$file"
exits 13 'a pack is gone' bk-check nightly --repair --no-targets -q
again
blot "$(bundle repo)" 700 40
exits 13 'small files have no parity' bk-check nightly --read-data --repair --no-targets -q
again
blot "$(find repo/sets -type f | sort | head -n 1)" 300 20
exits 13 'nor has a root' bk-check nightly --read-data --repair --no-targets -q
again
mv mail.away mail

# ---- from another copy ------------------------------------------------------------

wipe "$(of repo p)"
mends 'a pack beyond its parity'
from 'from one'
for kind in p i m t; do
	rm "$(of repo $kind)"
	mends "file $kind gone"
done
blot "$(of repo t)" 300 20
mends 'a damaged pack table'
blot "$(bundle repo)" 700 40
mends 'a damaged bundle'
rm "$(bundle repo)"
mends 'a bundle that is gone'
root=$(find repo/sets -type f | sort | head -n 1)
blot "$root" 300 20
mends 'a damaged root'
rm "$root"
rm -r "repo/data/$(basename "$root" .bks)"
mends 'all of a set'
ls repo/keys >keys.before
(umask 077 && echo other >other)
ok 'another slot' bk-key add --new-password-from file:other other
slot=$(find repo/keys -type f | grep -v -F -f keys.before)
ok '... goes along' bk-ship push -q
for place in repo one; do
	rm -rf "$place.whole"
	cp -a "$place" "$place.whole"
done
rm -rf web.whole
cp -a "$web" web.whole
tree repo >tree.repo

blot "$slot" 300 20
mends 'a damaged key slot'
from 'from one'

# ---- at targets -------------------------------------------------------------------

for place in one "$web"; do
	blot "$(of "$place" p)" 5000 4000
	mends "a burst in a pack at ${place##*/}"
	from 'from its parity, [12] segments*'
	wipe "$(of "$place" p)"
	mends "a pack beyond its parity at ${place##*/}"
	from "from $work/repo"
	rm "$(of "$place" m)" "$(bundle "$place")"
	mends "manifest and bundle gone at ${place##*/}"
	blot "$(find "$place/sets" -type f | sort | head -n 1)" 300 20
	mends "a damaged root at ${place##*/}"
done
wipe "$(of repo p)"
wipe "$(of one p)"
blot "$(of "$web" p)" 5000 4000
mends 'a pack that is damaged everywhere, and mendable at one'
wipe "$(of repo p)"
wipe "$(of one p)"
wipe "$(of "$web" p)"
exits 13 'damaged everywhere' bk-check nightly --read-data --repair -q
again

# ---- interrupted ------------------------------------------------------------------

file=$(of repo p)
cp "$file" "$file.mended"
rm "$file"
ok 'a run that stopped between the two' bk-check nightly --repair --no-targets -q
ok '... is gone on from' all_whole
again
cp "$file" "$file.mended"
ok 'one that stopped behind them' bk-check nightly --repair --no-targets -q
ok '... is tidied up after' all_whole
again
wipe "$file"
cp "$file" "$file.mended"
exits 13 'what is beside is not trusted' bk-check nightly --read-data --repair --no-targets -q
again

done_testing
