#!/bin/sh
# A standby that follows, and one that takes over, dies at every act on the disk
# in turn, or that act fails, or the disk is full from there on: what is said is
# true, and the next run makes it as the primary is, and takes away nothing that
# somebody else put there.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-standby
. "$top/tests/lib/faults.sh"

new_repository repo
small_store "$work/mail"
store="maildir:$work/mail/%d/%n/Maildir"
to="maildir:$work/back/%d/%n/Maildir"
ann=$work/mail/a.test/ann/Maildir
# guid FOLDER DIGIT: Dovecot's are all different.
guid() {
	sed -i "1s/ G.*/ G000000000000000000000000000000$2/" "$1/dovecot-uidlist"
}
guid "$ann" 01
guid "$ann/.Sent" 02
guid "$work/mail/b.test/bob/Maildir" 03
follow() {
	bk-standby follow --once --to "$to"
}
uids_of() {
	(
		cd "$1" || exit 1
		find . -name dovecot-uidlist -exec awk '
			FNR == 1 { validity = $2; next }
			{
				uid = $1
				sub(/^[^:]*:/, "")
				print FILENAME, validity, uid, $0
			}' /dev/null {} + | sort
	)
}

ok "a full set" bk-backup "$store" --full
ok "it follows" follow
letter back/a.test/ann/Maildir/cur/9000.mistake.mx:2, 9000 mistake
cp -a back before
cp -a state state.before

# A day: new mail, flags, some deleted, one moved, a folder renamed, one made, one
# gone.
letter "$ann/cur/4000.a.mx:2,F" 4000 seven
mv "$ann/cur/1000.a.mx:2,S" "$ann/cur/1000.a.mx:2,FSb"
mv "$ann/new/1002.a.mx" "$ann/.Empty/cur/4001.a.mx:2,"
mv "$ann/.Sent" "$ann/.Post"
echo Post >"$ann/subscriptions"
rm "$ann/.Post/cur/1003.a.mx:2,S"
mkdir -p "$ann/.New/cur" "$ann/.New/new" "$ann/.New/tmp"
letter "$ann/.New/cur/4002.a.mx:2,S" 4002 eight
uids "$ann" 11
uids "$ann/.New" 14
uids "$ann/.Post" 12
guid "$ann" 01
guid "$ann/.Post" 02
guid "$ann/.New" 04
sed -i '/1001.a.mx/s/^[0-9]*/8/; /4000.a.mx/s/^[0-9]*/90/; /1000.a.mx/s/^[0-9]*/5/' \
	"$ann/dovecot-uidlist"
ok "a differential" bk-backup "$store" --differential --accept-shrink
seen mail >want.seen
uids_of mail >want.uids

# is_right: all as the primary's, and the stranger.
is_right() {
	case $verb in
	follow)
		[ -e back/a.test/ann/Maildir/cur/9000.mistake.mx:2, ] ||
			return
		;;
	esac
	seen back | grep -v 9000.mistake >now.seen
	diff want.seen now.seen || return
	uids_of back | sed 's/ 9000.*//' >now.uids
	diff want.uids now.uids
}
promote() {
	bk-standby promote --fenced-primary --to "$to"
}
again() {
	find back state -name '*.lock' -empty -delete
	find back -name '*.lock' -exec touch -d '1 hour ago' {} +
	case $how-$status in
	kill-137 | *-0) ;;
	io-* | full-*) says_why || cat err.fault ;;
	*) return 1 ;;
	esac
	"$verb" && is_right
}
start_over() {
	rm -rf back state
	[ "$verb" = promote ] || {
		cp -a before back
		cp -a state.before state
	}
}
# every_act HOW FIRST STEP COMMAND...
every_act() {
	how=$1 step=$2 by=$3
	shift 3
	while start_over && faulty "$step" "$how" "$@"; do
		step_passes "$how at act $step ($hit)" again
		step=$((step + by))
	done
	ok "$how: there were acts" test "$step" -gt 30
	ok "$how: a run with less acts does not fail" test "$status" -eq 0
}

verb=follow
start_over
ok "it follows" follow
cp err told
ok "... and is right" is_right
ok "... and the folder was renamed" grep -q 'renamed 1, gone 0' told
every_act kill 1 2 bk-standby follow --once --to "$to"
every_act io 1 9 bk-standby follow --once --to "$to"
every_act full 1 11 bk-standby follow --once --to "$to"

# ---- a newer set comes before a run that was cut off is run again ------------------

start_over
ok "one is cut off" faulty 25 kill bk-standby follow --once --to "$to"
rm "$ann/.New/cur/4002.a.mx:2,S" "$ann/cur/4000.a.mx:2,F"
sed -i '/4000.a.mx/d' "$ann/dovecot-uidlist"
sed -i '/4002.a.mx/d' "$ann/.New/dovecot-uidlist"
ok "a newer set" bk-backup "$store" --differential --accept-shrink
seen mail >want.seen
uids_of mail >want.uids
find back -name '*.lock' -exec touch -d '1 hour ago' {} +
ok "it follows" follow
ok "... and what the first one brought is gone" is_right

# ---- a bare host takes over -------------------------------------------------------

verb=promote
every_act kill 1 5 bk-standby promote --fenced-primary --to "$to"

done_testing
