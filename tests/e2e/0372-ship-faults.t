#!/bin/sh
# bk-ship through a network that cuts, resets, stalls and falsifies, and to
# servers that are killed: what it calls complete is, and the next run ends well.

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
new_source 1 1500000

for name in proftpd nginx sshd samba rgw; do
	"need_$name"
	need_faultproxy $name
done
secret=password=file:$BK_TEST_PASSWORD_FILE
s3() {
	echo "$1" | sed "s,://,://$BK_TEST_S3_KEY@,"
}

# All that belongs there is, whatever else a bit that flipped left.
has_all() {
	tree "$1" >tree.copy && ! grep -vxF -f tree.copy tree.repo
}

# breaks WHAT N TIMES: to a new place, by $near and $far; $reach is how.  The
# words of $reach are options.
# shellcheck disable=SC2086
breaks() {
	place=$((${place:-0} + 1))
	fault $server "$@"
	timeout 100 bk-ship push "$far/$place" $reach -o timeout=1s >out 2>err
	status=$?
	fault $server none
	holds "$kind: $* ends with $status" claims_nothing_false "$near/$place"
	holds '... and the next run well' completes "$near/$place"
}

# shellcheck disable=SC2086
claims_nothing_false() {
	case $status in
	0) bk-ship status "$1" $reach ;;
	1 | 3 | 13 | 14) ;;
	*) false ;;
	esac
}

# shellcheck disable=SC2086
completes() {
	bk-ship push "$1" $reach || return
	if [ "$dir" ]; then
		has_all "$dir/$place"
	else
		bk-ship verify "$1" $reach
	fi
}

# Each befalls the first connections that get so far: the next does it.
network() {
	breaks cut 0 1
	breaks reset 1000 2
	breaks cut 3000 1
	breaks reset 100000 2
	breaks cut 1400000 1
	breaks down-cut 300 2
	breaks down-reset 3000 1
	breaks down-cut 100000 1
	breaks stall 20000 1
	breaks down-stall 2500 1
	breaks flip 700 1
	breaks flip 1000000 1
	breaks down-flip 600000 1
}

# Without TLS nobody but the sums knows.
clear_text() {
	for bytes in 30 400 5000 100000 1400000; do
		breaks flip $bytes 1
	done
	breaks down-flip 400 1
	breaks down-flip 600000 1
}

# lies LIE...: each to a run of its own.
# shellcheck disable=SC2086 # $reach is words
lies() {
	for lie; do
		place=$((${place:-0} + 1))
		echo "$lie" >"$BK_TEST_SFTP_LIES"
		timeout 100 bk-ship push "$near/$place" $reach >out 2>err
		status=$?
		echo none >"$BK_TEST_SFTP_LIES"
		holds "$kind: $lie is no success" test $status -ne 0
		holds '... which names the target' grep -qF "$near/$place" err
		holds '... and the next run ends well' completes "$near/$place"
	done
}

# place URL: $near and $far.
place() {
	near=$1
	far=$(through_proxy "$1")
}

ftpes() {
	kind=FTPES server=proftpd dir=${BK_TEST_FTPES_DIR%/*}/es
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_FTPES_URL%/*}/es"
	network
	kind=FTP dir=${BK_TEST_FTP_DIR%/*}/clear
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_FTP_URL%/*}/clear"
	clear_text
}

# shellcheck disable=SC2086
https() {
	kind=HTTPS server=nginx dir=${BK_TEST_WEBDAV_DIR%/*}/s
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "${BK_TEST_WEBDAV_URL%/*}/s"
	network
	bk-ship push "$BK_TEST_HTTPS_LOGIN_URL" $reach >out 2>err
	holds 'a login page is no target' test $? -eq 14
	kind=HTTP dir=${BK_TEST_WEBDAV_DIR%/*}/clear
	reach="-o $secret -o allow-cleartext=yes"
	place "${BK_TEST_HTTP_URL%/*}/clear"
	clear_text
}

sftp() {
	kind=SFTP server=sshd dir=${BK_TEST_SFTP_DIR%/*}/s
	reach="-o ssh-key=$BK_TEST_SSH_KEY -o known-hosts=$BK_TEST_KNOWN_HOSTS"
	place "${BK_TEST_SFTP_URL%/*}/s"
	network
	kind='SFTP, a server that lies' dir=${BK_TEST_SFTP_DIR%/*}/liar
	near=${BK_TEST_SFTP_LIAR_URL%/*}/liar
	lies read-more list-failed list-garbled list-refused list-unsafe
}

smb() {
	kind=SMB server=samba dir=${BK_TEST_SMB_DIR%/*}/s
	reach="-o $secret"
	place "${BK_TEST_SMB_URL%/*}/s"
	network
}

s3_faults() {
	kind=S3 server=rgw dir=
	reach="-o $secret -o ca=$BK_TEST_CA"
	place "$(s3 "${BK_TEST_S3_URL%/*}/s")"
	network
	kind='S3 in clear text'
	reach="-o $secret -o allow-cleartext=yes"
	place "$(s3 "${BK_TEST_S3_HTTP_URL%/*}/clear")"
	clear_text
}
hand_over "${BK_TEST_FTPES_DIR%/*}" "${BK_TEST_WEBDAV_DIR%/*}"
at_a_time ftpes https sftp smb s3_faults

done_testing
