#!/bin/sh
# The reader for the worst day: one file of Python, written from bk-format(5) alone.
# What it gets out of a repository is what bk restore does, byte for byte, or nothing.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key bk-backup bk-restore
reader=$top/tests/reader
"$reader/bkextract.py" --help >/dev/null 2>err || skip "$(tail -n 1 err)"

# copied FROM: a repository and its key file as one's own, in this folder.
copied() {
	rm -rf repo repo.key
	cp -r "$1/repo" repo && cp "$1/keyfile" repo.key &&
		chmod -R u+w repo && chmod 600 repo.key
}

gets() {
	"$reader/bkextract.py" repo --secret repo.key "$@"
}

# is FORMAT FILE: the file holds what printf makes of the text.
is() {
	# shellcheck disable=SC2059 # the text is a format on purpose
	printf "$1" >want
	diff want "$2"
}

# ---- the repository of the page --------------------------------------------------

copied "$top/tests/golden/manual"
cp -r repo intact
full=01a2001f9700b1b1b1b1b1b1b1b1b1b1
diff=01a201f28240b2b2b2b2b2b2b2b2b2b2
sets="$full 2026-11-21 22:00:00 full 'mail' 2
$diff 2026-11-22 06:30:00 differential 'mail' 3
"
ok "a key block opens it" gets
mv out sets
ok "and its sets are listed" is "$sets" sets
ok "so does a password" "$reader/bkextract.py" repo --secret "$BK_PASSWORD_FILE"
mv out sets
ok "and the same sets are listed" is "$sets" sets

inbox="'ann@example.org' 'INBOX'"
ok "the messages of a set are listed" gets 01a201
mv out list
ok "with flags, keywords, sizes and dates" is "\
$inbox 7 '1795200000.M1P7.mx1' 157 1795200000 ['F']
$inbox 10 '1795286400.M2P7.mx1' 47 1795286400 ['S', '\$Junk']
$inbox 11 '1795320000.M3P7.mx1' 46 1795320000 []
" list

one='Return-Path: <bob@example.com>\nFrom: bob@example.com\nSubject: one
MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n
SGVsbG8gZnJvbSB0aGUg\nYXR0YWNobWVudC4K\n'
two='From: eve@example.com\r\nSubject: two\n\r\nHi Ann!\r\n'
three='From: bob@example.com\nSubject: three\n\nHi Ann!\n'
ok "the differential is extracted" gets $diff new
quiet
in=new/ann@example.org/cur
ok "its first message, from base64" is "$one" $in/1795200000.M1P7.mx1:2,F
ok "the second, with its odd line ends and a keyword" is "$two" $in/1795286400.M2P7.mx1:2,Sa
ok "whose name is told" is "0 \$Junk\n" new/ann@example.org/dovecot-keywords
ok "the third" is "$three" $in/1795320000.M3P7.mx1:2,
ok "with the date of the message" test "$(stat -c %Y $in/1795320000*)" = 1795320000
ok "the full set is extracted" gets $full old
ok "with its messages and no more" test "$(find old -type f -path '*/cur/*' | wc -l)" -eq 2
exits 1 "a folder that is there already is not written to" gets $full old

# ---- what is wrong ---------------------------------------------------------------

ok "whatever byte is changed, no wrong mail comes out" "$reader/wrong.py" repo repo.key 12
sed 's/^/# /' out
ok "and the repository is as it was" diff -r intact repo
exits 1 "a set that is not there" gets 01a3
says "bkextract: it failed: 0 sets begin with 01a3"
exits 1 "a beginning that two sets have" gets 01a20
pack=repo/data/$full/p00000000.bkp
cp $pack intact.bkp
printf '\0' | dd of=$pack bs=1 seek=280 conv=notrunc 2>/dev/null
exits 1 "the trace of one message is damaged: the others come out" gets $diff rest
says "bkextract: ('ann@example.org', 'INBOX', 7, '1795200000.M1P7.mx1'): \
data/$full/p00000000.bkp: block 0 is damaged"
ok "one message is named and no other" test "$(wc -l <err)" -eq 1
ok "one of the others" is "$three" rest/ann@example.org/cur/1795320000.M3P7.mx1:2,
ok "both are there" test "$(find rest -type f -path '*/cur/*' | wc -l)" -eq 2
head -c 600 intact.bkp >$pack
exits 1 "a pack that is cut" gets $diff cut
ok "all that needs it is named" test "$(wc -l <err)" -eq 3
cp intact.bkp $pack
head -c 600 "$(find repo/keys -name '*.bkk' | head -n 1)" \
	>repo/keys/00000000000000000000000000000000.bkk
ok "a broken key slot is no hindrance" "$reader/bkextract.py" repo --secret "$BK_PASSWORD_FILE"
rm repo/keys/00000000000000000000000000000000.bkk
echo wrong >secret
exits 1 "a wrong password" "$reader/bkextract.py" repo --secret secret
says "bkextract: it failed: no key slot opens with this password or key"

# ---- repositories that bk wrote --------------------------------------------------

# The bytes, names and dates of messages, and the words of keywords.
files() (
	cd "$1" && find . -path '*/cur/*' -printf '%P %T@ ' -exec sha256sum {} \; | sort
	find . -name dovecot-keywords -size +0 -exec sha256sum {} + | sort
)

# restores_the_same SET
restores_the_same() {
	rm -rf mine theirs
	gets "$1" mine >out 2>err && bk-restore -q -r repo \
		--password-from keyblock:repo.key "$1" --to "maildir:$work/theirs/%u" &&
		files mine >files.mine && files theirs >files.theirs && test -s files.mine &&
		diff files.theirs files.mine
}

# lists_the_same SET: as the other reader, which knows everything.
cat >narrow.py <<'END'
import json, sys
for line in map(json.loads, sys.stdin):
    if "uid" in line:
        print(*(repr(line[what]) for what in (
            "account", "folder", "uid", "name", "size", "internaldate")))
END
lists_the_same() {
	gets "$1" >out && sed 's/ \[.*//' out | sort >listed.mine
	"$reader/bkread.py" repo --key-file repo.key list "$1" >out &&
		python3 narrow.py <out | sort >listed.theirs &&
		diff listed.theirs listed.mine
}

all_sets() {
	gets | while read -r id _ _ kind _; do
		echo "$id $kind"
	done >ids
	while read -r id kind; do
		ok "$1: what comes out of the $kind set $id is what bk restore brings" \
			restores_the_same "$id"
		ok "and its messages are listed as they are" lists_the_same "$id"
	done <ids
}

copied "$top/tests/golden/v1"
all_sets "the first version"
"$reader/census.py" repo repo.key >census

rm -rf repo repo.key
new_repository repo
mail=$top/tests/golden/make_v1_mail.py
step() {
	"$@" && bk-backup -q "--$kind" "maildir:$work/mail/%d/%n/Maildir" >out
}

# Too much for a bundle, and nothing that compression makes smaller.
large() {
	python3 -B "$mail" mail 0 && {
		printf 'Subject: large\nContent-Transfer-Encoding: base64\n\n'
		head -c 9000000 /dev/urandom | base64 -w 72
	} >mail/one.example/ann/Maildir/new/1760000001.M2P1.mx1
}
moved() {
	mv mail/one.example/ann/Maildir/.Empty mail/one.example/ann/Maildir/.Moved.Here
}
kind=full
ok "a full set" step large
kind=differential
ok "a differential" step python3 -B "$mail" mail 1
kind=incremental
ok "an incremental" step python3 -B "$mail" mail 2
ok "a folder is moved, and another incremental" step moved
kind=differential
ok "a differential again" step rm mail/one.example/ann/Maildir/new/1760000001.M2P1.mx1
kind=full
ok "a full set that uses the packs of others" step true
all_sets "today's version"
"$reader/census.py" repo repo.key >>census

# ---- were all parts of the format in it? -----------------------------------------

cat >wanted <<'END'
ADD
DROP
FLAGS
KEEP
a block as it is
a chunk of type 1
a chunk of type 2
a chunk of type 3
a chunk of type 4
a chunk of type 5
a compressed block
a message with a trace
a message without a trace
a part as it is
a part as it is, of pieces
a part base64 in lines
a part base64 in lines, of pieces
a part base64 in one line
a reused pack
a reused pack in a bundle
a set: differential, in a bundle
a set: full
a set: incremental, in a bundle
a slot of type 1
a slot of type 3
an own pack
an own pack in a bundle
keywords
record 1
record 10
record 2
record 3
record 7
record 8
record 9
style 0
style 0 with exceptions
style 1
style 1 with exceptions
style 2
END
sort -u census >met
ok "all kinds of sets, packs, records and recipes occurred" \
	test -z "$(comm -23 wanted met)"
comm -3 wanted met | sed 's/^/# /'

done_testing
