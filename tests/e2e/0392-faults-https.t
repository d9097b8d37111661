#!/bin/sh
# Faults, WebDAV over HTTPS: the line to nginx and to Apache, and what they say.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_nginx
need_apache
need_sshd
catalogue 'HTTPS, nginx' nginx "$BK_TEST_WEBDAV_URL"

line_breaks
again_breaks cut 4000
again_breaks down-cut 30000
server_dies
disk_fills "${BK_TEST_WEBDAV_TINY_URL:-}"
clock_is_off "$BK_TEST_WEBDAV_DIR" "$url"
off -1y "$url" open
shows clock 'our clock is a year behind: the certificate is not yet valid' \
	grep -q "^open DENIED $url: .*not yet valid.*clock of this host" came

# ---- who is there, and who are we

refused unknown-ca DENIED 'ca = FILE' "$BK_TEST_HTTPS_UNKNOWN_URL"
refused unknown-ca DENIED 'ca = FILE' "$url" BK_TEST_CA=
refused wrong-host DENIED 'is the host in the URL right' \
	"$BK_TEST_HTTPS_WRONGHOST_URL"
refused expired DENIED 'it must be renewed' "$BK_TEST_HTTPS_EXPIRED_URL"
not_here host-key 'certificates stand in their place'
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'are user and password right' "$url" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
refused page DENIED 'a web page came' "$BK_TEST_HTTPS_LOGIN_URL"
refused redirect DENIED 'redirect to https://localhost:' \
	"$BK_TEST_HTTPS_ELSEWHERE_URL"
refused redirect DENIED 'redirect to http://' "$BK_TEST_HTTPS_CLEARTEXT_URL"
refused protocol LOST '[a-z]' "https://${BK_TEST_SFTP_URL#*@}"

# ---- a server that lies

shown_by reply-lost test_webdav_put a_rename_whose_answer_is_lost_is_looked_for
shown_by size test_webdav_put what_was_not_kept_is_not_renamed
shown_by size test_http a_size_must_be_said
shown_by range test_http a_stretch_comes_as_a_range_or_with_the_whole \
	other_bytes_are_not_taken a_body_that_breaks_off_is_lost
shown_by page test_http a_page_is_no_file
shown_by list-cut test_webdav a_listing_that_lies_is_none
shown_by list-empty test_webdav a_folder_is_empty_only_if_the_target_is_there
catalogue_ends

# ---- a login that takes two questions

catalogue 'HTTPS, Apache with Digest' apache "$BK_TEST_WEBDAV2_DIGEST_URL"
line_breaks
server_dies
disk_fills "${BK_TEST_WEBDAV2_TINY_URL:-}"

done_testing
