#!/bin/sh
# A restore with --accounts-first dies at every act on the disk in turn, or that
# act fails, or the disk is full from there on: what is said is true, and the
# next run makes all accounts whole: folders, mail, owners and subscriptions,
# those that were there with them.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore
. "$top/tests/lib/faults.sh"

new_repository repo
small_store "$work/mail"
bob=$work/mail/b.test/bob/Maildir
mkdir -p "$bob/.Later/cur" "$bob/.Later/new" "$bob/.Later/tmp"
letter "$bob/.Later/cur/1006.a.mx:2," 1006 seven
printf 'Sent\nEmpty\nINBOX\n' >"$work/mail/a.test/ann/Maildir/subscriptions"
printf 'V\t2\n\nLater\n' >"$bob/subscriptions"
[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$work/mail"
ok "a full set" bk-backup "maildir:$work/mail/%d/%n/Maildir" --full
seen mail >want.seen
restore() {
	bk-restore latest --accounts-first \
		--to "maildir:$work/back/%d/%n/Maildir"
}

# Somebody subscribed to something here before.
start_over() {
	rm -rf back
	mkdir -p back/b.test/bob/Maildir/cur
	printf 'V\t2\n\nHere\n' >back/b.test/bob/Maildir/subscriptions
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail back
}

# subscribed ACCOUNT NAME...: to these and no others.
subscribed() {
	file=back/$1/Maildir/subscriptions
	shift
	printf '%s\n' "$@" | sort >want.names
	sed '/^V/d; /^$/d' "$file" | sort | diff want.names -
}
is_whole() {
	seen back | diff want.seen - &&
		subscribed a.test/ann Empty INBOX Sent &&
		subscribed b.test/bob Here Later &&
		for folder in a.test/ann/Maildir/.Empty a.test/ann/Maildir/.Sent \
			b.test/bob/Maildir/.Later; do
			[ -d "back/$folder/tmp" ] &&
				[ -f "back/$folder/maildirfolder" ] || return
		done
	[ "$(id -u)" -ne 0 ] ||
		find back ! -user mail ! -name '*.part' | grep . && return 1
	return 0
}
again() {
	find back state -name '*.lock' -empty -delete
	find back -name '*.lock' -exec touch -d '1 hour ago' {} +
	case $how-$status in
	*-0) is_whole || return ;;
	kill-137) ;;
	io-* | full-*) says_why || cat err.fault ;;
	*) return 1 ;;
	esac
	restore && is_whole
}
# every_act HOW FIRST STEP
every_act() {
	how=$1 step=$2 by=$3
	while start_over && faulty "$step" "$how" bk-restore latest \
		--accounts-first --to "maildir:$work/back/%d/%n/Maildir"; do
		step_passes "$how at act $step ($hit)" again
		step=$((step + by))
	done
	ok "$how: there were acts" test "$step" -gt 60
	ok "$how: a run with less acts does not fail" test "$status" -eq 0
}

start_over
ok "it restores" restore
ok "... all of it" is_whole
every_act kill 1 2
every_act io 2 7
every_act full 1 11

# ---- once for an account ----------------------------------------------------------

start_over
if command -v strace >strace.path; then
	ok "it restores" strace -f -e trace=rename,renameat,renameat2 \
		-o trace bk-restore latest --accounts-first \
		--to "maildir:$work/back/%d/%n/Maildir"
	ok "subscriptions are written once for each account" test \
		"$(grep -c 'subscriptions.part' trace)" -eq 2
fi

done_testing
