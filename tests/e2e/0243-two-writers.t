#!/bin/sh
# Two stores are backed up into one repository at the same time, while somebody
# lists, checks and restores: neither is in the way of the other.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check
need_corpus

new_repository repo
for side in left right; do
	"$top/tests/lib/make_maildir.py" plain "$work/$side" "$corpus" 1000
	cat >>"$BK_CONFIG" <<-CONF
	[store $side]
	type = maildir
	path = $work/$side/%d/%n/Maildir
	CONF
done
# The same mail in part, and some that only one of them has.
find right -name '*7.M*' -type f -delete
"$top/tests/lib/make_maildir.py" plain "$work/more" "$corpus" 300
mv more/a.test/ann left/a.test/anna

running() {
	kill -0 "$1" 2>gone || kill -0 "$2" 2>gone
}

# whole OPTION: so says bk-check, or that there is no set yet.
whole() {
	bk-check
	status=$?
	[ $status -eq 0 ] || [ "$status $1" = '5 --full' ]
}

# both OPTION: a run of each store at the same time; others read meanwhile.
both() {
	bk-backup left "$1" >left.out 2>left.err &
	one=$!
	bk-backup right "$1" >right.out 2>right.err &
	other=$!
	looks=0 wrong=0
	while running $one $other; do
		if bk-list >look.out 2>&1 && whole "$1" >>look.out 2>&1; then
			looks=$((looks + 1))
		else
			wrong=$((wrong + 1))
			cp look.out wrong.out
		fi
	done
	wait $one
	ok "$1: left completes: $(cat left.err)" test $? -eq 0
	wait $other
	ok "$1: right completes: $(cat right.err)" test $? -eq 0
	ok "$1: nothing was wrong meanwhile, in $looks lists and checks" \
		test $wrong -eq 0
	[ $wrong -eq 0 ] || sed 's/^/# /' wrong.out
}

restored() {
	for side in left right; do
		rm -rf back
		ok "$side is restored" bk-restore latest --store $side \
			--to "maildir:$work/back/%d/%n/Maildir"
		files list $side >files.before
		files list back >files.after
		ok "... as it was" cmp files.before files.after
	done
}

both --full
ok "all data is whole" bk-check --read-data
restored
for n in 1 2 3; do
	find left -name "*$n.M*" -type f -delete
	for file in right/*/*/Maildir/cur/*"$n"_0.*':2,'; do
		[ ! -f "$file" ] || mv "$file" "${file}S"
	done
	both --differential
done
ok "all data is whole" bk-check --read-data
restored
ok "the sets" bk-list
ok "there are eight" test "$(grep -c '^[0-9]' out)" -eq 8

done_testing
