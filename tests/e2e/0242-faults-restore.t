#!/bin/sh
# Every act of a restore on the disk goes wrong in turn: the process dies there,
# the act fails, or from there on the disk is full.  A failure is told, no
# message is there in part, and running it again gives everything once; no UID
# that the source gave out ever names other mail.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore bk-check
. "$top/tests/lib/faults.sh"

small_store "$work/mail"
new_repository repo
ok "a full set" bk-backup "maildir:$work/mail/%d/%n/Maildir" --full
export to="maildir:$work/back/%d/%n/Maildir"

# uids_of ROOT: for each message UIDVALIDITY and UID, then the file.
uids_of() {
	(
		cd "$1" || exit 1
		find . -name dovecot-uidlist -exec awk '
			FNR == 1 { validity = $2; next }
			{
				uid = $1
				sub(/^[^:]*:/, "")
				print FILENAME, validity, uid, $0
			}' /dev/null {} +
	)
}

# No UID under the source's UIDVALIDITY names another message than there.
no_uid_lies() {
	awk '{ key = $1 " " $2 " " $3 }
		NR == FNR { file[key] = $4; next }
		key in file && file[key] != $4 { print; bad = 1 }
		END { exit bad }' uids.source uids.back
}

# Later: what a dead process locked is stale; after two minutes even a lock that
# does not say whose it is.
time_passes() {
	find back -name '*.lock' -empty -delete
	find back -name '*.lock' -exec touch -d '1 hour ago' {} +
}

# What became of a restore that ended with $status.
it_is_told() {
	echo "status $status"
	case $how-$status in
	kill-137) ;;
	*-0) cmp_with files.want ;;
	io-[13] | full-3 | full-15) says_why ;;
	*) return 1 ;;
	esac
}

cmp_with() {
	seen back >files.now
	cmp "$1" files.now
}

# Each message in cur and new is one of those that shall be there.
nothing_is_there_in_part() {
	[ -d back ] || return 0
	seen back | sort -u - files.start >files.some
	sort -u files.want files.start | comm -13 - files.some >files.odd
	cat files.odd
	[ ! -s files.odd ]
}

running_it_again_completes() {
	time_passes
	bk-restore latest --to "$to" &&
		cmp_with files.want &&
		uids_of back >uids.back &&
		no_uid_lies
}

all_is_well() {
	it_is_told && nothing_is_there_in_part && running_it_again_completes
}

# every_act HOW STEP NAME: restores where every STEPth act goes wrong.
every_act() {
	how=$1
	step=1
	while start_over && faulty "$step" "$how" bk-restore latest --to "$to"; do
		step_passes "$3: $how at act $step ($hit)" all_is_well
		step=$((step + $2))
	done
	ok "$3: $how: there were acts" test $step -gt 40
	ok "$3: $how: a run with less acts does not fail" test "$status" -eq 0
}

(cd mail && uids_of .) >uids.source
ok "the source has UIDs" test "$(wc -l <uids.source)" -eq 6

start_over() {
	rm -rf back
}
: >files.start
seen mail >files.want
every_act kill 1 "an empty place"
every_act io 4 "an empty place"
every_act full 4 "an empty place"

# The mailbox is in use: mail was expunged, changed and delivered.
cp -a mail live
rm live/a.test/ann/Maildir/cur/1000.a.mx:2,S
rm live/a.test/ann/Maildir/.Sent/cur/1004.a.mx:2,RSab
rm -r live/b.test
letter live/a.test/ann/Maildir/new/2000.a.mx 2000 newer
start_over() {
	rm -rf back
	cp -a live back
}
seen live >files.start
start_over
ok "a restore into a mailbox in use" bk-restore latest --to "$to"
seen back >files.want
ok "... brings what is missing" test "$(wc -l <files.want)" -eq 14
every_act kill 1 "a mailbox in use"
every_act io 4 "a mailbox in use"
every_act full 4 "a mailbox in use"

done_testing
