#!/bin/sh
# The mail server that misbehaves: does it in every way that it says, and is a
# good one in all else?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs openssl

"$top/tests/servers/pki" "$work/pki"
"$top/tests/lib/hostile_check.py" "$work/pki"
