#!/bin/sh
# The mail server that misbehaves: does it in every way that it says, and is a
# good one in all else?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs openssl

logs_in() {
	"$top/tests/lib/imap_logins.py" "$@"
}

ok "one that is tired" hostile --log "$work/said" login-unavailable
exits 1 "... lets nobody in" logs_in "$hostile_port" ann pw
ok "... has heard who came" grep -q 'LOGIN ann' said
kill "$hostile_pid"
wait "$hostile_pid" 2>/dev/null
exits 1 "... is gone when it is killed" logs_in "$hostile_port" ann pw
ok "all at a time" hostile --all
ok "... are there" test "$(wc -l <hostile)" -gt 40
ok "... each with a port of its own" \
	logs_in "$(sed -n 's/^append-inuse //p' hostile)" ann pw

"$top/tests/servers/pki" "$work/pki"
ok "each does what it says, and nothing else" sh -c \
	"'$top/tests/lib/hostile_check.py' '$work/pki' >checked; tail -n 1 checked;
	grep -q '^1\.\.' checked && ! grep '^not ok' checked"

done_testing
