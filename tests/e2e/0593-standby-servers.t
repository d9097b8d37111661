#!/bin/sh
# A standby follows through servers: sets go from the primary to FTP and SMB, and
# from there to it, only those that it needs; a set that disappears at the target
# is no loss here.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-ship bk-standby
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

need_samba
need_proftpd
new_repository repo
small_store "$work/mail"
store="maildir:$work/mail/%d/%n/Maildir"
ann=$work/mail/a.test/ann/Maildir

# by NAME URL KEY=VALUE...: a target, and a standby of its own that follows it.
by() {
	where=$1
	printf '[target %s]\nurl = %s\n' "$1" "$2" >>"$BK_CONFIG"
	shift 2
	printf '%s\n' "password = file:$BK_TEST_PASSWORD_FILE" "$@" >>"$BK_CONFIG"
	printf '[repo of-%s]\npath = %s\npassword = keyblock:%s\n' \
		"$where" "$work/of-$where" "$work/repo.key" >>"$BK_CONFIG"
}
# follows NAME
follows() {
	BK_STATE_DIR=$work/state-$1 bk-standby follow --once -r "of-$1" \
		--from "$1" --to "maildir:$work/back-$1/%d/%n/Maildir"
}
# as_primary NAME
as_primary() {
	seen mail >seen.mail
	seen "back-$1" >seen.back
	diff seen.mail seen.back
}
sets_of() {
	find "$work/of-$1/sets" -type f | wc -l
}

by ftp "$BK_TEST_FTPES_URL" "ca = $BK_TEST_CA"
by smb "$BK_TEST_SMB_URL"
ok "a full set" bk-backup "$store" --full
letter "$ann/cur/4000.a.mx:2,F" 4000 seven
ok "a differential" bk-backup "$store" --differential
for place in ftp smb; do
	ok "$place: it has them" bk-ship push -r repo "$place"
	ok "$place: a standby follows" follows $place
	ok "$place: ... and is as the primary" as_primary $place
done
rm "$ann/cur/4000.a.mx:2,F"
letter "$ann/.Sent/cur/4001.a.mx:2,S" 4001 eight
ok "a second differential" bk-backup "$store" --differential
letter "$ann/.Sent/cur/4002.a.mx:2," 4002 nine
ok "a third" bk-backup "$store" --differential
for place in ftp smb; do
	ok "$place: it has them" bk-ship push -r repo "$place"
	ok "$place: a standby follows" follows $place
	ok "$place: ... and is as the primary" as_primary $place
	ok "$place: ... without the set in between" test "$(sets_of $place)" -eq 3
done

# ---- the set that was applied is no longer anywhere -----------------------------------

ok "another chain" bk-backup "$store" --full
rm "$ann/.Sent/cur/4002.a.mx:2,"
ok "a differential of it" bk-backup "$store" --differential
for place in ftp smb; do
	rm -rf "$work/of-$place"
	ok "$place: it has them" bk-ship push -r repo "$place"
	exits 3 "$place: a standby that lost its repository follows" follows $place
	says_like ".*was here and is not any more.*"
	ok "$place: ... and is as the primary" as_primary $place
done

done_testing
