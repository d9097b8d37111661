#!/bin/sh
# mbox files as a store: what Dovecot and mutt made of them comes back to the
# byte, and Dovecot shows the same.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot mutt script python3 bk-init bk-backup bk-restore
need_corpus
new_repository repo
root=$work/server
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = mbox
path = $root/mail/%d/%n/mail
inbox = $root/spool/%u
CONF

# sums FOLDER: each file that is mail, and what is in it.
sums() {
	(cd "$1" && find mail spool -type f ! -path '*/.imap/*' \
		! -name '*.lock' -exec sha256sum {} + | sort -k 2)
}

# ---- Dovecot ----

dovecot "$root" new "mbox:~/mail:INBOX=$root/spool/%u"
mkdir "$root/spool"
chown mail:mail "$root/spool"
chmod 775 "$root/spool"
dovecot "$root" adduser ann@a.test bob@a.test
dovecot "$root" start
ok "mail" world fill --flat "$root/env" "$corpus" \
	ann@a.test bob@a.test
view "$root" >before
dovecot "$root" stop
sums "$root" >sums.before
ok "there are mbox files" test "$(wc -l <sums.before)" -ge 6
ok "a full set" bk-backup mail --full
quiet
find "$root/mail" "$root/spool" -mindepth 1 -delete
ok "a restore" bk-restore latest --store mail --to mail
sums "$root" >sums.after
ok "every file is what it was, to the byte" diff sums.before sums.after
dovecot "$root" start
view "$root" >after
ok "Dovecot shows the same" compare before after
dovecot "$root" stop

# ---- from mbox to Maildir and back ----

maildir="maildir:$work/md/%d/%n"
ok "into Maildirs" bk-restore latest --store mail --to "$maildir"
ok "a full set of those" bk-backup "$maildir" --full
ok "into mbox files" bk-restore latest --store "$maildir" \
	--to "mbox:$work/back/%d/%n/mail"
(cd "$work/back" && find . -type f ! -path '*/.imap/*' \
	-exec sha256sum {} + | sort -k 2) >back.first
exits 0 "once more" bk-restore latest --store "$maildir" \
	--to "mbox:$work/back/%d/%n/mail"
cp out said
ok "... nothing is restored twice" grep -q '| 0 restored, ' said
(cd "$work/back" && find . -type f ! -path '*/.imap/*' \
	-exec sha256sum {} + | sort -k 2) >back.second
ok "... and no file changed" diff back.first back.second
ok "a set of them" bk-backup "mbox:$work/back/%d/%n/mail" --full
n=0
for store in mail "$maildir" "mbox:$work/back/%d/%n/mail"; do
	n=$((n + 1))
	# What a message is called is each store's own.
	bk-list latest --store "$store" ann@a.test Sent |
		awk 'NR == 1 { id = index($0, "  ID") }
			{ print substr($0, 1, id) }' |
		sed 's/\(.Label1\) Junk/Junk \1/' >"list.$n" # in any order
done
ok "UIDs, sizes, flags, keywords and dates went both ways" sh -c \
	'test -s list.1 && diff list.1 list.2 && diff list.1 list.3'

# A header that has lines of an mbox file loses them, once.
mkdir -p "$work/own/cur" "$work/own/new" "$work/own/tmp"
printf 'Subject: x\nStatus: RO\n\ntext\n' >"$work/own/cur/1.a.b:2,S"
bk-backup "maildir:$work/own" --full >out 2>err
for time in first second; do
	ok "its own Status, the $time time" bk-restore latest \
		--store "maildir:$work/own" --to "mbox:$work/own.mbox"
done
ok "... is there once" test "$(grep -c '^From ' "$work/own.mbox")" -eq 1

# ---- Dovecot, while mail comes ----

dovecot "$root" start
# shellcheck source=/dev/null
. "$root/env"
"$top/tests/lib/lmtp_rain.py" "$LMTP" ann@a.test "$work/enough" "$work/taken" &
rain=$!
until [ -s "$work/taken" ]; do sleep 0.1; done
ok "a differential while mail is delivered" bk-backup mail --differential
: >"$work/enough"
wait "$rain"
bk-restore latest --store mail --account ann@a.test --folder INBOX \
	--to "mbox:$work/rained.mbox" >out 2>err
ok "each message in it is whole, and some came meanwhile" \
	python3 - "$work/rained.mbox" "$(wc -l <"$work/taken")" <<-'END'
	import mailbox, sys
	mail = [m for m in mailbox.mbox(sys.argv[1]) if "X-Rain" in m]
	assert 0 < len(mail) <= int(sys.argv[2]), len(mail)
	for m in mail:
	    number = int(m["X-Rain"])
	    text = m.get_payload()
	    assert text.count(f"rain {number}\n") == 400, number
	    assert text.rstrip().endswith(f"end {number}"), number
	END
dovecot "$root" stop

# ---- mutt ----

mkdir -p "$work/home/Mail/deep"
python3 - "$work/home/Mail" <<'END'
import sys
folder = sys.argv[1]
with open(f"{folder}/in", "wb") as file:
    for n in range(12):
        file.write(f"From ann@a.test Sun Nov 22 20:{n:02}:03 2026\n"
                   f"Message-ID: <{n}@a.test>\nFrom: ann@a.test\n"
                   f"Subject: {n}\n\ntext {n}\n>From here\n\n".encode())
END
# mutted KEYS: mutt reads the file, is given these keys, and wants a terminal.
mutted() {
	HOME="$work/home" TERM=xterm timeout 60 script -qec "mutt -n -F /dev/null \
		-e 'set quit=yes delete=yes confirmappend=no confirmcreate=no' \
		-e 'set mbox_type=mbox move=no wait_key=no save_empty=yes' \
		-e 'set folder=$work/home/Mail' -f '$work/home/Mail/in' \
		-e 'push \"$1<sync-mailbox><quit>\"'" /dev/null \
		</dev/null >/dev/null 2>&1
}
mutted '<next-entry><flag-message><next-entry><save-message>=saved<enter>'
mutted '<next-entry><copy-message>=deep/copied<enter><next-entry><delete-message>'
ok "mutt wrote flags, and other files" sh -c \
	"grep -q '^X-Status: ' '$work/home/Mail/in' &&
	test -s '$work/home/Mail/saved' && test -s '$work/home/Mail/deep/copied'"
cp -a "$work/home/Mail" "$work/mutt.before"
store="mbox:$work/home/Mail"
ok "a full set of mutt's files" bk-backup "$store" --full
rm -r "$work/home/Mail"
ok "a restore of them" bk-restore latest --store "$store" --to "$store"
rm -rf "$work/home/Mail/.imap" "$work/home/Mail/.subscriptions"
ok "they are what they were, to the byte" \
	diff -r "$work/mutt.before" "$work/home/Mail"
ok "a second restore" bk-restore latest --store "$store" --to "$store"
rm -rf "$work/home/Mail/.imap" "$work/home/Mail/.subscriptions"
ok "... brings nothing twice" diff -r "$work/mutt.before" "$work/home/Mail"

# ---- what lies in a Maildir, too, is stored once; awkward files ----

python3 - "$work/odd" <<'END'
import os, sys
folder = sys.argv[1]
os.makedirs(folder)
F = b"From a@b Sun Nov 22 20:37:03 2026"
files = {
    "empty": b"",
    "no-end": F + b"\nSubject: x\n\nno line end",
    "crlf": F + b"\r\nSubject: x\r\n\r\ntext\r\n\r\n" + F + b"\r\n\r\nb\r\n",
    "mixed": F + b"\nSubject: x\r\n\ntext\r\n\n" + F + b"\r\nA: b\n\nc\r\n",
    "garbage": b"what is this\n\n" + F + b"\nSubject: x\n\ntext\n\n",
    "no-blank": F + b"\nSubject: x\n\ntext\n" + F + b"\nSubject: y\n\nz\n",
    "quoted": F + b"\nSubject: x\n\n>From me\n>>From you\nFrom here\n\n",
    "length": F + b"\nContent-Length: 44\n\n" + b"x" * 6 + b"\n\n" + F
              + b"\n\n\n" + F + b"\nContent-Length: 9999999999999999999\n\nz\n",
    "nul": F + b"\nSubject: \0\n\n\0\0\xff\n\n",
    "same": (F + b"\nSubject: same\n\nsame\n\n") * 5,
    "headers": F + b"\nStatus: RO\nA: b\nX-UID: 7\n folded\nC: d\nX-Status: A"
               b"\nStatus: O\n\n\n",
    "bare": F + b"\n" + F + b"\n\n" + F,
    "pseudo": F + b"\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
              b"\nX-IMAP: 1234567 0000000009 Work\nStatus: RO\n\ninternal\n\n"
              + F + b"\nX-UID: 4\nStatus: R\nX-Keywords: Work  \n\ntext\n\n",
    "text-file": b"no mail at all\n",
    "long": F + b"\nSubject: x\n\n" + b"y" * 3000000 + b"\n\n" + F + b"\n\n",
}
for name, data in files.items():
    with open(f"{folder}/{name}", "wb") as file:
        file.write(data)
END
cp -a "$work/odd" "$work/odd.before"
store="mbox:$work/odd"
ok "a full set of awkward files" bk-backup "$store" --full
rm -r "$work/odd"
ok "a restore of them" bk-restore latest --store "$store" --to "$store"
rm -rf "$work/odd/.imap" "$work/odd/.subscriptions"
ok "they are what they were, to the byte" diff -r "$work/odd.before" "$work/odd"
mkdir "$work/as-eml"
bk-restore latest --store "$store" --folder quoted --to "eml:$work/as-eml" \
	>out 2>err
cat "$work"/as-eml/*/*/*.eml >eml
printf 'Subject: x\n\n>From me\n>>From you\nFrom here\n' >eml.wanted
ok "a message leaves with its text as it lies" cmp eml eml.wanted

# ---- what is hostile is refused by name, and the rest comes along ----

mkdir "$work/bad" "$work/elsewhere"
printf 'From a@b Sun Nov 22 20:37:03 2026\nSubject: x\n\ntext\n\n' \
	>"$work/bad/good"
printf 'secret' >"$work/elsewhere/secret"
ln -s "$work/elsewhere/secret" "$work/bad/link"
ln -s "$work/elsewhere" "$work/bad/dir-link"
mkfifo "$work/bad/fifo"
head -c 200000 /dev/zero | tr '\0' x >"$work/bad/line"
exits 3 "a set of a hostile tree" timeout 60 bk-backup "mbox:$work/bad" --full
cp err named
for name in link dir-link fifo line; do
	ok "$name is named" grep -qE "^  bad +$name " named
done
ok "nothing of what a link leads to is in it" sh -c \
	"! bk-list latest --store 'mbox:$work/bad' bad link | grep -q secret"

done_testing
