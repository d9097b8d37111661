#!/bin/sh
# What a restore finds in the destination: other people's mail, other bytes of
# the same name, messages that share a name.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore

new_repository repo

# ---- two accounts, one place ----------------------------------------------------

for domain in a b; do
	mkdir -p "two/$domain.t/info/Maildir/cur" "two/$domain.t/info/Maildir/new"
	for n in 1 2 3; do
		echo "$domain $n" >"two/$domain.t/info/Maildir/cur/$domain$n:2,S"
	done
done
ok "a set of two accounts" bk-backup "maildir:$work/two/%d/%n/Maildir"
for how in "" -n --replace; do
	# shellcheck disable=SC2086 # a word or none
	exits 2 "two accounts in one place are refused $how" bk-restore latest \
		$how -j1 --to "maildir:$work/mixed/%n/Maildir"
	says "bk-restore: info@a.t and info@b.t would both be written to $work/mixed/info/Maildir: give a path with %d and %n in it, or choose one by --account. Nothing changed."
done
ok "... and nothing is made" test ! -e mixed
mkdir -p linked/a.t/info
ln -s a.t linked/b.t
exits 2 "two links to one place are, too" bk-restore latest \
	--to "maildir:$work/linked/%d/%n/Maildir"
ok "... and nothing is made there" test ! -e linked/a.t/info/Maildir
ok "one of them is restored" bk-restore latest --account info@a.t \
	--to "maildir:$work/mixed/%n/Maildir"

done_testing
