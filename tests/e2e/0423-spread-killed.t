#!/bin/sh
# A repository spread over three targets, and whoever writes to it, mends it or takes a
# key away is killed: nothing is lost, and the next run ends well.

# shellcheck disable=SC2317 # kills() calls before() and after()
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-key bk-prune
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
export BK_CONFIG="$work/bk.conf"
for place in nas offsite cloud; do
	printf '[target %s]\nurl = file://%s\n' $place "$work/$place"
done >"$BK_CONFIG"
new_repository main spread:2+1:nas,offsite,cloud
ok 'a full set' bk-backup "$store" --full
seen mail >files.full
first=$(bk-list -q | head -n 1)
for folder in nas offsite cloud state; do
	cp -R $folder $folder.full
done

# afresh: targets and host as they were then.
afresh() {
	rm -rf cache
	for folder in nas offsite cloud state; do
		rm -rf $folder
		cp -R $folder.full $folder
	done
}
# back SET FILES: it has these.
back() {
	rm -rf back
	bk-restore "$1" --to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.back && cmp "$2" files.back
}
# kills NAME COMMAND...: at act after act, until there are no more; `before` and
# `after` are functions.
kills() {
	name=$1
	shift
	step=1
	while before && faulty $step kill "$@"; do
		step_passes "$name: killed at act $step ($hit)" after
		step=$((step + step / 4 + 1))
	done
	ok "$name: there was something to kill" test $step -gt 10
	ok '... and nothing, in the end' test "$status" -eq 0
}

# ---- a set ---------------------------------------------------------------------------

letter mail/b.test/bob/Maildir/cur/1011.a.mx:2, 1011 eleven
seen mail >files.now

before() {
	afresh
}
# One target goes besides: what was reported is there all the same.
after() {
	bk-check --read-data -q
	case $? in 0 | 3) ;; *) return 1 ;; esac
	mv cloud cloud.away
	back "$first" files.full || return
	mv cloud.away cloud
	bk-backup "$store" --differential -q &&
		bk-check --repair -q && bk-check --read-data -q &&
		back latest files.now
}
kills 'a set' bk-backup "$store" --differential -q

# ---- a target that came back empty -----------------------------------------------------

afresh
ok 'a differential' bk-backup "$store" --differential -q
for folder in nas offsite cloud state; do
	rm -rf $folder.full
	cp -R $folder $folder.full
done
before() {
	afresh
	rm -rf nas
	mkdir nas
}
after() {
	back latest files.now && bk-check --repair -q &&
		diff -r nas nas.full && bk-check --read-data -q
}
kills 'an empty target is mended' bk-check --repair -q

# ---- a key --------------------------------------------------------------------------------

afresh
ok 'a key block' bk-key export "$work/other.key" --label other
for folder in nas offsite cloud state; do
	rm -rf $folder.full
	cp -R $folder $folder.full
done
before() {
	afresh
}
# It opens all of it or nothing: what is listed, and what is there.
after() {
	bk-check --repair -q || return
	listed=$(bk-key list | grep -c other)
	slots=$((2 + listed))
	for place in nas offsite cloud; do
		test "$(find $place/keys -type f | wc -l)" -eq $slots || return
	done
	bk-check -q || return
	test "$listed" -eq 0 || bk-key remove other
}
step=0
while
	step=$((step + 1))
	before
	faulty $step kill bk-key remove other
do
	step_passes "a key is removed: killed at act $step ($hit)" after
done
ok 'it was killed between the targets' test $step -gt 3
ok '... and not at all, in the end' test "$status" -eq 0
done_testing
