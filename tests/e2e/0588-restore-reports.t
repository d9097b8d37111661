#!/bin/sh
# What a restore says it did is what it did: for each kind of it the report, in
# words and as JSON, beside what another program counts before and after.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore dovecot faketime
need_corpus

cat >count.py <<'PY'
"""How many messages are in a place: folders of Maildir, mbox or .eml files, or an
archive of these; only those whose path matches the second word."""
import mailbox, pathlib, re, sys, tarfile, zipfile
place, wanted = pathlib.Path(sys.argv[1]), re.compile(sys.argv[2])
if place.suffix == ".tar":
    names = [m.name for m in tarfile.open(place) if m.isfile()]
elif place.suffix == ".zip":
    names = [n for n in zipfile.ZipFile(place).namelist() if n[-1] != "/"]
else:
    names = []
    for path in place.rglob("*"):
        if not path.is_file():
            continue
        if path.suffix == ".eml" or path.parent.name in ("cur", "new"):
            names.append(str(path))
        elif path.open("rb").read(5) == b"From ":
            box = mailbox.mbox(path, create=False)
            # Dovecot's own message is none.
            names += [str(path) for m in box if "X-IMAP" not in m]
print(sum(bool(wanted.search(name)) for name in names))
PY
count() {
	python3 count.py "$1" "${2:-.}"
}

# tells NAME REGEX: the last report has such a line.
tells() {
	ok "$1" grep -qE -e "$2" said
}

# report NAME "STATUS NEW KEPT FAILED" PLACE WORD...: a restore in words and one as
# JSON, each to a PLACE of its own, where it says @; both say what they did.
report() {
	name=$1 figures=$2 place=$3
	shift 3
	read -r status new kept failed <<-END
	$figures
	END
	exits "$status" "$name" bk-restore "$@" --to "$(echo "$place" | sed s/@/words/)"
	cat out err >said
	cp said words
	tells "... in words: $new, $kept, $failed" \
		"(^|[| ])$new restored, $kept already there, $failed failed"
	exits "$status" "... as JSON" bk-restore "$@" --json \
		--to "$(echo "$place" | sed s/@/json/)"
	cat out err >said
	tells "... the same" "\"type\":\"summary\".*\"new\":$new,\"kept\":$kept,.*\"errors\":$failed,"
	tells "... and the status" "\"type\":\"exit\",\"status\":$status}"
}

# has PLACE N: both of them.
has() {
	for kind in words json; do
		is=$(count "$(echo "$1" | sed s/@/$kind/)")
		ok "... $2 messages are there" test "$is" -eq "$2"
	done
}

live=$work/live
dovecot "$live" new
dovecot "$live" adduser ann@a.test bob@b.test
"$top/tests/lib/make_maildir.py" plain "$live/mail" "$corpus" 60
[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$live/mail"
dovecot "$live" start
view "$live" >view.before
ann=$live/mail/a.test/ann/Maildir
all=$(count "$live/mail")
anns=$(count "$ann")
sent=$(count "$live/mail" '\.Sent/')
mkdir etc && echo one >etc/one && echo two >etc/two
new_repository repo
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = maildir
path = $live/mail/%d/%n/Maildir
trees = $work/etc
CONF
ok "a set" faketime -f '2026-11-01 10:00:00' bk-backup mail --full
m='%d/%n/Maildir'

# ---- everything, and again -------------------------------------------------------------

report "everything" "0 $all 0 0" "maildir:$work/all.@/$m" latest
ok "... and says that UIDs are kept" grep -q 'UIDs kept in 6 folders' words
has all.@ "$all"
report "a second run" "0 0 $all 0" "maildir:$work/all.@/$m" latest
has all.@ "$all"
for kind in words json; do
	find "all.$kind" -path '*/ann/*/cur/*' -type f | sort | sed -n '2p;3p' | xargs rm
	printf 'Subject: late\n\nnew\n' >"all.$kind/a.test/ann/Maildir/cur/late.x.y:2,"
done
report "over what is there" "0 2 $((all - 2)) 0" "maildir:$work/all.@/$m" latest
has all.@ $((all + 1))
ok "... new UIDs are said" grep -q 'UIDs kept in .* folders, new in [1-9]' words

# ---- a part of it ----------------------------------------------------------------------

report "an account" "0 $anns 0 0" "maildir:$work/one.@/$m" latest --account ann@a.test
has one.@ "$anns"
report "... as another" "0 $anns 0 0" "maildir:$work/as.@/$m" latest \
	--account ann@a.test --as eve@c.test
ok "... which it is" test "$(count as.words /c.test/eve/)" -eq "$anns"
report "a folder" "0 $sent 0 0" "maildir:$work/folder.@/$m" latest --folder Sent
has folder.@ "$sent"
report "... into another" "0 $sent 0 0" "maildir:$work/into.@/$m" latest \
	--folder Sent --into Back
ok "... which it is" test "$(count into.words '/\.Back\.Sent/')" -eq "$sent"
uid=$(grep '"ann@a.test", .*"INBOX", .*"message"' view.before | head -n 1 |
	sed 's/.*"uid": \([0-9]*\).*/\1/')
report "a message" "0 1 0 0" "maildir:$work/message.@/$m" latest \
	--account ann@a.test --folder INBOX --message "$uid"
has message.@ 1
report "... that is not there" "3 1 0 1" "eml:$work/nowhere.@" latest \
	--account ann@a.test --folder INBOX --message "$uid" --message nowhere
ok "... which is named" grep -q nowhere words
tells "... with its class" '"type":"item_error","class":"[a-z-]+".*nowhere.*"outcome":"'

# ---- to other forms ----------------------------------------------------------------------

report "as .eml files" "0 $all 0 0" "eml:$work/eml.@" latest
has eml.@ "$all"
report "a second run" "0 0 $all 0" "eml:$work/eml.@" latest
has eml.@ "$all"
for form in tar zip; do
	report "as $form" "0 $all 0 0" "$form:$work/@.$form" latest
	has "@.$form" "$all"
done
report "as mbox files" "0 $all 0 0" "mbox:$work/mbox.@/%d/%n" latest
has mbox.@ "$all"

# ---- what cannot be restored ---------------------------------------------------------------

for kind in words json; do
	mkdir -p "refuses.$kind/a.test/ann/Maildir"
	: >"refuses.$kind/a.test/ann/Maildir/.Sent"
done
refused=$(count "$ann" '\.Sent/')
report "a folder that the place refuses" "3 $((all - refused)) 0 $refused" \
	"maildir:$work/refuses.@/$m" latest
has refuses.@ $((all - refused))
ok "... is named" grep -q 'ann@a.test  Sent .*Not a directory  not restored' words
tells "... with its class" \
	'"item_error","class":"[a-z-]+","account":"ann@a.test","folder":"Sent","text":".*Not a directory","outcome":"not restored"'

# ---- trees ---------------------------------------------------------------------------------

mkdir trees
ok "trees" bk-restore latest --trees --to "$work/trees"
cat out err >said
ok "... each file is listed" test "$(grep -c "$work/etc/[a-z]* .*new" said)" -eq 2
ok "... and there" diff -r etc "trees$work/etc"
ok "... as JSON" bk-restore latest --trees --to "$work/trees" --json
cat out err >said
tells "... nothing is new" '"type":"summary".*"new":0,'

# ---- a newer set, and what was deleted -------------------------------------------------------

find "$ann/cur" -type f | sort | head -n 2 | xargs rm
find repo -type f | sort >files.before
{ printf 'Subject: large\n\n' && head -c 300000 /dev/urandom | base64; } \
	>"$ann/cur/large.x.y:2,"
[ "$(id -u)" -ne 0 ] || chown mail:mail "$ann/cur/large.x.y:2,"
ok "a newer set" faketime -f '2026-11-01 12:00:00' bk-backup mail
report "what was deleted since" "0 2 0 0" "maildir:$work/since.@/$m" latest \
	--deleted-since 2026-11-01T11:00
has since.@ 2
report "the older set" "0 $all 0 0" "maildir:$work/older.@/$m" --at 2026-11-01T11:00
has older.@ "$all"

for kind in words json; do
	cp -a "$live/mail" "heal.$kind"
	find "heal.$kind/b.test" -path '*/cur/*' -type f | sort | head -n 3 |
		xargs truncate -s 100
done
report "messages are mended" "0 3 $((all - 1 - 3)) 0" "maildir:$work/heal.@/$m" \
	latest --heal
report "... once" "0 0 $((all - 1)) 0" "maildir:$work/heal.@/$m" latest --heal

bundle=$(find repo/data -name '*.bkb' | sort | comm -13 files.before - | head -n 1)
printf '\377\377' | dd of="$bundle" bs=1 seek=4000 conv=notrunc 2>dd.err
report "a damaged bundle" "13 $((all - 2)) 0 1" "maildir:$work/lost.@/$m" latest
has lost.@ $((all - 2))
tells "... what it had is named, with its class" \
	'"item_error","class":"corrupt","account":"ann@a.test","folder":"INBOX"'

done_testing
