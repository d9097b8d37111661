#!/bin/sh
# Repositories on an SMB share, on a real Samba: the contract of a target, what
# goes wrong on the way, and the tools.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/targets.sh"
need_samba
need_faultproxy samba

# each PROGRAM: its tests are ours.
each() {
	echo "# $1"
	CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$BK_BUILD/drivers/$1" \
		>tap 2>tap.err
	status=$?
	while read -r line; do
		case $line in
		'ok '*) verdict='ok' ;;
		'not ok '*) verdict='not ok' ;;
		'#'*) echo "$line" && continue ;;
		*) continue ;;
		esac
		tests=$((tests + 1))
		echo "$verdict $tests - ${line#*- }"
	done <tap
	[ $status -eq 0 ] || sed 's/^/# /' tap.err
	ok "$1 ended well" test $status -eq 0
}

BK_TEST_URL=$BK_TEST_SMB_URL
export BK_TEST_URL
each test_target
each test_smb_names

BK_TEST_SMB_SERVER="$top/tests/servers/samba $(server_root samba)"
BK_TEST_SMB_STALLED_URL=$(through_proxy "$BK_TEST_SMB_URL")
export BK_TEST_SMB_SERVER BK_TEST_SMB_STALLED_URL
fault samba stall 0
each test_smb_faults
BK_TEST_SMB_LINE_URL=$BK_TEST_SMB_STALLED_URL
BK_TEST_SMB_LINE_FAULT=$(server_root samba-faults)/fault
export BK_TEST_SMB_LINE_URL BK_TEST_SMB_LINE_FAULT
each test_smb_line

# The tools: on the share, with nothing else than a URL.
mkdir -p mail/cur mail/new mail/tmp
for n in 1 2 3; do
	printf 'Subject: %s\r\n\r\nletter %s\r\n' $n $n >"mail/cur/$n.a.b:2,S"
done
url=$BK_TEST_SMB_URL/tools
reach="password=file:$BK_TEST_PASSWORD_FILE"
on_share() {
	tool=$1
	shift
	"$tool" -r "$url" -o "$reach" "$@"
}
ok "a repository is made on a share" on_share bk-init
ok "mail is backed up to it" on_share bk-backup "maildir:$work/mail"
ok "it is checked" on_share bk-check --read-data=100%
ok "the mail comes back" on_share bk-restore latest --to "maildir:$work/back"
ok "as it was" diff -r mail/cur back/cur
done_testing
