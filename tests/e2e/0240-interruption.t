#!/bin/sh
# A backup is interrupted at any moment: the repository shows what it showed
# before and is whole, and the next run completes.
# Runs alone: how long a run takes is measured, to stop the next ones within.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 300
new_repository repo
ok "a full set of a small store" bk-backup "$store" --full
ok "the sets are listed" bk-list
cp out sets.before

# Much more mail, so that there is something to interrupt.
"$top/tests/lib/make_maildir.py" plain "$work/more" "$corpus" 6000
mv more/a.test/ann mail/a.test/anna
mv more/b.test/bob mail/b.test/bobby
files list mail >files.before

# How long does a run take here?
new_repository unhurt
began=$(date +%s%N)
ok "a run that nobody interrupts" bk-backup "$store" --full
export BK_REPO=repo
run_ms=$((($(date +%s%N) - began) / 1000000))
echo "# $run_ms ms"

# interrupted SIGNAL N: stops a full set after N eighths of that time.
interrupted() {
	ms=$((run_ms * $2 / 8))
	timeout --foreground --preserve-status -s "$1" \
		"$((ms / 1000)).$(printf %03d $((ms % 1000)))" \
		bk-backup "$store" --full >out.run 2>err.run
	status=$?
	case $1-$status in
	INT-130 | TERM-130 | KILL-137)
		stopped=$((stopped + 1))
		;;
	*-0)
		bk-list >sets.before
		;;
	*)
		ok "$1 after $ms ms must not end with $status: $(cat err.run)" false
		;;
	esac
	ok "$1 after $ms ms (status $status): the sets can be listed" bk-list
	cp out sets
	ok "... and are the same" same_or_one_more
}

# A run that was killed between its root and its report has made its set.
same_or_one_more() {
	cmp -s sets.before sets && return
	[ "$status" = 137 ] &&
		[ "$(wc -l <sets)" = $(($(wc -l <sets.before) + 1)) ] &&
		bk-check latest && cp sets sets.before
}

for signal in INT TERM KILL; do
	stopped=0
	for eighths in 1 2 3 4 5 6 7; do
		interrupted $signal $eighths
	done
	ok "SIG$signal met a running backup ($stopped of 7 times)" \
		test $stopped -ge 4
	ok "the repository is whole" bk-check
done

ok "the next run completes" bk-backup "$store" --full
ok "all data is whole" bk-check --read-data
ok "the set is restored" bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
files list back >files.after
ok "... as it was" cmp files.before files.after

done_testing
