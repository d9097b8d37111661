#!/bin/sh
# A second reader, written from bk-format(5) alone, against the repository of that
# page, which a second writer made from it: does the page say enough?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
reader=$top/tests/reader
"$reader/bkread.py" --help >/dev/null 2>err || skip "$(tail -n 1 err)"

full=01a2001f9700b1b1b1b1b1b1b1b1b1b1
diff=01a201f28240b2b2b2b2b2b2b2b2b2b2
cp -r "$top/tests/golden/manual" manual
chmod -R u+w manual
chmod 600 manual/keyfile
password=$BK_PASSWORD_FILE

# read_it VERB...: as somebody who has the password.
read_it() {
	"$reader/bkread.py" manual/repo --password-file "$password" "$@"
}

# by_key VERB...: as the host that has the key file, which takes no time.
by_key() {
	"$reader/bkread.py" manual/repo --key-file manual/keyfile "$@"
}

# prints TEXT: the last ok or exits printed this and nothing else.
prints() {
	tests=$((tests + 1))
	printf '%s\n' "$1" >want
	if cmp -s want out; then
		echo "ok $tests - ... and prints what it should"
	else
		echo "not ok $tests - ... and prints what it should"
		diff want out | sed 's/^/# /'
	fi
}

message() {
	cat "out.d/ann@example.org/INBOX/$1"
}

# ---- what is in it ---------------------------------------------------------------

host=c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3
ok "a password opens it" read_it sets
prints "$full full $host mail 2
$diff differential $host mail 3"
ok "so does a key file" by_key sets
quiet
for set in $full $diff; do
	ok "everything that the page demands holds in $set" by_key verify "$set"
	quiet
done

ok "the differential is listed" by_key list --hash $diff
# shellcheck disable=SC2016 # a keyword begins with $
prints '{"account": "ann@example.org", "files": {"maildirsize": "063008cb6dc02718828068fd8bca896128fe33ac480e67d803d5dc4987b5cc46"}}
{"account": "ann@example.org", "acl": [], "annotations": [], "delimiter": ".", "folder": "INBOX", "guid": "", "highestmodseq": 7, "messages": 3, "noselect": false, "own": ".", "special": "", "subscribed": true, "uidnext": 12, "uidvalidity": 1795000000}
{"account": "ann@example.org", "digest": "df4eaf903a5b5b6a25ffb24512d5b7cc", "flags": ["Flagged"], "folder": "INBOX", "internaldate": 1795200000, "keywords": [], "modseq": 5, "name": "1795200000.M1P7.mx1", "sha256": "87d6d37c42269d4561a5c8d833f26bf388221ec6eba8ddef58f1e8e1ed764798", "size": 157, "uid": 7}
{"account": "ann@example.org", "digest": "036863e8a1fc44b0493f4a4165d0c7bb", "flags": ["Seen"], "folder": "INBOX", "internaldate": 1795286400, "keywords": ["$Junk"], "modseq": 6, "name": "1795286400.M2P7.mx1", "sha256": "a3adca800770b2bf7458bb0d0442f4b79e00b450c4f533444fd6b1b8bce8a084", "size": 47, "uid": 10}
{"account": "ann@example.org", "digest": "b0812b8359e7512c1688843fdd0ee908", "flags": [], "folder": "INBOX", "internaldate": 1795320000, "keywords": [], "modseq": 7, "name": "1795320000.M3P7.mx1", "sha256": "52753e5eec89f14b863949a65f35a57c7035f295d216eb9a84c367844867c88f", "size": 46, "uid": 11}'

ok "its messages come out" by_key extract $diff out.d
ok "the first, line by line" message 7-1795200000.M1P7.mx1.eml
prints 'Return-Path: <bob@example.com>
From: bob@example.com
Subject: one
MIME-Version: 1.0
Content-Transfer-Encoding: base64

SGVsbG8gZnJvbSB0aGUg
YXR0YWNobWVudC4K'
ok "the second, with its odd line ends" message 10-1795286400.M2P7.mx1.eml
prints "$(printf 'From: eve@example.com\r\nSubject: two\n\r\nHi Ann!\r')"
ok "the third" message 11-1795320000.M3P7.mx1.eml
prints 'From: bob@example.com
Subject: three

Hi Ann!'
ok "a file has the date of its message" \
	test "$(stat -c %Y out.d/*/INBOX/11-*)" = 1795320000
exits 1 "messages are not written over others" by_key extract $diff out.d

# ---- what is refused -------------------------------------------------------------

ok "every byte that is changed is noticed, with its CRC-32 made right too" \
	"$reader/spoil.py" manual/repo "$password" manual/keyfile $diff 12

exits 1 "a set that is not there" by_key verify 01a2001f9700b1b1b1b1b1b1b1b1b1b2
says "bkread: there is no set 01a2001f9700b1b1b1b1b1b1b1b1b1b2"
mv manual/repo/trash/*.done mark
ok "a list that nobody carried out condemns no set that it does not name" \
	by_key verify $diff
mv mark manual/repo/trash/01a201f28241b3b3b3b3b3b3b3b3b3b3.done
mv manual/repo/data/$full/p00000000.bkp pack
exits 1 "a pack that is missing" by_key verify $diff
says "bkread: data/$full/p00000000.bkp: it is not there"
head -c 1042 pack >manual/repo/data/$full/p00000000.bkp
exits 1 "a pack that is cut" by_key verify $diff
cp manual/repo/data/$full/t00000000.bkt manual/repo/data/$full/p00000000.bkp
exits 1 "a file under another's name" by_key verify $diff
cp pack manual/repo/data/$full/p00000000.bkp
ok "and all is well again" by_key verify $diff
rm manual/repo/sets/$full.bks
exits 1 "a differential without its full set" by_key list $diff
chmod 640 manual/keyfile
exits 1 "a key file that others may read" by_key sets
says "bkread: manual/keyfile: others may read it"
echo wrong >"$password"
exits 1 "a wrong password" read_it sets
says "bkread: no slot opens with this"

done_testing
