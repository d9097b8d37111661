#!/bin/sh
# A repository on every kind of server: full set, a day of change, differential,
# list, proof, restore; and the second reader on the server's own files.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup bk-list bk-check bk-restore bk-prune faketime

export BK_CONFIG="$work/bk.conf"

# target NAME URL KEY=VALUE...: a section of that name, and a repository on it.
target() {
	printf '[target %s]\nurl = %s\n' "$1" "$2" >>"$BK_CONFIG"
	printf '[repo on-%s]\ntarget = %s\npassword = keyblock:%s\n' "$1" "$1" \
		"$work/$1.key" >>"$BK_CONFIG.repos"
	name=$1
	shift 2
	printf '%s\n' "$@" >>"$BK_CONFIG"
	cat "$BK_CONFIG.repos" >>"$BK_CONFIG"
	: >"$BK_CONFIG.repos"
	export BK_REPO="on-$name"
}

# works NAME: everything that an administrator does with a repository there.
works() {
	rm -rf mail back "$BK_CACHE_DIR"
	/usr/bin/python3 "$top/demo/mail.py" mail
	store="maildir:$work/mail/%d/%n/Maildir"
	ok "$1: a repository is made" \
		bk-init --password-from "file:$work/password"
	ok "$1: a key block" \
		bk-key export --password-from "file:$work/password" "$work/$1.key"
	ok "$1: a full set goes there" bk-backup "$store"
	gone=$(find mail -path '*/cur/*' -type f | sort | head -n 1)
	rm "$gone"
	change=$(find mail -path '*/cur/*,*' -type f | sort | tail -n 1)
	mv "$change" "${change}T"
	echo 'Subject: new' >"$(dirname "$change")/99.new.host:2,"
	ok "$1: a differential after a day of change" bk-backup "$store"
	ok "$1: both are listed" test "$(bk-list -q | wc -l)" -eq 2
	ok "$1: all of it is proved" bk-check --read-data
	ok "$1: everything comes back" \
		bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
	contents mail >want
	contents back >got
	ok "$1: ... byte for byte" cmp want got
	ok "$1: ... all of a mailful" test -s want
}

# prunes NAME: another full set, and of all that was before nothing is left.
prunes() {
	ok "$1: another full set" bk-backup "$store" --full
	ok "$1: the old ones go" bk-prune --keep last:1 --grace 0s
	goes_on_after_prune "$1"
}

goes_on_after_prune() {
	ok "$1: ... one is listed" test "$(bk-list -q | wc -l)" -eq 1
	ok "$1: ... and whole" bk-check --read-data
	rm -rf back
	ok "$1: ... and comes back" \
		bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
	contents back >got
	ok "$1: ... byte for byte" cmp want got
}

# one_message NAME: without a cache, in a few small requests.
one_message() {
	rm -rf one "$BK_CACHE_DIR"
	account=$(bk-list -q latest | head -n 1)
	message=$(bk-list -q latest "$account" INBOX | head -n 1)
	ok "$1: one message comes back" bk-restore latest \
		--account "$account" --folder INBOX --message "$message" \
		--to "maildir:$work/one/%d/%n/Maildir"
	ok "$1: ... and it alone" test "$(contents one | wc -l)" -eq 1
}

# reads NAME FOLDER: the second reader finds the same in the server's files.
reads() {
	reader="$top/tests/reader/bkread.py $2 --key-file $work/$1.key"
	$reader sets >ids
	$reader list --hash "$(sed -n '$s/ .*//p' ids)" >read.json
	sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' read.json | sort >got
	contents mail >want
	ok "$1: the second reader finds the same in the server's files" \
		cmp want got
}

secret="password = file:$BK_TEST_PASSWORD_FILE"

need_sshd
target sftp "$BK_TEST_SFTP_URL" "ssh-key = $BK_TEST_SSH_KEY" \
	"known-hosts = $BK_TEST_KNOWN_HOSTS"
works sftp
one_message sftp
prunes sftp
reads sftp "$BK_TEST_SFTP_DIR"
target sftp-drop "$(echo "$BK_TEST_SFTP_DROP_URL" | sed 's,/repo$,/drop,')" \
	"ssh-key = $BK_TEST_SSH_KEY" "known-hosts = $BK_TEST_KNOWN_HOSTS"
works sftp-drop

need_proftpd
target ftpes "$BK_TEST_FTPES_URL" "$secret" "ca = $BK_TEST_CA"
works ftpes
one_message ftpes
prunes ftpes
reads ftpes "$BK_TEST_FTPES_DIR"
target ftpes-append "$BK_TEST_FTPES_APPEND_URL/append" "$secret" "ca = $BK_TEST_CA"
works ftpes-append
ok "ftpes-append: another full set" bk-backup "$store" --full
exits 14 "ftpes-append: a login that cannot delete does not prune" \
	bk-prune --keep last:1 --grace 0s
says_like 'bk-prune: .*; prune with a login that may delete there, see bk-prune\(1\)'
ok "ftpes-append: ... and condemns nothing" test "$(bk-list -q | wc -l)" -eq 3
cat >>"$BK_CONFIG" <<CONF
[target keeper]
url = $BK_TEST_FTPES_URL/append
$secret
ca = $BK_TEST_CA
[repo on-keeper]
target = keeper
password = keyblock:$work/ftpes-append.key
CONF
# Intents that could not be taken away count for an hour.
ok "ftpes-append: another host's does" env BK_STATE_DIR="$work/keeper" \
	faketime -f +2h bk-prune -r on-keeper --keep last:1 --grace 0s --all-hosts
goes_on_after_prune ftpes-append
target ftpes-drop "$BK_TEST_FTPES_DROP_URL/drop" "$secret" "ca = $BK_TEST_CA"
works ftpes-drop

need_vsftpd
target vsftpd "$BK_TEST_VSFTPD_URL" "$secret" "ca = $BK_TEST_CA"
works vsftpd
prunes vsftpd
reads vsftpd "$BK_TEST_VSFTPD_DIR"

need_nginx
target nginx "$BK_TEST_WEBDAV_URL" "$secret" "ca = $BK_TEST_CA"
works nginx
one_message nginx
prunes nginx
reads nginx "$BK_TEST_WEBDAV_DIR"

need_apache
target apache "$BK_TEST_WEBDAV2_URL" "$secret" "ca = $BK_TEST_CA"
works apache
prunes apache
reads apache "$BK_TEST_WEBDAV2_DIR"

need_samba
target smb "$BK_TEST_SMB_URL" "$secret"
works smb
one_message smb
prunes smb
reads smb "$BK_TEST_SMB_DIR"

need_rgw
target s3 "$(echo "$BK_TEST_S3_URL" | sed "s,://,://$BK_TEST_S3_KEY@,")" \
	"password = file:$BK_TEST_S3_SECRET_FILE" "ca = $BK_TEST_CA"
works s3
one_message s3
prunes s3

done_testing
