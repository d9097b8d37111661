#!/bin/sh
# Backups of a store whose messages are renamed a thousand times a second: flags
# change and messages move between folders.  Every set has every message, and
# there is no warning.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore bk-check
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 1500
files contents "$work/mail" >contents.before
bases() {
	files list "$1" | cut -f2 | sort -u
}
bases "$work/mail" >bases.before

new_repository repo

"$top/tests/lib/restless.py" "$work/mail" "$work/stop" >made &
restless=$!

kind=--full
for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ok "run $run: $kind" bk-backup "$store" $kind
	quiet
	rm -rf back
	ok "... is restored" bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
	bases back >bases.back
	ok "... with every message" cmp bases.before bases.back
	files contents back >contents.back
	ok "... and every byte" cmp contents.before contents.back
	kind=--differential
	[ $((run % 7)) -ne 0 ] || kind=--full
done

touch stop
wait $restless
read -r renames seconds <made
echo "# $renames renames in $seconds s"
ok "the store was as busy as it should be" \
	test "$renames" -ge $((seconds * 900))
ok "the repository is whole" bk-check --read-data

done_testing
