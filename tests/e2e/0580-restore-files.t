#!/bin/sh
# Mail restored as files of their own, into a tree, a tar and a zip, and looked
# at by other programs: every byte and date, once, under names that any file
# system takes; nothing half done is left of a restore that fails.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore bk-move tar unzip ldd
need_corpus

# summary REGEX: of the restore before, as --json gave it.
summary() {
	grep '"type":"summary"' "$work/told" | grep -q "$1"
}

# told NAME COMMAND...: ok, and what it printed is kept.
told() {
	ok "$@" --json
	cp out told
}

loose() {
	"$top/tests/lib/loose_mail.py" "$@"
}

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 200
new_repository repo
ok "a full set" bk-backup "$store" --full
loose list mail >want

# ---- what other programs see ------------------------------------------------------

for to in eml:tree tar:all.tar zip:all.zip; do
	ok "to ${to%%:*}" bk-restore latest --to "${to%%:*}:$work/${to#*:}"
	loose list "${to#*:}" >got
	ok "... each message once, with its folder, date and bytes" cmp want got
done
ok "tar reads it" tar -tf all.tar
ok "unzip finds no error" unzip -tq all.zip
ok "the flags are in the names" \
	test "$(find tree -name '*,*S*.eml' | wc -l)" -eq \
	"$(find mail -path '*/cur/*:2,*S*' | wc -l)"
ok "nobody else may read them" test -z "$(find tree all.* -perm /077)"

# Ten libraries come with the one that writes archives: 2 MiB of who does not.
# shellcheck disable=SC2016 # the inner shell's
ok "bk-move comes without it" \
	sh -c 'ldd "$(command -v bk-move)" >libs && ! grep -q libarchive libs'
exits 2 "it writes none: a move is made again and again" bk-move \
	--from "$store" --to "zip:$work/moved.zip" --account ann@a.test
says "bk-move: --to zip:$work/moved.zip: an archive is written at once, and a move comes back for what is new; bk restore writes archives"

# ---- again ------------------------------------------------------------------------

find mail -path '*ann*/cur/*' -type f | sort | head -n 1 | xargs rm
printf 'Subject: late\n\nnew\n' >mail/a.test/ann/Maildir/cur/late.x.y:2,S
ok "a later set" bk-backup "$store"
told "... brings a tree what is new" bk-restore latest --to "eml:$work/tree"
ok "... alone" summary '"new":1,"kept":199'
ok "... and that is 201 files" \
	test "$(find tree -type f | wc -l)" -eq 201
exits 2 "an archive is not written over" \
	bk-restore latest --to "tar:$work/all.tar"
says "bk-restore: $work/all.tar is there already, and an archive is written at once: give a new name. Nothing changed."
exits 3 "one that is not whole" bk-restore latest --message late.x.y \
	--message nowhere --to "tar:$work/some.tar"
cp out said
ok "... says what helps" grep -qxF \
	"NEXT  mend what is named above, then give a new name, or take $work/some.tar away, and restore again" said
exits 3 "... a tree is added to" bk-restore latest --message late.x.y \
	--message nowhere --to "eml:$work/some"
cp out said
ok "... and says so" grep -qxF \
	"NEXT  mend what is named above, then restore again: what is there is not restored twice" said
exits 2 "and nothing is taken away" \
	bk-restore latest --to "eml:$work/tree" --replace
says "bk-restore: --replace: eml:$work/tree can only be added to. Nothing changed."
exits 2 "it is no store to back up" bk-backup "eml:$work/tree"
ok "a part, under another name" bk-restore latest --account ann@a.test \
	--folder Sent --as eve@c.test --into Old --to "zip:$work/part.zip"
loose list part.zip | cut -f 1,2 | sort -u >got
printf 'eve@c.test\tOld/Sent\n' >want
ok "... is there alone" cmp want got

# ---- names ------------------------------------------------------------------------

odd=$work/odd/a.test/ann/Maildir
# "...", a '/' in no form, capitals, devices, blanks, composed and not.
for folder in '' .Work .work .WORK .CON .aux.h '.a:b' '.a?b' '.a_b' '.a b ' \
	'.end&AC4-' .x.eml '.&ANw-ber' '.&ANw-BER' '.u&Awg-ber' '.&IC4-gpj' \
	".$(printf 'y%.0s' $(seq 200))" ".$(printf 'y%.0s' $(seq 201))" \
	'.-rf' '.~' '.a~0123abcd'; do
	mkdir -p "$odd/$folder/cur" "$odd/$folder/new" "$odd/$folder/tmp"
	printf 'Subject: in %s\n\nx\n' "$folder" >"$odd/$folder/cur/1.x.y:2,"
done
printf 'Subject: two\n\nx\n' >"$odd/cur/2.x.y:2,"
store="maildir:$work/odd/%d/%n/Maildir"
ok "folders of odd names" bk-backup "$store" --full
for to in eml:odd.d tar:odd.tar zip:odd.zip; do
	ok "... to ${to%%:*}" bk-restore latest --store "$store" \
		--to "${to%%:*}:$work/${to#*:}"
	ok "... have names for everybody" loose names "${to#*:}"
	cp out names.now
	ok "... without a fault" test -z "$(grep ': ' names.now)"
	sort names.now >"names.${to%%:*}"
	loose contents odd >want
	loose contents "${to#*:}" >got
	ok "... and all their mail" cmp want got
done
grep 'eml$' names.eml >want
grep 'eml$' names.tar >got
ok "the same names each time" cmp want got
told "a second run" bk-restore latest --store "$store" --to "eml:$work/odd.d"
ok "... knows all of it" summary '"new":0,"kept":22'

told "one of them alone" bk-restore latest --store "$store" --folder work \
	--to "eml:$work/odd.d"
ok "... is where it was" summary '"new":0,"kept":1,'
ok "... into an empty place" bk-restore latest --store "$store" \
	--folder work --folder WORK --to "eml:$work/few.d"
(cd odd.d && find . -type f) >want
(cd few.d && find . -type f) >got
ok "... has the same names" test "$(grep -cxFf got want)" -eq 2

# ---- a full disk, a read-only place -------------------------------------------------

head -c 3000000 /dev/urandom | base64 -w 76 >odd/big
for n in 3 4 5 6; do
	{ printf 'Subject: %s\n\n' "$n" && cat odd/big; } >"$odd/cur/$n.x.y:2,"
done
rm odd/big
ok "large messages" bk-backup "$store"
mkdir small
if mount -t tmpfs -o size=6m tmpfs small 2>/dev/null; then
	trap 'umount -l "$work/small"; stop_servers; rm -rf "$work"' EXIT
	for to in tar zip; do
		exits 15 "a full disk: $to" bk-restore latest --store "$store" \
			--to "$to:$work/small/x.$to"
		says_like "bk-restore: $work/small/x.$to: .*No space left.*Make room there, then restore again: nothing of it is left."
		ok "... and nothing is left of it" \
			test -z "$(find small -type f)"
	done
	exits 15 "a full disk: eml" bk-restore latest --store "$store" \
		--to "eml:$work/small"
	ok "... what is there is whole" \
		test -z "$(find small -name '*.part')"
	loose contents small >got
	loose contents odd >want
	ok "... every file of it" test -z "$(comm -13 want got)"
	mount -o remount,size=60m small
	ok "with more room" bk-restore latest --store "$store" \
		--to "eml:$work/small"
	loose contents small >got
	ok "... the rest comes" cmp want got
	mount -o remount,ro small
	for to in eml:small tar:small/x.tar zip:small/x.zip \
		maildir:small/%n; do
		exits 14 "a read-only place: ${to%%:*}" bk-restore latest \
			--store "$store" --to "${to%%:*}:$work/${to#*:}"
		says_like "bk-restore: .*Read-only file system.*"
	done
fi

done_testing
