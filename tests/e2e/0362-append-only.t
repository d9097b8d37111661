#!/bin/sh
# Logins that may put and read, and neither delete nor overwrite, or not rename
# either: copies, backups and checks work with them, and a prune is refused with a
# word.  For FTP see 0360 and 0370.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-check bk-restore bk-prune bk-ship faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
new_source 1 300000

need_proftpd
need_sshd
need_nginx
need_rgw
need_faultproxy sshd
need_faultproxy nginx

# at PLACE URL: another folder of the same login.
at() {
	echo "$2" | sed "s,/repo\$,/$1,"
}

# by KEY=VALUE...: how all that follows is reached.
by() {
	reach=
	for word; do
		reach="$reach -o $word"
	done
}

# copies WHAT URL DIR: a copy goes there, and comes back.
copies() {
	# shellcheck disable=SC2086 # words
	to_server "$1" "$(at copy "$2")" "${3:+$(at copy "$3")}" $reach
}

# goes_on WHAT URL: backups to that copy, and no prune.
# shellcheck disable=SC2086 # words
goes_on() {
	what=$1 place=$(at copy "$2")
	opened="-r $place $reach --password-from keyblock:$key"
	ok "$what: a full set" bk-backup $opened "$store" --full
	ok "$what: a differential" bk-backup $opened "$store" --differential
	ok "$what: all is proved" bk-check $opened --read-data
	rm -rf back
	ok "$what: all mail comes back" bk-restore $opened latest \
		--to "maildir:$work/back/%d/%n/Maildir"
	seen back >files.after
	ok '... as it was' cmp files.before files.after
	exits 14 "$what: a prune is refused" \
		bk-prune $opened --keep last:1 --grace 0s --all-hosts
	says_like "bk-prune: $place: .*; prune with a login that may delete there, see bk-prune\\(1\\)"
	ok '... and condemns nothing' \
		test "$(bk-list $opened -q | wc -l)" -eq 5
}

# keeps WHAT URL: what another login does, of another host.  Intents that could
# not be taken away count for an hour.
# shellcheck disable=SC2086 # words
keeps() {
	opened="-r $(at copy "$2") $reach --password-from keyblock:$key"
	ok "$1: who may delete prunes" env BK_STATE_DIR="$work/keeper" \
		faketime -f +2h bk-prune $opened --keep last:1 --grace 0s \
		--all-hosts
	ok '... which leaves two' test "$(bk-list $opened -q | wc -l)" -eq 2
	ok '... whole' bk-check $opened --read-data
}

# killed WHAT SERVER URL DIR: what a run left that was killed is not in the way of
# the next.
# shellcheck disable=SC2086 # words
killed() {
	near=$(at killed "$3") dir=$(at killed "$4")
	for n in 8 25 50; do
		fault "$2" kill $n
		as_victim "$2" bk-ship push "$(through_proxy "$near")" $reach \
			>out 2>err
		status=$?
		fault "$2" none
		holds "$1: killed at $n" test $status -eq 137
		ok '... the next run ends well' bk-ship push "$near" $reach
		ok '... byte for byte' is_copy "$dir"
		rm -rf "$dir"
	done
}

by "password=file:$BK_TEST_PASSWORD_FILE" \
	"known-hosts=$BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS"
copies 'ProFTPD, nothing overwritten' "$BK_TEST_SFTP_PASSWORD_APPEND_URL" \
	"$BK_TEST_SFTP_PASSWORD_DIR"
rm -r "$(at copy "$BK_TEST_SFTP_PASSWORD_DIR")"
copies 'ProFTPD, nothing renamed' "$BK_TEST_SFTP_PASSWORD_DROP_URL" \
	"$BK_TEST_SFTP_PASSWORD_DIR"
goes_on SFTP "$BK_TEST_SFTP_PASSWORD_DROP_URL"
keeps SFTP "$BK_TEST_SFTP_PASSWORD_URL"

by "ssh-key=$BK_TEST_SSH_KEY" "known-hosts=$BK_TEST_KNOWN_HOSTS"
copies 'OpenSSH, nothing renamed' "$BK_TEST_SFTP_DROP_URL" "$BK_TEST_SFTP_DIR"
killed OpenSSH sshd "$BK_TEST_SFTP_DROP_URL" "$BK_TEST_SFTP_DIR"

by "password=file:$BK_TEST_PASSWORD_FILE" "ca=$BK_TEST_CA"
copies HTTPS "$BK_TEST_WEBDAV_DROP_URL" "$BK_TEST_WEBDAV_DIR"
goes_on HTTPS "$BK_TEST_WEBDAV_DROP_URL"
keeps HTTPS "$BK_TEST_WEBDAV_URL"
killed HTTPS nginx "$BK_TEST_WEBDAV_DROP_URL" "$BK_TEST_WEBDAV_DIR"

copies S3 "$BK_TEST_S3_APPEND_URL" ''
goes_on S3 "$BK_TEST_S3_APPEND_URL"
done_testing
