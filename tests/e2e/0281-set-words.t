#!/bin/sh
# Sets of one minute: the words that bk list shows choose one set each, in the
# column of sets and in that of bases.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-check bk-list

store="maildir:$work/mail/%d/%n/Maildir"
python3 -B "$top/demo/mail.py" mail
new_repository repo
ok "a full set" bk-backup "$store" --full
for n in 1 2 3; do
	ok "incremental $n" bk-backup "$store" --incremental
done
bk-list -q >ids
bk-list | awk 'NR > 1 { print $1 }' >words
# shellcheck disable=SC2016
ok "each set has a word of its own" sh -c \
	'cat words; test "$(sort -u words | wc -l)" -eq 4'
paste -d " " words ids >pairs
while read -r word id; do
	ok "$word is a set to bk-list" bk-list "$word"
	ok "... and to bk-check" bk-check "$word"
	ok "... the right one" sh -c "bk-check --json '$word' | tail -n 2 &&
		bk-list --json | grep '\"$word\"' | grep '$id'"
done <pairs
bk-list | awk 'NR > 2 { print $5 }' >bases
head -n 3 words >wanted
bk-list >listed
# shellcheck disable=SC2016
ok "bases are shown by the same words" sh -c '
	cat listed; while read -r word; do
		tail -n +3 listed | grep -c -e " $word " || exit 1
	done <wanted'

done_testing
