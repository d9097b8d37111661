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
new_source 1 300000

for name in proftpd nginx sshd samba rgw; do
	"need_$name"
	need_faultproxy $name
done
secret=password=file:$BK_TEST_PASSWORD_FILE
s3() {
	echo "$1" | sed "s,://,://$BK_TEST_S3_KEY@,"
}
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

# strikes WHAT [WORD]: at more and more, until nothing is left to strike.
# shellcheck disable=SC2086
strikes() {
	at=$first
	while [ "$at" -lt 1000 ]; do
		place=$1${2:+-$2}-$at
		fault "$server" "$1" $at 1 ${2:+"$2"}
		as_victim "$server" bk-ship push "$far/$place" $reach >out 2>err
		status=$?
		fault_struck "$server" || break
		fault "$server" none
		holds "$kind: $1${2:+ of $2} at $at" next_run
		at=$((at + at / 2 + 1))
	done
	fault "$server" none
}

# Before what is asked for the Nth time arrives, and before its answer does.
killed() {
	for what in kill down-kill; do
		strikes $what
		holds "$kind: $what: there was something to kill at" \
			test "$at" -gt 20
		holds '... and nothing, in the end' test "$status" -eq 0
	done
	checked
}

# killed_at WORD...: where the words can be read, before the Nth of each kind.
killed_at() {
	for word; do
		strikes kill "$word"
		holds "$kind: there was a $word" test "$at" -gt 0
	done
	checked
}

# place URL: $near and $far.
place() {
	near=$1
	far=$(through_proxy "$1")
}
ftpes() {
	kind=FTPES server=proftpd dir=${BK_TEST_FTPES_DIR%/*}/es first=0
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_FTPES_URL%/*}/es"
	killed
	kind=FTP dir=${BK_TEST_FTP_DIR%/*}/clear first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_FTP_URL%/*}/clear"
	killed_at MKD STOR SIZE RNFR RNTO MLSD RETR
}
https() {
	kind=HTTPS server=nginx dir=${BK_TEST_WEBDAV_DIR%/*}/s first=1
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_WEBDAV_URL%/*}/s"
	killed
	kind=HTTP dir=${BK_TEST_WEBDAV_DIR%/*}/clear first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_HTTP_URL%/*}/clear"
	killed_at PROPFIND MKCOL PUT HEAD MOVE GET
}
sftp() {
	kind=SFTP server=sshd dir=${BK_TEST_SFTP_DIR%/*}/s first=2
	reach="-o ssh-key=$BK_TEST_SSH_KEY -o known-hosts=$BK_TEST_KNOWN_HOSTS"
	place "${BK_TEST_SFTP_URL%/*}/s"
	killed
}
smb() {
	kind=SMB server=samba dir=${BK_TEST_SMB_DIR%/*}/s first=1
	reach="-o $secret"
	place "${BK_TEST_SMB_URL%/*}/s"
	killed
}
s3_killed() {
	kind=S3 server=rgw dir='' first=2
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "$(s3 "${BK_TEST_S3_URL%/*}/s")"
	killed
	kind='S3 in clear text' first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "$(s3 "${BK_TEST_S3_HTTP_URL%/*}/clear")"
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
	kind=FTPES server=proftpd dir=${BK_TEST_FTPES_DIR%/*}/es
	reach="-o $secret -o ca=$BK_TEST_CA"
	near=${BK_TEST_FTPES_URL%/*}/es
	server_dies
}
https_dies() {
	kind=HTTPS server=nginx dir=${BK_TEST_WEBDAV_DIR%/*}/s
	reach="-o $secret -o ca=$BK_TEST_CA"
	near=${BK_TEST_WEBDAV_URL%/*}/s
	server_dies
}
sftp_dies() {
	kind=SFTP server=sshd dir=${BK_TEST_SFTP_DIR%/*}/s
	reach="-o ssh-key=$BK_TEST_SSH_KEY -o known-hosts=$BK_TEST_KNOWN_HOSTS"
	near=${BK_TEST_SFTP_URL%/*}/s
	server_dies
}
smb_dies() {
	kind=SMB server=samba dir=${BK_TEST_SMB_DIR%/*}/s
	reach="-o $secret"
	near=${BK_TEST_SMB_URL%/*}/s
	server_dies
}
at_a_time ftpes_dies https_dies sftp_dies smb_dies

comes_back 'after all that, from SFTP' "${BK_TEST_SFTP_URL%/*}/s/dies" \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$BK_TEST_KNOWN_HOSTS"
comes_back '... and from HTTPS' "${BK_TEST_WEBDAV_URL%/*}/s/dies" \
	-o "$secret" -o "ca=$BK_TEST_CA"
done_testing
