#!/bin/sh
# A server that does not answer is waited for, and that is said: for which, why,
# and how long; to who wants no talk, nothing.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-list bk-check
need_sshd
need_faultproxy sshd

url=$(through_proxy "$BK_TEST_SFTP_URL")
on() {
	tool=$1
	shift
	timeout 60 "$tool" -r "$url" -o ssh-key="$BK_TEST_SSH_KEY" \
		-o known-hosts="$BK_TEST_KNOWN_HOSTS" -o timeout=2s "$@"
}
exits 0 'a repository' on bk-init
exits 0 'where all is well' on bk-list
quiet

told="$url.*; trying again in [0-9]+ s \\(2 of [38]\\)"
fault sshd stall 1000 1
exits 0 'a server that stalls once' on bk-list
says_like "bk-list: $told"
fault sshd stall 1000 1
exits 0 '... to who wants no talk' on bk-list -q
quiet
fault sshd stall 1000 1
exits 0 '... to a program' on bk-list --json
cp out json
quiet
ok '... it is a note' grep -qE "\"type\":\"note\".*$told" json
fault sshd cut 1000 1
exits 0 'what is over in a moment' on bk-list
quiet

# Ctrl-C while it waits.
fault sshd stall 1000
bk-list -r "$url" -o ssh-key="$BK_TEST_SSH_KEY" -o timeout=2s \
	-o known-hosts="$BK_TEST_KNOWN_HOSTS" 2>heard &
pid=$!
until grep -q 'trying again' heard; do
	kill -0 $pid 2>/dev/null || break
	sleep 0.05
done
kill -TERM $pid
wait $pid
ok 'who is interrupted says what was waited for' \
	grep -qE "^bk-list: (interrupted; waited for )?$url.*" heard
done_testing
