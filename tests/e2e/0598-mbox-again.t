#!/bin/sh
# What a restore into mbox files must not do: bring mail twice, take away what
# is there, or write another From_ line than the file had.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs python3 bk-init bk-backup bk-restore
new_repository repo
export TZ=UTC

# restores N FROM TO [MORE]: a restore that brings N messages.
restores() {
	n=$1
	from=$2
	to=$3
	shift 3
	exits 0 "a restore to ${to##*/} $*" bk-restore latest --store "$from" \
		--to "$to" "$@"
	cp out said
	ok "... brings $n" grep -q "| $n restored, " said
}

# counts N FILE: so many messages lie in it.
counts() {
	ok "... ${2##*/} has $1" test "$(grep -c '^From .* 20[0-9][0-9].\{0,1\}$' "$2")" -eq "$1"
}

# ---- messages that lose lines of their header ----

mkdir -p "$work/M/cur" "$work/M/new" "$work/M/tmp"
printf 'Message-ID: <1@x>\nSubject: x\nStatus: RO\n\nbody\n' \
	>"$work/M/cur/1.M1P1.h:2,S"
ok "a message with a Status of its own" bk-backup "maildir:$work/M" --full
restores 1 "maildir:$work/M" "mbox:$work/o.mbox"
restores 0 "maildir:$work/M" "mbox:$work/o.mbox"
counts 1 "$work/o.mbox"
restores 0 "maildir:$work/M" "mbox:$work/o.mbox" --replace
counts 1 "$work/o.mbox"

# Twins that are one once they lost theirs: as many as the set has.
for n in 2 3; do
	printf 'Message-ID: <1@x>\nSubject: x\nStatus: O\n\nbody\n' \
		>"$work/M/cur/$n.M1P1.h:2,S"
	touch -r "$work/M/cur/1.M1P1.h:2,S" "$work/M/cur/$n.M1P1.h:2,S"
done
ok "twins of it" bk-backup "maildir:$work/M" --full
restores 2 "maildir:$work/M" "mbox:$work/o.mbox"
counts 3 "$work/o.mbox"
restores 0 "maildir:$work/M" "mbox:$work/o.mbox"
counts 3 "$work/o.mbox"

python3 - "$work/R" <<'END'
import os, random, sys
random.seed(589)
os.makedirs(f"{sys.argv[1]}/new")
os.makedirs(f"{sys.argv[1]}/tmp")
os.makedirs(f"{sys.argv[1]}/cur")
own = ["Status: RO", "X-Status: A", "X-Keywords: $Junk a", "X-UID: 12",
       "Content-Length: 3", "status : O\n folded", "X-IMAPbase: 5 6",
       "X-IMAP: 7 0000000009"]
for n in range(60):
    eol = random.choice(["\n", "\n", "\r\n"])
    lines = [f"Message-ID: <{n % 50}@a.test>", f"Subject: {n % 50}"]
    lines += random.sample(own, random.randrange(4))
    random.shuffle(lines)
    lines += ["", f"text {n % 50}"] + [">From x"] * random.randrange(3)
    lines += random.choice([[], [""], ["", ""], ["From here"]])
    data = eol.join(lines).replace("\n ", eol + " ") + random.choice(["", eol])
    path = f"{sys.argv[1]}/cur/{n}.M{n}P1.h:2,{random.choice(['', 'S', 'FS'])}"
    with open(path, "wb") as file:
        file.write(data.encode())
    os.utime(path, (1700000000 + n % 7,) * 2)
END
ok "sixty messages of all kinds" bk-backup "maildir:$work/R" --full
restores 60 "maildir:$work/R" "mbox:$work/r.mbox"
cp "$work/r.mbox" "$work/r.first"
restores 0 "maildir:$work/R" "mbox:$work/r.mbox"
ok "... and changes no byte" cmp "$work/r.first" "$work/r.mbox"
restores 0 "maildir:$work/R" "mbox:$work/r.mbox" --replace
counts 60 "$work/r.mbox"
restores 0 "maildir:$work/R" "mbox:$work/r.mbox"
# ---- what is there and is no mail ----

printf 'IMPORTANT notes, not mail\n' >"$work/notes"
printf 'and no end' | cat "$work/notes" - >"$work/open"
printf 'From a@b Sun Nov 22 20:37:03 2026\nSubject: DON'"'"'T DELETE THIS MESSAGE
X-IMAP: 7 0000000009 Work\nStatus: RO\n\nof its own\n\n' >"$work/pseudo"
printf 'From ann@real.org Sun Nov 22 20:37:03 2026\nSubject: one\n\ntext\n\n' \
	>"$work/a.mbox"
ok "a set of an mbox file" bk-backup "mbox:$work/a.mbox" --full
for what in notes open pseudo; do
	cp "$work/$what" "$work/$what.mbox"
	restores 1 "mbox:$work/a.mbox" "mbox:$work/$what.mbox"
	ok "... behind what was there" python3 - "$work/$what" \
		"$work/$what.mbox" "$work/a.mbox" <<-'END'
		import sys
		was, now, mail = (open(name, "rb").read() for name in sys.argv[1:])
		assert now.startswith(was), now
		assert b"\n" + mail.split(b"\n")[0] + b"\n" in now[len(was) - 1:], now
		assert now.endswith(b"\n\ntext\n\n"), now
	END
	cp "$work/$what.mbox" "$work/$what.first"
	restores 0 "mbox:$work/a.mbox" "mbox:$work/$what.mbox"
	ok "... and changes no byte" cmp "$work/$what.first" "$work/$what.mbox"
done
cat "$work/notes" "$work/a.mbox" >"$work/b.mbox"
cp "$work/b.mbox" "$work/b.before"
ok "a set of one with notes" bk-backup "mbox:$work/b.mbox" --full
cp "$work/notes" "$work/b.mbox"
restores 1 "mbox:$work/b.mbox" "mbox:$work/b.mbox"
ok "... whose notes are there already" cmp "$work/b.before" "$work/b.mbox"

# ---- the host that restores is in another time zone ----

cp "$work/a.mbox" "$work/tz.mbox"
printf 'From b@real.org Sun Oct 25 02:30:00 2026\nSubject: two\n\ntext\n\n' \
	>>"$work/tz.mbox"
cp "$work/tz.mbox" "$work/tz.before"
ok "a set in Berlin" env TZ=Europe/Berlin bk-backup "mbox:$work/tz.mbox" --full
restores 2 "mbox:$work/tz.mbox" "mbox:$work/new.mbox"
ok "... comes back to the byte in UTC" cmp "$work/tz.before" "$work/new.mbox"
restores 0 "mbox:$work/tz.mbox" "mbox:$work/new.mbox"
cp "$work/notes" "$work/merged.mbox"
restores 2 "mbox:$work/tz.mbox" "mbox:$work/merged.mbox"
ok "... and so does each From_ line behind other mail" \
	grep -qx 'From ann@real.org Sun Nov 22 20:37:03 2026' "$work/merged.mbox"
ok "a differential set in UTC" bk-backup "mbox:$work/tz.mbox" --differential
cp out said
ok "... has nothing new" grep -q ": 0 new, 2 kept" said

# ---- the largest UIDs ----

for last in 4294967293 4294967294 4294967295; do
	printf 'From a@b Sun Nov 22 20:37:03 2026\nX-IMAPbase: 5 %s
X-UID: %s\nStatus: RO\nSubject: x\n\ntext\n\n' $last $last >"$work/u$last.mbox"
	cp "$work/u$last.mbox" "$work/uid.before"
	ok "a set with UID $last" bk-backup "mbox:$work/u$last.mbox" --full
	rm "$work/u$last.mbox"
	restores 1 "mbox:$work/u$last.mbox" "mbox:$work/u$last.mbox"
	ok "... is back to the byte" cmp "$work/uid.before" "$work/u$last.mbox"
done

# ---- text files in a tree of folders ----

mkdir "$work/tree"
cp "$work/a.mbox" "$work/tree/mail"
python3 - "$work/tree" <<'END'
import sys
line = b"no mail at all, \xff\0 and >From nobody\n"
for size in 1, 100, 8191, 32767, 32768:
    with open(f"{sys.argv[1]}/text-{size}", "wb") as file:
        file.write((line * 1000)[:size])
END
cp -a "$work/tree" "$work/tree.before"
ok "a set of a tree with text files" bk-backup "mbox:$work/tree" --full
quiet
rm -r "$work/tree"
ok "a restore of it" bk-restore latest --store "mbox:$work/tree" \
	--to "mbox:$work/tree"
rm -rf "$work/tree/.imap" "$work/tree/.subscriptions"
ok "... is the same to the byte" diff -r "$work/tree.before" "$work/tree"

done_testing
