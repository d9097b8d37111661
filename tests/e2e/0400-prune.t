#!/bin/sh
# Old sets go, by rules, in two steps; what stays can be restored whatever cuts
# the prune short.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship bk-prune faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
new_repository repo

# on DAY COMMAND...: at ten in the evening.
on() {
	day=$1
	shift
	faketime -f "@$day 22:00:00" "$@"
}

next_letter() {
	n=$((${n:-1010} + 1))
	letter "mail/b.test/bob/Maildir/cur/$n.a.mx:2," $n "letter $n"
	seen mail >"files.$1"
}

# back_to DAY REPO: what the set of that day has is what was there.
back_to() {
	rm -rf back
	bk-restore -r "$2" "$(echo "$1" | tr -d -)T2200" \
		--to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.back && cmp "files.$1" files.back
}

# tree FOLDER: every file, by its content.
tree() {
	(cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}

# labels REPO: of all sets that are listed.
labels() {
	bk-list -r "$1" --json | grep -o '"label":"[^"]*' | cut -d '"' -f 4 |
		paste -sd ' '
}

listed() {
	ok "listed: $2" test "$(labels "$1")" = "$2"
}

# ---- a fortnight --------------------------------------------------------------------

for day in 2026-03-07 2026-03-08 2026-03-09 2026-03-14 2026-03-15; do
	next_letter "$day"
	case $day in *07 | *14) kind=--full ;; *) kind=--differential ;; esac
	ok "$day: a set, $kind" on "$day" bk-backup "$store" "$kind" -q
done
cp -R repo untouched
cp -R state state.untouched

# afresh: repository and host as they were then.
afresh() {
	rm -rf repo state cache
	cp -R untouched repo
	cp -R state.untouched state
}
full=20260307T2200-f
kept="20260314T2200-f 20260315T2200-d"
all="$full 20260308T2200-d 20260309T2200-d $kept"

ok 'a dry run' on 2026-03-16 bk-prune -n --keep last:2
says_like 'bk-prune: repo: would be condemned: 3 sets, .*'
cp out said
ok '... says what goes' grep -q "^$full .* goes .*no rule keeps it\$" said
ok '... and what stays, and why' grep -q \
	"^20260314T2200-f .* stays .*20260315T2200-d needs it" said
listed repo "$all"
ok 'no rule: all stays' on 2026-03-16 bk-prune
says_like 'bk-prune: repo: no keep = says what may go, so every set stays; .*--keep .*'
listed repo "$all"
exits 2 'to keep nothing is not meant' bk-prune --keep last:0
ok 'a prune' on 2026-03-16 bk-prune --keep last:2
says_like 'bk-prune: repo: condemned: 3 sets, .*'
says_like 'bk-prune: repo: 3 sets are deleted by the first prune after 2026-03-17 22:00; until then: bk prune --undelete SET'
listed repo "$kept"
ok '... deletes nothing yet' test "$(find repo/sets -type f | wc -l)" -eq 5
ok '... and nobody restores what is condemned' sh -c "! bk-restore -r repo \
	20260307T2200 --to maildir:$work/none/%d/%n/Maildir"
exits 5 'undelete of what is not condemned' on 2026-03-17 bk-prune \
	--undelete 20260315T2200
ok 'undelete' on 2026-03-17 bk-prune --undelete 20260308T2200
says_like 'bk-prune: repo: 20260308T2200-d is saved and pinned; .*'
ok 'the next prune' on 2026-03-18 bk-prune --keep last:2
says_like 'bk-prune: repo: deleted: 1 sets, .*'
says_like 'bk-prune: repo: 2 sets that were condemned stay: .*'
listed repo "$full 20260308T2200-d $kept"
for day in 2026-03-07 2026-03-08 2026-03-14 2026-03-15; do
	ok "$day comes back" back_to "$day" repo
done
ok 'all of it is whole' bk-check --read-data
ok 'it is pinned' sh -c "faketime -f '@2026-03-18 22:00:00' bk-prune -n \
	--keep last:2 | grep '^20260308T2200-d .* pinned'"
ok '... until it is unpinned' bk-prune --unpin 20260308T2200
ok 'and then it goes' on 2026-03-19 bk-prune --keep last:2 --grace 0s -q
quiet
listed repo "$kept"
ok '... for good' test "$(find repo/sets -type f | wc -l)" -eq 2
ok 'nothing of it is left' test "$(find repo/data -type f | wc -l)" -eq 2
ok 'what stays is whole' bk-check --read-data
ok 'a copy made after that' bk-ship push "$work/late"
ok '... is whole, looked at alone' bk-check -r "$work/late" --read-data \
	--password-from "keyblock:$work/repo.key"
ok '... and so is one that is made from it' bk-ship pull -r "$work/bare" \
	"$work/late" --password-from "keyblock:$work/repo.key"
ok '... alone' bk-check -r "$work/bare" --password-from "keyblock:$work/repo.key"
tree "$work/late" >tree.late
ok 'another push has nothing to say there' bk-ship push "$work/late"
tree "$work/late" >tree.after
ok '... at all' cmp tree.late tree.after
root=$(find bare/sets -type f | sort | head -n 1)
exits 13 'a set that no prune took is missed' sh -c "rm $root && bk-check \
	-r $work/bare --password-from keyblock:$work/repo.key"
rm -rf late bare
ok 'JSON' sh -c "faketime -f '@2026-03-19 22:00:00' bk-prune --keep last:2 \
	--json >out && grep -q '\"type\":\"verdict\".*\"verdict\":\"stays\"' out &&
	grep -q '\"type\":\"prune\",\"at\":\"repo\",\"condemned\":0' out"

# ---- when it is not safe --------------------------------------------------------------

exits 18 'a clock behind the newest set' on 2026-03-10 bk-prune --keep last:1
says_like 'bk-prune: repo: set 20260315T2200-d .* is of the future: .*'
second="env BK_STATE_DIR=$work/second"
# shellcheck disable=SC2086 # words
ok 'another host writes a set of its own' on 2026-03-20 $second bk-backup \
	"$store" --full
ok '... which a prune here leaves alone' sh -c "faketime -f \
	'@2026-04-20 22:00:00' bk-prune --keep last:1 -n |
	grep '^20260320T2200-f .* stays '"
root=$(find repo/sets -type f | sort | sed -n 2p)
mv "$root" root.away
exits 18 'a set is missing that the other host has seen' on 2026-03-21 \
	bk-prune --keep last:1
says_like 'bk-prune: repo: set 20260315T2200.*, which 20260320T2200-f .* saw, is not here, .*--accept-missing'
ok '... and it is known' on 2026-03-21 bk-prune --keep last:1 --accept-missing
mv root.away "$root"
mv repo/bkrepo marker.away
exits 13 'no marker, no pruning' on 2026-03-21 bk-prune --keep last:1
mv marker.away repo/bkrepo
exits 5 'a host that is not there' on 2026-03-21 bk-prune --keep last:1 -n \
	--host nowhere
ok 'all hosts, if asked for' on 2026-03-21 bk-prune --keep last:1 --all-hosts -n

# ---- each target apart ------------------------------------------------------------------

afresh
cat >>"$BK_CONFIG" <<CONF
[target near]
url = file://$work/near
keep = weekly:2
[target far]
url = file://$work/far
[target gone]
url = file:///proc/nowhere
keep = last:1
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[job nightly]
store = mail
keep = last:1
ship = near far
CONF
ok 'pushed to two targets' bk-ship push
ok 'by its own rules everywhere' on 2026-03-16 bk-prune
says_like 'bk-prune: repo: nothing goes'
says_like 'bk-prune: near: condemned: 1 sets, .*'
says_like 'bk-prune: far: no keep = says what may go, so every set stays; .*'
listed near "$full 20260308T2200-d $kept"
ok 'pushed again' bk-ship push
ok '... nothing that was pruned comes back' test \
	"$(labels near | wc -w)" -eq 4
exits 3 'a target that is down leaves the others' on 2026-03-18 bk-prune \
	near gone
ok 'what stays there is whole' bk-check -r near --read-data
ok 'a pin is put everywhere' bk-prune --pin 20260315T2200
ok '... at the repository' test -n "$(ls repo/hold)"
ok '... and at the targets' test -n "$(ls near/hold far/hold)"

# ---- what is not whole stays ----------------------------------------------------------------

afresh
rm -rf near far
sed -i '/^\[target gone\]/,/^keep/d; s/^ship = near far/ship = near/' "$BK_CONFIG"
bundle=$(find repo/data -name '*.bkb' | sort | sed -n 2p)
mv "$bundle" bundle.away
exits 3 'a file that is away for a night takes no set with it' on 2026-09-01 \
	bk-prune --keep last:1 --grace 0s
says_like 'bk-prune: repo: 1 sets are not whole, and stay: 20260308T2200-d: .*; run: bk check; .*'
mv bundle.away "$bundle"
ok '... and back it goes as the rules say' on 2026-09-02 bk-prune --keep last:9
listed repo "$full 20260308T2200-d $kept"
ok '... whole' back_to 2026-03-08 repo
rm "$bundle"
exits 3 'what is lost stays too' on 2026-09-01 bk-prune --keep last:1 --grace 0s -q
says_like 'bk-prune: repo: 1 sets are not whole, .*'
ok '... but for --incomplete' on 2026-09-01 bk-prune --keep last:1 --grace 0s \
	--incomplete
listed repo "$kept"

# ---- rules of several jobs ---------------------------------------------------------------------

afresh
cat >>"$BK_CONFIG" <<CONF
[job weekly]
store = mail
keep = weekly:9
CONF
for day in 2026-03-16 2026-03-17 2026-03-24; do
	ok "$day: of that store" on $day bk-backup mail --full -q
done
ok 'a set stays if any job keeps it' sh -c "faketime -f '@2026-03-25 22:00:00' \
	bk-prune repo -n >said; cat said; test \$(grep -c ' goes ' said) -eq 1"
ok '... by its own rule' grep -q '^20260317T2200-f .* weekly 2026-W12' said
ok '... and what no job wrote has no rule' grep -q '^20260307T2200-f .* stays' said
ok '... however the place is spelt' sh -c "faketime -f '@2026-03-25 22:00:00' \
	bk-prune ./repo -n >out; test \$(grep -c ' goes ' out) -eq 1"
sed -i 's/^keep = weekly:9$/full = sun 22:00/' "$BK_CONFIG"
ok '... and one that says nothing keeps all' sh -c \
	"faketime -f '@2026-03-25 22:00:00' bk-prune repo -n >out; ! grep ' goes ' out"

# ---- undelete needs what the set stands on --------------------------------------------------------

afresh
ok 'a differential is condemned' on 2026-03-16 bk-prune --keep last:2 --grace 30d
ok 'later its full is to go' on 2026-03-17 bk-prune --keep last:1 --grace 0s
ok '... and stays, while that may come back' test -e \
	"$(find repo/sets -type f | sort | head -n 1)"
ok 'so that undelete says the truth' on 2026-03-18 bk-prune --undelete \
	20260308T2200 repo
ok '... when all is carried out' on 2026-05-01 bk-prune --keep last:2
ok '... it comes back' back_to 2026-03-08 repo

# ---- a target that was away ---------------------------------------------------------------------------

ok 'pushed, with a pin at the repository' bk-ship push near
ok '... the target keeps it, whatever its rules' on 2026-05-02 bk-prune near \
	--keep last:1 --grace 0s
ok '... and has it' back_to 2026-03-08 near
lost=$(find near/data -name '*.bkb' | sort | sed -n 2p)
rm "$lost"
ok 'what was undeleted, and is lost there, is mended' bk-ship push near --mend
ok '... it is there again' test -e "$lost"

# ---- a run under way -------------------------------------------------------------------------

afresh
printf '[repo repo]\npath = %s\npassword = keyblock:%s\n' "$work/repo" \
	"$work/repo.key" >"$BK_CONFIG"
step=0
until ls repo/open/*.bko >/dev/null 2>&1; do
	step=$((step + 1))
	faulty $step kill bk-backup "$store" --differential -q || break
done
ok 'a backup is killed, and says nothing more of what it stands on' \
	test -n "$(ls repo/open)"
next_letter today
ok 'a full set comes after it' bk-backup "$store" --full -q
ok 'a prune' bk-prune --keep last:1
cp out said
ok '... leaves that alone' grep -q \
	'^20260314T2200-f .* stays  .* pid [0-9]* stands on it$' said
ok '... and takes the rest' test "$(labels repo | wc -w)" -eq 2
ok 'two hours later it is taken for dead' faketime -f +2h bk-prune \
	--keep last:1 --grace 0s
ok 'a day later what was condemned is deleted, and cannot come back' \
	faketime -f +26h bk-prune --keep last:1 --grace 0s
ok '... so that it goes, too' faketime -f +26h bk-prune --keep last:1 --grace 0s
ok '... at last' test "$(labels repo | wc -w)" -eq 1
ok 'what stays is whole' bk-check --read-data
ok '... and comes back' sh -c "bk-restore latest --to \
	'maildir:$work/back3/%d/%n/Maildir'"

# ---- a listing that fails --------------------------------------------------------------------

# What is no folder cannot be listed, by root neither.
for folder in data open hold sets trash; do
	afresh
	mkdir -p "repo/$folder"
	mv "repo/$folder" away
	: >"repo/$folder"
	find repo away -type f | sort >files.was
	bk-prune --keep last:2 --grace 0s -q >out 2>err
	status=$?
	ok "$folder/ cannot be listed: a prune fails" test $status -ne 0
	find repo away -type f | sort >files.is
	ok '... and neither condemns nor deletes' cmp files.was files.is
	rm "repo/$folder"
	mv away "repo/$folder"
	ok '... it can, and the prune is done' bk-prune --keep last:2 --grace 0s -q
done

# ---- killed at every act -------------------------------------------------------------------

# The next run completes, and what stays is whole.
killed() {
	bk-prune --keep last:2 --grace 0s -q &&
		test "$(labels repo)" = "$kept" &&
		test "$(find repo/sets -type f | wc -l)" -eq 2 &&
		bk-check --read-data -q && back_to 2026-03-15 repo
}
step=0
while
	step=$((step + 1))
	afresh
	faulty $step kill bk-prune --keep last:2 --grace 0s -q
do
	step_passes "killed at act $step ($hit)" killed
done
ok 'there were acts' test $step -gt 10
ok 'a run with less acts does not fail' test "$status" -eq 0

done_testing
