#!/bin/sh
# A host that lacks what a run needs: a folder for temporary files, descriptors,
# a clock, a place for the report.  None of it is the mail's fault, and no mail
# may be left out because of it.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check faketime
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
back="maildir:$work/back/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 30
ann=mail/a.test/ann/Maildir
{
	printf 'Subject: large\n\n'
	head -c 6000000 /dev/zero | tr '\0' x
} >"$ann/cur/1.large.x:2,S"
new_repository repo

no_set() {
	bk-list --json >list
	! grep -q '"type":"set"' list
}

few() {
	# shellcheck disable=SC3045 # the shells that we meet have it
	(ulimit -n "$1" && shift && exec "$@")
}

# ---- no folder for what does not fit in memory ---------------------------------

for dir in /nonexist /etc/passwd; do
	TMPDIR=$dir exits 1 "spooling to $dir" bk-backup "$store" --full
	says_like "bk-backup: spool in $dir: .*; set TMPDIR to a folder with room"
	ok "... makes no set" no_set
done

# ---- too few descriptors -------------------------------------------------------

for n in 5 6 7 8 9 10 11 12; do
	few $n bk-backup "$store" --full >out 2>err
	status=$?
	cp err few.err
	[ $status -ne 0 ] || break
	ok "with $n descriptors there is no set" no_set
	ok "... but status 1" [ $status -eq 1 ]
	ok "... and the cause" grep -q \
		'^bk-backup: .*Too many open files; raise ulimit -n$' few.err
done

ok "a host that lacks nothing" bk-backup "$store" --full
ok "... and a restore" bk-restore latest --to "$back"
touch -d 2001-01-01 back/a.test/ann/Maildir/cur/1.large.x*
TMPDIR=/nonexist exits 1 "what is there cannot be compared" \
	bk-restore latest --to "$back" --merge
says_like "bk-restore: .*spool in /nonexist: .*; set TMPDIR to a folder with room"

done_testing
