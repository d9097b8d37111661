#!/bin/sh
# Backups of a store whose messages are renamed a thousand times a second: flags
# change and messages move between folders, as other servers do it and as Dovecot
# does.  Every set has every message, and there is no warning.
# Runs alone: somebody must come to a thousand renames a second beside it.

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

# busy RUNS NAMES: RUNS backups while messages move under the same NAMES or under
# new ones; each has all contents, and all base names where those stay.
busy() {
	rm -f stop
	"$top/tests/lib/restless.py" "$work/mail" "$work/stop" 1000 "$2" >made &
	restless=$!
	kind=--full
	for run in $(seq "$1"); do
		ok "$2, run $run: $kind" bk-backup "$store" $kind
		quiet
		rm -rf back
		ok "... is restored" bk-restore latest \
			--to "maildir:$work/back/%d/%n/Maildir"
		files contents back >contents.back
		ok "... with every byte" cmp contents.before contents.back
		if [ "$2" = same-names ]; then
			bases back >bases.back
			ok "... and every message" cmp bases.before bases.back
		fi
		echo "# $(($(files list back | wc -l) - 1500)) doubled"
		kind=--differential
		[ $((run % 7)) -ne 0 ] || kind=--full
	done
	touch stop
	wait $restless
	read -r renames seconds <made
	echo "# $renames renames in $seconds s"
	ok "the store was as busy as it should be" \
		test "$renames" -ge $((seconds * 900))
}

busy 20 same-names
busy 20 new-names

ok "the repository is whole" bk-check --read-data

done_testing
