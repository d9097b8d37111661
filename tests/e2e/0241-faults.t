#!/bin/sh
# Every act of a backup on the disk goes wrong in turn: the process dies there,
# the act fails, or from there on the disk is full.  What the repository held is
# whole, nothing is half there, a failure is told, and the next run completes.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check
. "$top/tests/lib/faults.sh"

store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
new_repository repo
ok "a full set" bk-backup "$store" --full
letter mail/b.test/bob/Maildir/cur/1006.a.mx:2, 1006 seven
mv mail/a.test/ann/Maildir/new/1002.a.mx \
	mail/a.test/ann/Maildir/cur/1002.a.mx:2,S
seen mail >files.before
mkdir kept
cp -a repo state kept/

start_over() {
	rm -rf repo state back
	cp -a kept/repo kept/state .
}

n_sets() {
	bk-list --json 2>err.list | grep -c '"type":"set"'
}

# The sets that were there, and perhaps the new one, whole in any case: what
# became of a run that ended with $status.
nothing_is_half_there() {
	sets=$(n_sets)
	echo "status $status, $sets sets"
	case $how-$status-$sets in
	kill-137-[12] | *-0-2) ;;
	io-1-[12] | full-15-1) says_why || return ;;
	*) return 1 ;;
	esac
	bk-check --read-data
}

the_next_run_completes() {
	bk-backup "$store" --differential &&
		bk-check --read-data &&
		bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.after &&
		cmp files.before files.after
}

all_is_well() {
	nothing_is_half_there && the_next_run_completes
}

for how in kill io full; do
	step=0
	while step=$((step + 1)) && start_over &&
		faulty "$step" "$how" bk-backup "$store" --differential; do
		step_passes "$how at act $step ($hit)" all_is_well
	done
	ok "$how: there were acts" test $step -gt 30
	ok "$how: a run with less acts does not fail" test "$status" -eq 0
done

start_over
faulty 1 short bk-backup "$store" --differential
ok "every write takes half of what it gets: the run completes" \
	test "$status" -eq 0
status=0 how=short
step_passes "... and is whole" all_is_well

done_testing
