#!/bin/sh
# WebDAV over HTTPS: the promises of a target kept on nginx and on Apache.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"

driver=$BK_BUILD/drivers/test_target_webdav

# keeps_promises WHERE URL
keeps_promises() {
	ok "the promises of a target: $1" env BK_TEST_URL="$2" timeout 120 \
		"$driver"
}

need_nginx
keeps_promises nginx "$BK_TEST_WEBDAV_URL"
need_apache
keeps_promises Apache "$BK_TEST_WEBDAV2_URL"
keeps_promises 'Apache with Digest' "$BK_TEST_WEBDAV2_DIGEST_URL"

done_testing
