#!/bin/sh
# What neither parity nor a copy gives back is read again from the mail store, or from
# another set, and only what is the same to the last byte; what nobody has any more is
# told, message by message, and left as it is.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
needs bk bk-init bk-backup bk-check bk-restore dovecot openssl

box=$work/mail/a.test/ann/Maildir
mkdir -p "$box/cur" "$box/.Archive/cur" "$work/mail/b.test/bob/Maildir/cur"
/usr/bin/python3 - "$box" "$work/mail/b.test/bob/Maildir" <<'PY'
import base64, random, sys
dice = random.Random(1)
ann, bob = sys.argv[1:]
def head(n):
    return (b"Return-Path: <x%d@b.test>\nReceived: from a by b; %d\nFrom: x@b.test\nSubject: %d\n"
            % (n, dice.randrange(10**9), n))
for n in range(300):
    box = bob if n % 3 == 0 else ann
    end = b"\r\n" if n % 7 == 0 else b"\n"
    text = head(n) + b"\n" + dice.randbytes(200).hex().encode() + b"\n"
    with open(f"{box}/cur/{1000 + n}.{n}.mx:2,S", "wb") as file:
        file.write(text.replace(b"\n", end))
for n in range(4):
    part = base64.encodebytes(dice.randbytes(2100000))
    with open(f"{ann}/.Archive/cur/900{n}.a.mx:2,S", "wb") as file:
        file.write(head(9000 + n) + b"MIME-Version: 1.0\nContent-Type: application/x-a\n"
                   b"Content-Transfer-Encoding: base64\n\n" + part)
PY
new_repository repo
repo=repo
job=nightly
cat >>"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[job nightly]
store = mail
CONF
ok 'a full set, of several files' bk-backup nightly --full -q
printf 'Subject: small\n\n1\n' >"$box/cur/1.a.mx:2,"
ok 'a differential, in one' bk-backup nightly --differential -q
cp -a repo repo.whole
cp -a mail mail.whole
tree repo >tree.whole
(cd mail && find . -type f -exec sha256sum {} + | sed 's/:2.*//' | sort -k 2) >mail.sums

# again: the repository as it was; and the mail.
again() {
	rm -rf "$repo" mail
	cp -a "$repo.whole" "$repo"
	cp -a mail.whole mail
}
pack() {
	find "$repo/data" -name 'p*.bkp' | sort | sed -n "${1}p"
}
bundle() {
	find "$repo/data" -name '*.bkb'
}
# blot FILE OFFSET LENGTH: a stretch of zeros.
blot() {
	head -c "$3" /dev/zero | dd of="$1" bs=64k oflag=seek_bytes seek="$2" conv=notrunc 2>dd.err
}
# blocks FILE OFFSET: "offset length plain" of each data block of the pack there.
blocks() {
	/usr/bin/python3 - "$1" "$2" <<-'PY'
	import struct, sys, zlib
	raw = open(sys.argv[1], "rb").read()[int(sys.argv[2]):]
	at = 256
	while True:
	    length, number = struct.unpack_from("<II", raw, at)
	    print(at, length + 12)
	    if number >> 31:
	        break
	    at += 12 + length
	PY
}
same_again() {
	tree "$repo" >tree.now
	cmp tree.whole tree.now
}
mends() {
	what=$1
	shift
	exits 13 "$what: found" bk-check "$job" --read-data -q
	ok '... and mended' bk-check "$job" --read-data --repair -q "$@"
	cp err told
	ok '... byte for byte, and nothing is left beside' same_again
}
# tells REGEX: so did the last repair.
tells() {
	cp told err
	says_like "$1"
}
# remains WHAT [OPTION...]: it is not mended, told, and left as it is.
remains() {
	what=$1
	shift
	tree "$repo" >tree.before
	exits 13 "$what" bk-check "$job" --read-data --repair "$@"
	cp err told
	tree "$repo" >tree.now
	ok '... and left as it is' cmp tree.before tree.now
}

# ---- from the mail ----------------------------------------------------------------

text=$(blocks "$(pack 1)" 0 | awk '$2 > 50000 && $2 < 100000 { print $1 + 500 }')
ok 'there is more than one pack or block to damage' test "$(blocks "$(pack 1)" 0 | wc -l)" -gt 6
blot "$(pack 1)" 2000 100
mends 'a hole in a block'
ok '... from the mail' grep -q ': mended from what others hold: 1 of 1 damaged block$' told
rm -rf back
ok '... it is restored' bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" -q
(cd back && find . -type f -path '*/cur/*' -exec sha256sum {} + | sed 's/:2.*//' | sort -k 2) >back.sums
ok '... as the mail is' cmp mail.sums back.sums
again

# All but rows, block table and trailer.
blocks "$(pack 1)" 0 | head -n -3 | while read -r at length; do
	blot "$(pack 1)" "$at" "$length"
done
mends 'every block of data, with its head'
again
blot "$(bundle)" "$(($(blocks "$(bundle)" 0 | sed -n 1p | cut -d' ' -f1) + 30))" 20
mends 'a block of a bundle'
again
blot "$(pack 1)" 2000 100
cp "$(pack 1)" damaged
exits 13 'a dry run' bk-check "$job" --read-data --repair -n
says_like '.*: can be mended from what others hold: 1 of 1 damaged block'
ok '... mends nothing' cmp "$(pack 1)" damaged
mv "$box/cur/1001.1.mx:2,S" "$box/.Archive/cur/5.other.mx:2,FS"
for file in "$box"/cur/1*.mx:2,S; do
	mv "$file" "${file%S}FRS"
done
mends 'with mail that was moved, and has other flags'
again

blot "$(pack 1)" "$text" 100
mv mail elsewhere
remains 'the store is not there' -q
tells '.*: store mail cannot be read: .*'
tells '.*a.test.*1001.1.mx +is damaged, and store mail cannot be read.*'
mends 'from another place' --store "maildir:$work/elsewhere/%d/%n/Maildir"
rm -rf elsewhere
again
exits 2 'a store is for a repair' bk-check "$job" --store mail

# ---- what is not there any more, or is not the same -------------------------------

blot "$(pack 1)" "$text" 100
rm "$box/cur/1001.1.mx:2,S"
remains 'a message of that block is gone'
tells '.*1001.1.mx +is damaged, and no longer in store mail.*cannot be restored from set.*'
tells '.*1002.2.mx +is in store mail as it was, but other mail of its block is nowhere.*a new full set has it; run: bk backup nightly --full'
again
blot "$(pack 1)" "$text" 100
file=$box/cur/1001.1.mx:2,S
tr x y <"$file" >changed && mv changed "$file"
remains 'a message has other bytes under the same name, and as many'
tells '.*1001.1.mx +is damaged, and store mail has something else under its name.*'
again
blot "$(pack 1)" 0 300
remains 'the header of a pack is lost'
tells '.*not mended: .*; no block of it can be made again.*'
again
blot "$(pack 1)" $(($(stat -c %s "$(pack 1)") - 400)) 300
remains 'so is its end'
again

# ---- from another set -------------------------------------------------------------

ok 'another full set' bk-backup nightly --full -q
tree repo >tree.whole
rm -rf repo.whole
cp -a repo repo.whole
rm "$box/cur/1001.1.mx:2,S"
blot "$(pack 1)" "$text" 100
mends 'a message that only another set has'
again

# ---- from a mail server -----------------------------------------------------------

"$top/tests/servers/pki" "$work/pki"
for format in mdbox:~/mdbox sdbox:~/sdbox; do
	server=$work/${format%%:*}
	ann=ann@a.test
	dovecot "$server" full "$work/pki" "$format"
	dovecot "$server" adduser $ann
	dovecot "$server" start
	(umask 077 && echo pw >pw)
	repo=${format%%:*}-sets job=${format%%:*}
	new_repository "$repo"
	cat >>"$BK_CONFIG" <<-CONF
	[server $job]
	url = imaps://ann%40a.test@127.0.0.1:$(sed -n 's/^IMAPS=//p' "$server/env")
	ca = $work/pki/ca.crt
	password = file:$work/pw
	[store $job]
	type = imap
	server = $job
	[job $job]
	store = $job
	repo = $repo
	CONF
	ok "an account in $job" "$top/tests/lib/imap_world.py" ordinary \
		"$(login "$server" $ann)" --messages 40
	ok 'a full set' bk-backup "$job" --full -q
	cp -a "$repo" "$repo.whole"
	tree "$repo" >tree.whole
	file=$(find "$repo/data" -name '*.bk[bp]' | head -n 1)
	blocks "$file" 0 | while read -r at length; do
		[ "$length" -lt 2000 ] || blot "$file" $((at + 20)) 40
	done
	mends 'blocks whose mail is on a server'
	rm -rf back
	ok '... it is restored' bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" -q
	"$top/tests/lib/imap_client.py" "$server/env" $ann 'SELECT INBOX' \
		'UID STORE 1 +FLAGS (\Deleted)' 'EXPUNGE' >said
	blocks "$file" 0 | while read -r at length; do
		[ "$length" -lt 2000 ] || blot "$file" $((at + 20)) 40
	done
	remains 'one was expunged there'
	tells '.*ann@a.test.*INBOX.*uid 1[^0-9].*is damaged, and no longer in store '"$job"'.*'
	dovecot "$server" stop
done

done_testing
