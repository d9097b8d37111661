#!/bin/sh
# Our IMAP client on real servers: all that it does, with all that they can do
# and without each of it, seen by a client that is not ours.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot openssl
need_cyrus

"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo pw >"$work/pw")
ann=ann@a.test

functions() {
	"$top/tests/lib/imap_functions.py" "$BK_BUILD/drivers/test_imap" \
		"$IMAP" "$work/pki/ca.crt" $ann "$work/pw"
}

ok "Dovecot is made" dovecot "$work/d" full "$work/pki"
ok "... with an account" dovecot "$work/d" adduser $ann
ok "... and starts" dovecot "$work/d" start
# shellcheck source=/dev/null
. "$work/d/env"
ok "every function on Dovecot" functions
ok "Cyrus is made" cyrus "$work/c" new "$work/pki"
ok "... and starts" cyrus "$work/c" start
ok "... with accounts" cyrus "$work/c" adduser $ann bob@b.test
# shellcheck source=/dev/null
. "$work/c/env"
ok "every function on Cyrus" functions
done_testing
