#!/bin/sh
# Faults, S3: the line to Ceph's gateway, who it is, what it says, what it holds.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_rgw
need_nginx
with_key() {
	echo "$1" | sed "s,://,://$BK_TEST_S3_KEY@,"
}
catalogue S3 rgw "$(with_key "$BK_TEST_S3_URL")"

line_breaks
again_breaks cut 4000
again_breaks down-cut 30000
disk_fills "$(with_key "$BK_TEST_S3_TINY_URL")"

# ---- who is there, and who are we

# instead PORT: another server's, with a certificate of its own.
instead() {
	echo "s3:https://KEY@${1#https://bk@}"
}
refused unknown-ca DENIED 'ca = FILE' "$(instead "$BK_TEST_HTTPS_UNKNOWN_URL")"
refused unknown-ca DENIED 'ca = FILE' "$url" BK_TEST_CA=
refused wrong-host DENIED 'is the host in the URL right' \
	"$(instead "$BK_TEST_HTTPS_WRONGHOST_URL")"
refused expired DENIED 'it must be renewed' \
	"$(instead "$BK_TEST_HTTPS_EXPIRED_URL")"
not_here host-key 'certificates stand in their place'
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'is the secret key right' "$url" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
refused password DENIED 'is the access key in the URL right' \
	"$(echo "$url" | sed "s,$BK_TEST_S3_KEY,NOBODY,")"
shown_by redirect test_s3 a_bucket_elsewhere_is_told_with_its_region
need_sshd
refused protocol LOST '[a-z]' "s3:https://KEY@${BK_TEST_SFTP_URL#*@}"

# ---- a server that lies

shown_by list-cut test_s3 a_listing_that_is_cut_or_lies_is_no_short_one \
	a_listing_in_a_circle_ends
shown_by list-cut test_s3_page a_page_that_is_cut_anywhere_is_an_error \
	what_is_no_whole_listing_is_refused
shown_by list-empty test_s3 a_listing_that_is_cut_or_lies_is_no_short_one
shown_by size test_s3 an_object_of_another_size_is_no_success \
	an_etag_that_is_wrong_or_missing_is_no_success
shown_by range test_s3 other_bytes_than_were_asked_for_are_refused
shown_by page test_s3 an_etag_that_is_wrong_or_missing_is_no_success
shown_by reply-lost test_s3 a_put_whose_answer_is_lost_is_no_success \
	an_upload_that_fails_is_taken_away

# ---- a clock that is wrong

clear_url=$(with_key "$BK_TEST_S3_HTTP_URL")
for by in +1y -1y; do
	off "$by" "$clear_url" open
	shows clock "our clock is off by $by" grep -qE \
		"^open DENIED $clear_url.*clock is [0-9]+ s (ahead|behind)" came
done
off +1y "$url" open
shows clock '... with TLS, too' \
	grep -q "^open DENIED $url.*clock is [0-9]* s ahead" came

# It holds nothing that outlives it.
server_dies

catalogue_ends
done_testing
