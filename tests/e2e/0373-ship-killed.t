#!/bin/sh
# bk-ship is killed at what it asks of a server, and servers are killed under it:
# the next run ends well, and puts nothing again that had arrived.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
# shellcheck source=tests/lib/strikes.sh
. "$top/tests/lib/strikes.sh"
new_source 1 300000

# What a push counts: all but the marker.
files=$(($(find repo -type f | wc -l) - 1))

# Of what a run left at $near, and the next one does about it.
# shellcheck disable=SC2086 # $reach is words
next_run() {
	case $status in 137) ;; *) echo "status $status" && return 1 ;; esac
	there=0
	if [ "$dir" ]; then
		there=$(find "$dir/$place" -type f ! -name '*.part' \
			! -name bkrepo 2>/dev/null | wc -l)
	fi
	if [ ! "$dir" ] || [ -f "$dir/$place/bkrepo" ]; then
		bk-ship verify "$near/$place" $reach
		case $? in 0 | 3 | 14) ;; *) return 1 ;; esac
	fi
	bk-ship push "$near/$place" $reach --json >next || return
	if [ ! "$dir" ]; then
		bk-ship verify "$near/$place" $reach
		return
	fi
	is_copy "$dir/$place" &&
		grep -q '"state":"complete","sets":3,"sets_of":3,"files":'$((files - there)), next
}

# What the last one left, by another tool.
# shellcheck disable=SC2086
checked() {
	holds "$kind: all is whole" bk-check -r "$near/$place" $reach \
		--password-from "keyblock:$key" --read-data
}

before() {
	:
}
# shellcheck disable=SC2086
attempt() {
	as_victim "$server" bk-ship push "$far/$place" $reach
}

ftpes() {
	by_ftpes
	killed
	by_ftp
	killed_at MKD STOR SIZE RNFR RNTO MLSD RETR
}
https() {
	by_https
	killed
	by_http
	killed_at PROPFIND MKCOL PUT HEAD MOVE GET
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
	killed_at PUT GET
}
hand_over "${BK_TEST_FTPES_DIR%/*}" "${BK_TEST_WEBDAV_DIR%/*}"
at_a_time ftpes https sftp smb s3_killed

# ---- servers that are killed -------------------------------------------------------

# What Ceph holds here goes with it, so that it is left out.
# shellcheck disable=SC2086
server_dies() {
	bk-ship push "$near/dies" $reach -o timeout=1s --limit-up=100K \
		>out 2>err &
	mine=$!
	until find "$dir/dies" -type f 2>/dev/null | grep -q data/; do
		kill -0 $mine 2>/dev/null || break
	done
	server "$server" kill && server "$server" start
	wait $mine
	status=$?
	case $status in
	0) is_copy "$dir/dies" ;;
	3 | 14) ;;
	*) false ;;
	esac
	holds "$kind: the server is killed and comes back: $status" \
		test $? -eq 0
	holds '... the next run ends well' bk-ship push "$near/dies" $reach
	holds '... byte for byte' is_copy "$dir/dies"
}
ftpes_dies() {
	by_ftpes
	server_dies
}
https_dies() {
	by_https
	server_dies
}
sftp_dies() {
	by_sftp
	server_dies
}
smb_dies() {
	by_smb
	server_dies
}
at_a_time ftpes_dies https_dies sftp_dies smb_dies

comes_back 'after all that, from SFTP' "${BK_TEST_SFTP_URL%/*}/s/dies" \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$BK_TEST_KNOWN_HOSTS"
comes_back '... and from HTTPS' "${BK_TEST_WEBDAV_URL%/*}/s/dies" \
	-o "$secret" -o "ca=$BK_TEST_CA"
done_testing
