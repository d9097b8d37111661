#!/bin/sh
# Our IMAP client before a server that misbehaves in every way that we know: the
# error that is due, in time, with little memory.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs openssl

"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo pw >"$work/pw")
"$top/tests/lib/imap_hostile.py" "$BK_BUILD/drivers/test_imap" "$work/pki" \
	"$work/pw"
