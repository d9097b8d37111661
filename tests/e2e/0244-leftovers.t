#!/bin/sh
# What a run that was killed left of the file it wrote: it does no harm, and is
# taken away by a later run when it is a week old.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-check

store="maildir:$work/mail/%d/%n/Maildir"
/usr/bin/python3 "$top/demo/mail.py" "$work/mail"
new_repository repo
ok "a full set" bk-backup "$store" --full

set=00112233445566778899aabbccddeeff
# left NAME AGE: a part as a killed run leaves it.
left() {
	mkdir -p "$(dirname "repo/$1")"
	printf 'torn' >"repo/$1"
	touch -d "$2" "repo/$1"
}

left data/$set/p00000000.bkp.part '8 days ago'
left sets/$set.bks.part '8 days ago'
left open/$set.00000000.bko.part '8 days ago'
left keys/$set.bkk.part '8 days ago'
left data/$set.bkb.part '6 days ago'
left notes.part '80 days ago'

ok "readers ignore it: bk-list" bk-list
ok "... bk-check" bk-check
ok "... which does not speak of it" sh -c "! grep -q part out err"
ok "... and takes nothing away" test -e repo/data/$set/p00000000.bkp.part
ok "a dry run" bk-backup "$store" -n
ok "... takes nothing away" test -e repo/data/$set/p00000000.bkp.part
ok "the next run" bk-backup "$store"
ok "... swept a pack" test ! -e repo/data/$set
ok "... a root" test ! -e repo/sets/$set.bks.part
ok "... an intent" test ! -e repo/open/$set.00000000.bko.part
ok "... a key slot" test ! -e repo/keys/$set.bkk.part
ok "... not what was written this week" test -e repo/data/$set.bkb.part
ok "... not what is none of ours" test -e repo/notes.part
rm repo/notes.part repo/data/$set.bkb.part
find repo -name '*.part' >parts
ok "... and left nothing of its own" test ! -s parts
ok "the repository is whole" bk-check --read-data

done_testing
