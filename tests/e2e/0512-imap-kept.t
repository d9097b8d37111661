#!/bin/sh
# A server that keeps a mailbox selected which it was to leave: no message of the
# one is taken for one of the other.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
(umask 077 && echo pw >"$work/pw")
cd "$work" || exit 1

# imap COMMAND...
imap() {
	"$BK_BUILD/drivers/test_imap" "imap://ann@localhost:$hostile_port" cleartext=yes \
		"password=file:$work/pw" patience=10000 "$@" >said
}

# rows N
rows() {
	test "$(grep -c '^row' said)" -eq "$1"
}

ok "one that is busy for the next mailbox" hostile select-keeps
ok "is asked for two" imap : look INBOX 3 : look Work 3
ok "... gives what is in the first" rows 5
ok "... and nothing of the other, which it says" grep -qx 'looked	not told' said
ok "... and the other then" imap : look INBOX 3 : look Work 3 : look Sent 3
ok "..." rows 10
kill "$hostile_pid"
wait "$hostile_pid" 2>/dev/null

ok "one that does not let go of a mailbox" hostile unselect-refused
ok "... lists all the same" imap : select Work : list status
ok "..." test "$(grep -c '^mailbox' said)" -eq 3

done_testing
