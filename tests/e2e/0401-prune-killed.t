#!/bin/sh
# bk-prune is killed at what it asks of a server: what stays is whole at each moment,
# and the next run carries out the rest.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship bk-prune faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
# shellcheck source=tests/lib/strikes.sh
. "$top/tests/lib/strikes.sh"

# What goes is a full set of several files, and a bundle that stands on it.
store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
large=mail/a.test/ann/Maildir/cur/9001.a.mx:2,S
head -c 8600000 /dev/urandom >$large
new_repository repo
key=$work/repo.key
for day in 2026-03-07 2026-03-08 2026-03-14 2026-03-15; do
	case $day in *07 | *14) kind=--full ;; *) kind=--differential ;; esac
	[ $day != 2026-03-14 ] || rm $large
	n=$((${n:-1010} + 1))
	letter "mail/b.test/bob/Maildir/cur/$n.a.mx:2," $n "letter $n"
	ok "$day: a set, $kind" faketime -f "@$day 22:00:00" bk-backup "$store" \
		$kind -q
done
seen mail >files.before
kept='20260314T2200-f 20260315T2200-d'
all="20260307T2200-f 20260308T2200-d $kept"
ok 'the first one has several files' test "$(find repo/data -type f | wc -l)" -gt 6
tree repo >tree.repo
# bk TOOL URL OPTION...: at that place.
# shellcheck disable=SC2086 # $reach is words
at() {
	tool=$1 url=$2
	shift 2
	"$tool" -r "$url" $reach --password-from "keyblock:$key" "$@"
}
labels() {
	at bk-list "$near/$place" --json | grep -o '"label":"[^"]*' |
		cut -d '"' -f 4 | paste -sd ' '
}
# shellcheck disable=SC2086
before() {
	if [ "$dir" ]; then
		mkdir -p "$dir"
		cp -R "$work/repo" "$dir/$place"
		hand_over "$dir"
	else
		bk-ship push "$near/$place" $reach -q
	fi
}
# shellcheck disable=SC2086
attempt() {
	as_victim "$server" bk-prune -r "$far/$place" $reach \
		--password-from "keyblock:$key" --keep last:2 --grace 0s -q
}
# All that is listed is whole, which is what stays or everything; then what goes
# is gone.
next_run() {
	case $status in 137) ;; *) echo "status $status" && return 1 ;; esac
	listed=$(labels)
	case $listed in
	"$kept" | "$all") ;;
	*) echo "listed: $listed" && return 1 ;;
	esac
	at bk-check "$near/$place" -q &&
		at bk-prune "$near/$place" --keep last:2 --grace 0s -q &&
		test "$(labels)" = "$kept" || return
	if [ ! "$dir" ]; then
		at bk-prune "$near/$place" --keep last:2 --grace 0s --json >said &&
			grep -q '"condemned":0,.*"deleted":0,.*"waiting":0' said ||
			return
	else
		test "$(find "$dir/$place/sets" "$dir/$place/data" -type f \
			! -name '*.part' | wc -l)" -eq 4 || return
		rm -rf "${dir:?}/$place.last"
		mv "$dir/$place" "$dir/$place.last"
	fi
	last=$place${dir:+.last}
}
checked() {
	holds "$kind: all is whole" at bk-check "$near/$last" --read-data
	rm -rf back
	holds '... and is restored' at bk-restore "$near/$last" latest \
		--to "maildir:$PWD/back/%d/%n/Maildir"
	seen back >files.back
	holds '... as it was' cmp "$work/files.before" files.back
}

ftpes() {
	by_ftpes
	killed
	by_ftp
	killed_at STOR RNTO MLSD RETR DELE
}
https() {
	by_https
	killed
	by_http
	killed_at PROPFIND PUT MOVE GET DELETE
}
sftp() {
	by_sftp
	killed
}
smb() {
	by_smb
	killed
}
s3_killed() {
	by_s3
	killed
	by_s3_clear
	killed_at PUT GET DELETE
}
hand_over "${BK_TEST_FTPES_DIR%/*}" "${BK_TEST_WEBDAV_DIR%/*}"
at_a_time ftpes https sftp smb s3_killed
done_testing
