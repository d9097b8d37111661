#!/bin/sh
# Faults, FTP with TLS: the line to ProFTPD, who it is, and what it says.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_proftpd
need_sshd
catalogue FTPES proftpd "$BK_TEST_FTPES_URL"

line_breaks
again_breaks cut 600
again_breaks down-cut 1000
server_dies
disk_fills "${BK_TEST_FTPES_TINY_URL:-}"
clock_is_off "$BK_TEST_FTPES_DIR" "$url"

# ---- who is there, and who are we

refused unknown-ca DENIED 'ca = FILE' "$url" BK_TEST_CA=
pki=$(server_root pki)
# with_certificate NAME: the server has this one.
with_certificate() {
	for end in crt key; do
		cp "$pki/$1.$end" "$pki/server.$end.new"
		mv "$pki/server.$end.new" "$pki/server.$end"
	done
	server proftpd stop
	server proftpd start
}
for end in crt key; do
	cp "$pki/server.$end" "$pki/right.$end"
done
with_certificate wronghost
refused wrong-host DENIED 'is the host in the URL right' "$url"
with_certificate expired
refused expired DENIED 'it must be renewed there' "$url"
with_certificate right
refused protocol DENIED 'this server offers no TLS here' \
	"$BK_TEST_FTPES_NOTLS_URL"
not_here host-key 'certificates stand in their place'
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'are user and password right' "$url" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
not_here page 'another protocol does not even come so far'
refused protocol LOST 'right port for this protocol' "ftpes://bk@${BK_TEST_SFTP_URL#*@}"

# ---- a server that lies

shown_by reply-lost test_ftp_lies a_rename_whose_reply_is_lost_is_looked_at
shown_by size test_ftp_lies a_wrong_size_is_no_blob
shown_by full test_ftp_lies what_is_not_taken_is_not_missing
shown_by list-cut test_ftp_lies a_listing_without_its_end_is_none
shown_by list-empty test_ftp_lies a_listing_without_its_end_is_none
shown_by range test_ftp_lies what_is_short_is_not_the_end \
	what_begins_elsewhere_is_not_got
shown_by redirect test_ftp_lies data_never_go_to_another_host

# ---- listings, with TLS from the start as well

for n in 1 2 3 4 5 6 7 8 9; do
	acts "$url" open "put:m/a$n.b:2" "put:m/b$n.b:2" "put:m/c$n.b:2" \
		"put:m/d$n.b:2"
done
for place in "$url" "$BK_TEST_FTPS_URL"; do
	for n in 200 1500 3001 4503; do
		acts "$(through_proxy "$place")" open \
			"run:echo 'down-cut $n' >'$work/rule' &&
				mv '$work/rule' '$(server_root proftpd-faults)/fault'" \
			list:m
		fault proftpd none
		shows list-cut "${place%%:*}: a listing cut after $n bytes" \
			grep -q '^list:m LOST' came
		acts "$(through_proxy "$place")" open list:m
		ok '... and whole the next time' \
			test "$(grep -c '^m/[a-d][1-9][.]b 2$' came)" -eq 36
	done
done

catalogue_ends
done_testing
