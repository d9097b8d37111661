#!/bin/sh
# UIDs are kept as 0540-move-uids.t has it, by the doveadm of this host.

top=$(cd "$(dirname "$0")/../.." && pwd)
exec "$top/tests/e2e/0540-move-uids.t" local
