#!/bin/sh
# A file of the repository is missing, cut, or has a flipped byte: it is always
# found, nothing crashes, and no wrong mail is ever restored.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-check bk-restore
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 80
new_repository repo
ok "a full set" bk-backup "$store" --full
"$top/tests/lib/make_maildir.py" plain "$work/more" "$corpus" 40
mv more/a.test/ann mail/a.test/anna
ok "a differential" bk-backup "$store" --differential
ok "all of it is whole" bk-check --read-data
files contents "$work/mail" >contents.before
mv repo whole

# restored_right STATUS: what was restored is right, and all of it if STATUS is
# 0; nothing is a fragment of a message.  3: a set is missed.
restored_right() {
	files contents "$work/back" >contents.back
	case $1 in
	0) cmp contents.before contents.back ;;
	3 | 10 | 12 | 13) test -z "$(comm -13 contents.before contents.back)" ;;
	*) echo "status $1"; cat err.restore; false ;;
	esac
}

sample=0
while [ $sample -lt 50 ]; do
	rm -rf repo back
	mkdir back
	cp -a whole repo
	how=$("$top/tests/lib/damage.py" repo $sample)
	case $how in
	keys/*removed)
		# Without one of its passwords a repository looks like one that
		# never had it.
		found='0|12|13'
		;;
	*) found=13 ;;
	esac
	bk-check --read-data >out.check 2>err.check
	status=$?
	ok "$how: found (status $status)" sh -c "echo $status | grep -xE '$found' ||
		{ cat '$work/out.check' '$work/err.check'; false; }"
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" \
		>out.restore 2>err.restore
	status=$?
	ok "... and no wrong mail is restored (status $status)" \
		restored_right $status
	sample=$((sample + 1))
done

# What is lost is named, one message or a folder; the rest is there, and the
# status says that it is the repository's fault, whatever else went wrong.
rm -rf repo back
cp -a whole repo
bundle=$(find repo/data -name '*.bkb' | sort | head -n 1)
printf '\377\377' | dd of="$bundle" bs=1 seek=4000 conv=notrunc 2>dd.err
exits 13 "mail in a damaged block is not restored" bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
says_like '.*block [0-9]+.*not restored.*'
files contents "$work/back" >contents.back
# shellcheck disable=SC2016
ok "... and all others are there, none of them wrong" sh -c '
	comm -13 contents.before contents.back >wrong
	comm -23 contents.before contents.back >lost
	wc -l wrong lost
	test ! -s wrong && test -s lost &&
	test "$(wc -l <lost)" -lt "$(wc -l <contents.before)"'
rm -rf back
mkdir -p back/a.test/anna
echo >back/a.test/anna/Maildir
exits 13 "a destination in the way besides is the smaller evil" \
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
rm -rf repo back
cp -a whole repo
mkdir -p back/a.test/anna
echo >back/a.test/anna/Maildir
exits 3 "alone, it leaves the restore incomplete" \
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
says_like '.*anna.*not restored.*'

done_testing
