#!/bin/sh
# Faults, FTP in clear text: the line to ProFTPD, and what it says.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_proftpd
need_sshd
unset BK_TEST_CA
# shellcheck disable=SC2034 # of the catalogue
clear=yes
catalogue FTP proftpd "$BK_TEST_FTP_URL"

line_breaks
again_breaks cut 600
again_breaks down-cut 1000
server_dies
[ -z "${BK_TEST_FTPES_TINY_URL:-}" ] ||
	disk_fills "$(echo "$url" | sed s/bk@/tiny@/)"
clock_is_off "$BK_TEST_FTPES_DIR" "$url"

# ---- who is there, and who are we

for name in unknown-ca wrong-host expired host-key; do
	not_here $name 'in clear text nobody proves who he is'
done
not_here flip 'it arrives so: what is shipped is read back, and all is sealed'
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'are user and password right' "$url" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
not_here page 'another protocol does not even come so far'
refused protocol LOST 'right port for this protocol' "ftp://bk@${BK_TEST_SFTP_URL#*@}"

# ---- a server that lies

shown_by reply-lost test_ftp_lies a_rename_whose_reply_is_lost_is_looked_at
shown_by size test_ftp_lies a_wrong_size_is_no_blob
shown_by full test_ftp_lies what_is_not_taken_is_not_missing
shown_by list-cut test_ftp_lies a_listing_without_its_end_is_none
shown_by list-empty test_ftp_lies a_listing_without_its_end_is_none
shown_by range test_ftp_lies what_is_short_is_not_the_end \
	what_begins_elsewhere_is_not_got
shown_by redirect test_ftp_lies data_never_go_to_another_host

catalogue_ends
done_testing
