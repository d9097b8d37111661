#!/bin/sh
# A small reader, written from bk-format(5) alone and on its own: that a compact
# program can read the format, its chains and bundles, and notices what is wrong.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/tap.sh"
reader=$top/tests/reader/bkextract.py
if ! "$reader" --help >/dev/null 2>err; then
	echo "1..0 # SKIP $(tail -n 1 err)"
	exit 0
fi

full=01a2001f9700b1b1b1b1b1b1b1b1b1b1
diff=01a201f28240b2b2b2b2b2b2b2b2b2b2
host=c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3
cp -r "$top/tests/golden/manual" manual
chmod -R u+w manual
chmod 600 manual/keyfile
echo "correct horse" >password

# by_key WORD...: reads the page's repository as the host that has the key file.
by_key() {
	"$reader" manual/repo --key-file manual/keyfile "$@"
}

# is TEXT FILE: the file holds what printf makes of the text.
is() {
	# shellcheck disable=SC2059 # the text is a format on purpose
	printf "$1" >want
	diff want "$2"
}

# ---- the repository of the page --------------------------------------------------

sets="$full\tfull\t$host\tmail\t2\n$diff\tdifferential\t$host\tmail\t3\n"
ok "a password opens it" "$reader" manual/repo --password-file password sets
mv out sets
ok "and its sets are listed" is "$sets" sets
ok "so does a key file" by_key sets
mv out sets
ok "and the same sets are listed" is "$sets" sets

ok "the newest set is listed" by_key list latest
mv out list
inbox='ann@example.org\tINBOX'
ok "with flags, keywords, dates and sizes" is "\
$inbox\t7\t1795200000.M1P7.mx1\tFlagged\t\t1795200000\t157
$inbox\t10\t1795286400.M2P7.mx1\tSeen\t\$Junk\t1795286400\t47
$inbox\t11\t1795320000.M3P7.mx1\t\t\t1795320000\t46
" list

one='Return-Path: <bob@example.com>\nFrom: bob@example.com\nSubject: one
MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n
SGVsbG8gZnJvbSB0aGUg\nYXR0YWNobWVudC4K\n'
two='From: eve@example.com\r\nSubject: two\n\r\nHi Ann!\r\n'
three='From: bob@example.com\nSubject: three\n\nHi Ann!\n'
ok "the differential is extracted" by_key extract 01a201 new
in=new/ann@example.org/INBOX
ok "its first message, from base64" is "$one" $in/7-1795200000.M1P7.mx1
ok "the second, with its odd line ends" is "$two" $in/10-1795286400.M2P7.mx1
ok "the third" is "$three" $in/11-1795320000.M3P7.mx1
ok "with the date of the message" test "$(stat -c %Y $in/11-*)" = 1795320000
ok "the full set is extracted" by_key extract $full old
in=old/ann@example.org/INBOX
ok "its first message" is "$one" $in/7-1795200000.M1P7.mx1
ok "its second message" is "$two" $in/9-1795286400.M2P7.mx1
ok "and no more" test "$(find old -type f | wc -l)" -eq 2

# ---- what is wrong ---------------------------------------------------------------

# flip FILE OFFSET: changes every bit of one byte.
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %03o $((byte ^ 255)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

pack=manual/repo/data/$full/p00000000.bkp
for at in 100 300 500 700 900 1000; do
	flip $pack $at
	exits 1 "byte $at of a pack" by_key extract latest spoiled
	ok "is told in one line" test "$(wc -l <err)" -eq 1
	flip $pack $at
	rm -rf spoiled
done
ok "and all is well again" by_key extract latest spoiled
exits 1 "a set that is not there" by_key list 01a3
chmod 640 manual/keyfile
exits 1 "a key file that others may read" by_key sets

# ---- a repository that bk wrote --------------------------------------------------

if [ -d "$top/tests/golden/v1/repo" ]; then
	cp "$top/tests/golden/v1/keyfile" key
	chmod 600 key
	v1() {
		"$reader" "$top/tests/golden/v1/repo" --key-file key "$@"
	}
	ok "bk's own repository opens" v1 sets
	mv out sets
	for kind in full differential incremental; do
		id=$(awk -v "kind=$kind" '$2 == kind { print $1 }' sets)
		ok "its $kind set is extracted" v1 extract "$id" $kind
		find $kind -type f -exec sha256sum {} + | cut -c 1-64 | sort >got
		sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' "$top/tests/golden/v1/$kind" |
			sort >want
		ok "and has the messages it should" cmp want got
		ok "some of them" test -s got
	done
fi

done_testing
