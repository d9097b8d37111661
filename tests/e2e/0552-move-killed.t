#!/bin/sh
# A move that is killed, cut off or interrupted, wherever it is, at either end:
# the next run ends well, nothing is lost and nothing is there twice, whatever
# became of the journal.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

# shellcheck source=tests/lib/breaks.sh
. "$top/tests/lib/breaks.sh"
makes ordinary "$(at a ann@a.test)" --messages 36

deleted() {
	rm -rf state/move-*
}

damaged() {
	for file in state/move-*/journal; do
		printf '%4000s' no | dd of="$file" bs=100 seek=3 conv=notrunc \
			2>dd.err
	done
}

# ---- killed ----------------------------------------------------------------------

then=
for n in 15 33 51; do
	breaks b kill $n
done
for n in 13 37; do
	breaks b down-kill $n
done
for n in 6 28; do
	breaks a down-kill $n
done
then=deleted
for n in 16 33; do
	breaks b down-kill $n
done
then=damaged
for n in 19 41; do
	breaks b down-kill $n
done

# ---- cut off ---------------------------------------------------------------------

then=
for n in 2500 60000; do
	breaks b cut $n
done
breaks b down-cut 5000
breaks b reset 45000
breaks b stall 40000
breaks a cut 1800
breaks a down-cut 20000
breaks a down-reset 50000
breaks a down-stall 30000

# ---- told to stop ----------------------------------------------------------------

# stops SIGNAL: as soon as something is at the destination.
stops() {
	place=$((place + 1))
	fault b slow 60000
	"$top/tests/lib/signalled.py" "$1" "$work/b/mail/a.test/n$place" \
		bk-move -q --from a --to b --account ann@a.test \
		--as "n$place@a.test" >out.broken 2>err.broken
	status=$?
	fault b none
	ok "SIG$1 ends it with $status" test $status -eq 130
	ok "... and the next run well" ends_well
}

stops TERM
stops INT

# ---- a journal of another day ------------------------------------------------------

place=$((place + 1))
ok "a pass" ends_well
dir=$(journal)
cp -r "$dir" older
does a ann@a.test "APPEND INBOX $(message '' one)" \
	'SELECT INBOX' \
	'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE
does a ann@a.test 'CREATE Later' "APPEND Later $(message '' two)"
ok "another" ends_well
rm -rf "$dir"
cp -r older "$dir"
ok "with an older journal" ends_well
ok "and once more" ends_well
cp out pass
ok "... nothing is copied" grep -q ': 0 copied' pass

done_testing
