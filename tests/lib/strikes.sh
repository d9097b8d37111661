# Whoever asks something of a server is killed at what he asks for: at each kind of
# server, at more and more.
# shellcheck shell=sh
#
#	. "$top/tests/lib/targets.sh"
#	. "$top/tests/lib/faults.sh"
#	. "$top/tests/lib/ship.sh"
#	. "$top/tests/lib/strikes.sh"
#
# Who uses it says what happens at $place, a name that is new each time, below
# $near and, through what kills, $far; $reach is how they are reached, words;
# $dir its folder, or nothing where its files cannot be looked at:
#
#	before      makes what is there before
#	attempt     `as_victim "$server" COMMAND...` at "$far/$place"
#	next_run    what follows; $status is that of the attempt
#	checked     once in the end

for name in proftpd nginx sshd samba rgw; do
	"need_$name"
	need_faultproxy $name
done
secret=password=file:$BK_TEST_PASSWORD_FILE
s3() {
	echo "$1" | sed "s,://,://$BK_TEST_S3_KEY@,"
}

# strikes WHAT [WORD]: until nothing is left to strike.
strikes() {
	at=$first
	while [ "$at" -lt 1000 ]; do
		place=$1${2:+-$2}-$at
		before
		fault "$server" "$1" $at 1 ${2:+"$2"}
		attempt >out 2>err
		# shellcheck disable=SC2034 # for next_run
		status=$?
		# What was struck last of all may be struck too late.
		fault_struck "$server" && [ "$status" -ne 0 ] || break
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
	# shellcheck disable=SC2034 # for attempt
	far=$(through_proxy "$1")
}
# Each way to a server: its variables.
by_ftpes() {
	kind=FTPES server=proftpd dir=${BK_TEST_FTPES_DIR%/*}/es first=0
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_FTPES_URL%/*}/es"
}
by_ftp() {
	kind=FTP server=proftpd dir=${BK_TEST_FTP_DIR%/*}/clear first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_FTP_URL%/*}/clear"
}
by_https() {
	kind=HTTPS server=nginx dir=${BK_TEST_WEBDAV_DIR%/*}/s first=1
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_WEBDAV_URL%/*}/s"
}
by_http() {
	kind=HTTP server=nginx dir=${BK_TEST_WEBDAV_DIR%/*}/clear first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_HTTP_URL%/*}/clear"
}
by_sftp() {
	kind=SFTP server=sshd dir=${BK_TEST_SFTP_DIR%/*}/s first=2
	reach="-o ssh-key=$BK_TEST_SSH_KEY -o known-hosts=$BK_TEST_KNOWN_HOSTS"
	place "${BK_TEST_SFTP_URL%/*}/s"
}
by_smb() {
	kind=SMB server=samba dir=${BK_TEST_SMB_DIR%/*}/s first=1
	reach="-o $secret"
	place "${BK_TEST_SMB_URL%/*}/s"
}
by_s3() {
	kind=S3 server=rgw dir='' first=2
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "$(s3 "${BK_TEST_S3_URL%/*}/s")"
}
by_s3_clear() {
	kind='S3 in clear text' server=rgw dir='' first=0
	reach="-o $secret -o allow-cleartext=yes"
	place "$(s3 "${BK_TEST_S3_HTTP_URL%/*}/clear")"
}
