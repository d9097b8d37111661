#!/bin/sh
# Faults, SMB: the line to Samba, who we are, what it says, and what it holds.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_samba
need_nginx
unset BK_TEST_CA
catalogue SMB samba "$BK_TEST_SMB_URL"

line_breaks
again_breaks cut 4000
again_breaks down-cut 30000
reply_lost
server_dies
disk_fills "${BK_TEST_SMB_TINY_URL:-}"
clock_is_off "$BK_TEST_SMB_DIR" "$url"

for name in unknown-ca wrong-host expired host-key; do
	not_here $name 'SMB proves a server by the password that both know'
done
not_here redirect 'a share is where it is'
not_here page 'another protocol does not even come so far'
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'check the user.*the password' "$url" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
refused protocol LOST '[a-z]' "smb://${BK_TEST_HTTP_URL#http://}/repo"

# What a share says, a process of our own hears, and might make nonsense of it.
shown_by list-cut test_smb an_empty_list_is_never_made_of_nonsense
shown_by list-empty test_smb an_empty_list_is_never_made_of_nonsense
shown_by size test_smb a_size_and_a_removal_are_not_guessed \
	a_put_is_only_done_when_it_was_said
shown_by range test_smb a_get_that_makes_no_sense_is_lost
shown_by stall test_smb what_hangs_is_given_up_in_time \
	a_server_that_says_nothing_is_given_up a_speaker_that_hangs_is_given_up
shown_by killed test_smb a_server_killed_during_a_put_has_no_half_blob \
	a_server_killed_before_a_commit_has_no_half_blob \
	a_speaker_that_is_killed_is_replaced

catalogue_ends
done_testing
