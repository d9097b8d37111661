#!/bin/sh
# What was deleted between two times comes back, and nothing else: neither mail
# that is there, nor mail that was only moved, and each message once.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore faketime

ann=$work/mail/a.test/ann/Maildir
store="maildir:$work/mail/%d/%n/Maildir"

# message PLACE NAME: in ann's folder, seen.
message() {
	mkdir -p "$ann/$1/cur" "$ann/$1/new" "$ann/$1/tmp"
	printf 'Subject: %s\n\nThis is %s.\n' "$2" "$2" >"$ann/$1/cur/$2.x.y:2,S"
}

# backup TIME: as if at that time of one day.
backup() {
	shift_to="2026-11-01 $1:00"
	shift
	ok "a set at $shift_to" faketime -f "$shift_to" \
		bk-backup "$store" "$@"
}

# brings NAME SUBJECTS OPTION...: a restore into an empty place has just these.
brings() {
	name=$1
	want=$2
	shift 2
	rm -rf back
	ok "$name" bk-restore --to "maildir:$work/back/%d/%n/Maildir" "$@"
	got=$(find back -path '*/cur/*' -type f 2>/dev/null |
		sed 's,.*Maildir/,,; s,/*cur/,:,; s,\.x\.y.*,,' | sort | xargs)
	ok "... $want" test "$got" = "$want"
}

message '' stays
message '' old
message '' moves
message .Old there
message .Old goes
message .Gone deep
new_repository repo
backup 10:00 --full
mv "$ann/cur/moves.x.y:2,S" "$ann/.Old/cur/other.x.y:2,"
rm "$ann/cur/old.x.y:2,S"
message '' short
backup 11:00
rm "$ann/cur/short.x.y:2,S" "$ann/.Old/cur/goes.x.y:2,S"
rm -r "$ann/.Gone"
mkdir -p mail/a.test/bob/Maildir/cur
backup 12:00 --full --accept-shrink
message '' later
backup 13:00

day=2026-11-01T
brings "since the beginning" ".Gone:deep .Old:goes :old :short" \
	latest --deleted-since ${day}09:00
brings "since the first set" ".Gone:deep .Old:goes :old :short" \
	latest --deleted-since ${day}10:00
brings "since the second" ".Gone:deep .Old:goes :short" \
	latest --deleted-since ${day}11:30
brings "between two times" ":old" \
	--deleted-since ${day}10:00 --at ${day}11:59
brings "of a folder" ".Old:goes" latest --deleted-since ${day}10:00 \
	--account ann@a.test --folder Old
brings "a folder that is there no longer" ".Gone:deep" latest \
	--deleted-since ${day}10:00 --folder Gone
brings "into another one" ".Back.INBOX:old .Back.INBOX:short" latest \
	--deleted-since ${day}10:00 --folder INBOX --into Back
exits 5 "nothing was deleted since the last" \
	bk-restore latest --deleted-since ${day}12:30
says "bk-restore: nothing that was chosen was deleted in this time: 2 sets were compared. Nothing changed."
exits 5 "a folder that never was" \
	bk-restore latest --deleted-since ${day}09:00 --folder Never
exits 2 "two wishes that cannot both be meant" \
	bk-restore latest --deleted-since ${day}09:00 --replace
exits 2 "a time after the set" \
	bk-restore --at ${day}10:30 --deleted-since ${day}12:00

# ---- where it came from ---------------------------------------------------------------

ok "what would come back is listed" \
	bk-restore latest --deleted-since ${day}10:00 -n --json
grep '"type":"restore"' out | sed 's/.*"folder":"\([^"]*\)".*"messages":\([0-9]*\).*/\1 \2/' |
	sort >got
printf '%s\n' "Gone 1" "INBOX 1" "INBOX 1" "Old 1" >want
ok "... folder by folder, set by set" cmp want got
ok "it comes back beside what is there" \
	bk-restore latest --deleted-since ${day}10:00
ok "... all of it, once" test "$(find mail -path '*/cur/*' -type f | wc -l)" -eq 8
ok "a second run" bk-restore latest --deleted-since ${day}10:00 --json
cp out told
ok "... finds it there" grep -q '"new":0,"kept":4' told

# ---- a remark is told after its set was closed ------------------------------------------

printf 'Subject: key\n\nword\n' >"$ann/cur/key.x.y:2,Sa"
echo '0 Work' >"$ann/dovecot-keywords"
backup 14:00
rm "$ann/cur/key.x.y:2,Sa"
backup 15:00 --accept-shrink
ok "a message with a keyword, as a file" bk-restore latest \
	--deleted-since ${day}13:30 --to "eml:$work/files"
says "bk-restore: ann@a.test: INBOX: keywords are left out: .eml files have no place for them"

# ---- a long time -------------------------------------------------------------------------

# memory TIME: of a look at the sets since then, in MB.
memory() {
	python3 - bk-restore latest --store "$store" -n --deleted-since "$1" <<-'EOF'
		import resource, subprocess, sys
		subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
	EOF
}

store="maildir:$work/many/%d/%n/Maildir"
ann=$work/many/a.test/ann/Maildir
message '' stays
# Each set knows it, and has it in memory while it is open.
head -c 750000 /dev/urandom | base64 >"$ann/subscriptions"
for hour in 01 02 03 04 05 06 07 08 09 10 11; do
	message '' "goes$hour"
	backup "$hour:00"
done
find "$ann/cur" -name 'goes*' -delete
backup 12:00 --accept-shrink
one=$(memory ${day}11:00)
all=$(memory ${day}01:00)
ok "eleven sets need no more memory than one ($all MB, $one MB)" \
	test "$all" -lt $((one + 10))

done_testing
