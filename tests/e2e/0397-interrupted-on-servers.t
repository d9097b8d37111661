#!/bin/sh
# A run that is interrupted in the middle of a file takes away at the server what
# it had begun there, and the next one goes on.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup

mkdir -p mail/a/cur mail/a/new mail/a/tmp
for n in 1 2 3; do
	head -c 2000000 /dev/urandom | base64 >"mail/a/cur/$n.1.h:2,S"
done

# begun FOLDER NAMES: half a file is there; waits for it while $pid lives.
begun() {
	until find "$1" -type f -name "$2" -size +100k 2>/dev/null | grep -q .; do
		kill -0 $pid 2>/dev/null || return 1
		sleep 0.02
	done
}

# tidies SERVER URL DIR BEGUN-IN NAMES KEY=VALUE...
tidies() {
	behind=$1 direct=$2 dir=$3 where=$4 names=$5
	shift 5
	far=$(through_proxy "$direct")
	need_faultproxy "$behind"
	reach=
	for word; do
		reach="$reach -o $word"
	done
	# shellcheck disable=SC2086 # words
	exits 0 "$behind: a repository" bk-init -r "$far" $reach
	# shellcheck disable=SC2086
	exits 0 '... and a key block' bk-key -r "$far" $reach export "$behind.key"
	reach="$reach --password-from keyblock:$behind.key"
	fault "$behind" slow 300000
	# shellcheck disable=SC2086
	bk-backup -r "$far" $reach "maildir:$work/mail/%u" >out 2>heard &
	pid=$!
	begun "$where" "$names"
	was=$?
	kill -TERM $pid
	wait $pid
	status=$?
	fault "$behind" none
	ok "$behind: a file was on its way" test $was -eq 0
	ok '... the run was interrupted' test $status -eq 130 -o $status -eq 143 \
		-o $status -eq 19
	ok '... what was interrupted has a name' \
		grep -q "^bk-backup: .*interrupted" heard
	ok '... and nothing half is left' \
		sh -c "! find '$dir' -name '*.part' | grep ."
	# shellcheck disable=SC2086
	exits 0 '... and the next run goes on' \
		bk-backup -r "$far" $reach "maildir:$work/mail/%u"
}

need_proftpd
need_nginx
need_sshd
need_samba
secret=password=file:$BK_TEST_PASSWORD_FILE
tidies proftpd "$BK_TEST_FTPES_URL" "$BK_TEST_FTPES_DIR" "$BK_TEST_FTPES_DIR" \
	'*.part' "$secret" ca="$BK_TEST_CA"
tidies nginx "$BK_TEST_WEBDAV_URL" "$BK_TEST_WEBDAV_DIR" \
	"$(server_root nginx)/run/body" '0*' "$secret" ca="$BK_TEST_CA"
tidies sshd "$BK_TEST_SFTP_URL" "$BK_TEST_SFTP_DIR" "$BK_TEST_SFTP_DIR" \
	'*.part' ssh-key="$BK_TEST_SSH_KEY" known-hosts="$BK_TEST_KNOWN_HOSTS"
tidies samba "$BK_TEST_SMB_URL" "$BK_TEST_SMB_DIR" "$BK_TEST_SMB_DIR" \
	'*.part' "$secret"

done_testing
