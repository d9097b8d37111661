#!/bin/sh
# Sets with parity: what they cost, that a second program agrees on every byte of
# it and mends by it, and that what is behind a body is checked as well.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk bk-init bk-backup bk-check bk-restore

box=$work/mail/a.test/ann/Maildir/cur
mkdir -p "$box"
/usr/bin/python3 - "$box" <<'PY'
import os, random, sys
dice = random.Random(1)
for n in range(750):
    name = f"{1000 + n}.{dice.randbytes(16).hex()}.mx:2,S"  # none is like another
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        file.write(b"Subject: %d\n\n%s\n" % (n, dice.randbytes(40).hex().encode()))
for n in range(3):
    with open(f"{sys.argv[1]}/900{n}.a.mx:2,S", "wb") as file:
        file.write(b"Subject: large\n\n" + dice.randbytes(3000000))
PY
new_repository repo
store="maildir:$work/mail/%d/%n/Maildir"
ok 'a full set without parity' bk-backup "$store" --full
bytes() {
	find repo/data -type f -exec stat -c %s {} + | awk '{ n += $1 } END { print n }'
}
plain=$(bytes)
rm -rf repo/data repo/sets state
mkdir repo/sets
echo 'parity = perhaps' >>"$BK_CONFIG"
exits 2 'a setting is yes or no' bk-backup "$store" --full
sed -i 's/perhaps/yes/' "$BK_CONFIG"
ok 'a full set with parity' bk-backup "$store" --full
cost=$(($(bytes) - plain))
ok "it costs about 3 % ($cost of $plain bytes)" \
	sh -c "test $cost -gt $((plain * 2 / 100)) && test $cost -lt $((plain * 4 / 100))"

# reads ARGUMENT...: the other program.
reads() {
	"$top/tests/reader/bkread.py" "$work/repo" --key-file "$work/repo.key" "$@"
}
reads sets >listed
set=$(sed 's/ .*//' listed)
ok 'another program agrees on every byte of it' reads verify "$set"
for kind in p i m; do
	ok "... there is some behind file $kind" /usr/bin/python3 - \
		"$(find repo/data -name "$kind*.bk$kind" | head -n 1)" <<-'PY'
		import sys
		foot = open(sys.argv[1], "rb").read()[-64:]
		sys.exit(foot[25] != 2)
	PY
done
ok 'a check finds nothing' bk-check --read-data -q
cp -a repo repo.whole
reads extract "$set" "$work/before" 2>err
(cd before && find . -type f -exec sha256sum {} + | sort -k 2) >files.before

# again: as it was.
again() {
	rm -rf repo
	cp -a repo.whole repo
}
# of KIND: its file.
of() {
	find repo/data -name "$1*.bk$1" | sort | head -n 1
}
# blot FILE OFFSET LENGTH: a stretch of zeros.
blot() {
	dd if=/dev/zero of="$1" bs=1 seek="$2" count="$3" conv=notrunc 2>dd.err
}
size() {
	stat -c %s "$1"
}

for kind in p i m; do
	file=$(of $kind)
	blot "$file" 3000 4097
	exits 13 "a burst in file $kind is found" bk-check --read-data -q
	exits 1 '... by the other program too' reads verify "$set"
	rm -rf after
	ok '... which reads what its parity says' reads --mend extract "$set" "$work/after"
	(cd after && find . -type f -exec sha256sum {} + | sort -k 2) >files.after
	ok '... every message as it was' cmp files.before files.after
	again
	blot "$file" $(($(size "$file") - 6000)) 5
	exits 13 "so is one in the parity of file $kind" bk-check --read-data -q
	exits 1 '... by the other program too' reads verify "$set"
	again
done
blot "$(of m)" 400 14000
exits 1 'beyond its bound nothing is guessed' reads --mend extract "$set" "$work/never"
says_like '.*more is lost than its parity gives back.*'
again

printf 'Subject: new\n\n1\n' >"$box/9100.a.mx:2,"
sed -i '/parity/d' "$BK_CONFIG"
ok 'a differential without parity stands on it' bk-backup "$store" --differential
ok '... and is whole' bk-check --read-data -q
ok 'everything is restored' bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" -q
(cd "$box" && find . -type f -exec sha256sum {} +) | sed 's/ .*//' | sort >here
(cd back && find . -name '*.mx*' -type f -exec sha256sum {} +) | sed 's/ .*//' | sort >there
ok '... as it was' cmp here there

done_testing
