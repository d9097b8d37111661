#!/bin/sh
# Faults, SFTP: the line to OpenSSH, who it is, what it says, and what it holds.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/catalogue.sh
. "$top/tests/lib/catalogue.sh"
need_sshd
need_proftpd
need_nginx
unset BK_TEST_CA
password=$BK_TEST_PASSWORD_FILE
unset BK_TEST_PASSWORD_FILE
catalogue SFTP sshd "$BK_TEST_SFTP_URL"

line_breaks
again_breaks cut 4000
again_breaks down-cut 30000
server_dies
disk_fills "${BK_TEST_SFTP_TINY_URL:-}"
clock_is_off "$BK_TEST_SFTP_DIR" "$url"

# ---- who is there, and who are we

not_here unknown-ca 'host keys stand in the place of certificates'
not_here wrong-host 'the same'
not_here expired 'the same'
not_here redirect 'a server cannot send us on'
refused host-key DENIED 'the host key has changed' "$url" \
	BK_TEST_KNOWN_HOSTS="$BK_TEST_KNOWN_HOSTS_CHANGED"
: >"$work/nobody"
refused host-key DENIED 'is not in .*accept-new = yes' "$url" \
	BK_TEST_KNOWN_HOSTS="$work/nobody"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/stranger"
refused password DENIED 'are user and ssh-key right' "$url" \
	BK_TEST_SSH_KEY="$work/stranger"
(umask 077 && echo wrong >"$work/wrong")
refused password DENIED 'are user and password right' \
	"$BK_TEST_SFTP_PASSWORD_URL" BK_TEST_SSH_KEY= \
	BK_TEST_KNOWN_HOSTS="$BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS" \
	BK_TEST_PASSWORD_FILE="$work/wrong"
# A server of another protocol.
refused protocol LOST '[a-z]' \
	"sftp://bk@${BK_TEST_HTTP_URL#http://bk@}" \
	BK_TEST_PASSWORD_FILE="$password"
not_here page 'another protocol does not even come so far'

# ---- a server that lies

liar=$BK_TEST_SFTP_LIAR_URL
acts "$liar" open "whole:g/a.b:$length" list:l
ok 'the server tells the truth' test "$(grep -c ' ok$' came)" -eq 3

# lies NAME LIE KIND ACT...: the last act comes to this.
lies() {
	fault=$1 lie=$2 kind=$3
	shift 3
	for last; do :; done
	echo none >"$BK_TEST_SFTP_LIES"
	acts "$liar" open "run:echo '$lie' >'$BK_TEST_SFTP_LIES'" "$@"
	echo none >"$BK_TEST_SFTP_LIES"
	shows "$fault" "$lie: $last is $kind" \
		grep -q "^$last $kind $liar.*: " came
}
lies reply-lost rename-unheard LOST put:r/a.b:100
acts "$liar" open whole:r/a.b:100
ok '... and is there' grep -q '^whole:r/a.b:100 ok' came
echo rename-unheard >"$BK_TEST_SFTP_LIES"
acts "$liar" again put:r/b.b:100 flush
echo none >"$BK_TEST_SFTP_LIES"
shows reply-lost '... which bk finds out' grep -q '^flush ok' came
lies full 'write-failed 0' '[A-Z]*' put:w/a.b:100
lies full 'write-failed 32000' '[A-Z]*' "put:w/b.b:$length"
lies size 'write-lost 32000' LOST "put:w/c.b:$length"
lies size 'write-lost 0' LOST put:w/d.b:100
lies size 'size 99' LOST put:w/e.b:100
lies size 'size 101' LOST put:w/f.b:100
lies size 'size 0' LOST put:w/g.b:100
acts "$url" open list:w
ok '... nothing of that has a name' sh -c '! grep "^w/" came'
lies range 'read-end 1000' '[CL][OR][A-Z]*' get:g/a.b:0:2000
lies range 'read-end 0' '[CL][OR][A-Z]*' get:g/a.b:0:2000
lies range read-more '[CL][OR][A-Z]*' get:g/a.b:0:2000
lies list-cut list-cut LOST list:l
lies list-cut list-failed '[A-Z]*' list:l
lies list-empty list-refused DENIED list:l
lies list-cut list-garbled FAILED list:l
lies list-cut list-unsafe CORRUPT list:l
export BK_TEST_TIMEOUT_S=5
lies stall 'no-answer 11' LOST list:l
lies stall 'no-answer 6' LOST put:w/h.b:100
lies stall 'no-answer 18' LOST put:w/i.b:100
lies stall 'no-answer 5' LOST get:g/a.b:0:2000

# ---- a login that neither renames nor deletes, but overwrites

acts "$BK_TEST_SFTP_DROP_URL/drop" create put:i/a.b:100 put:i/a.b:100 \
	put:i/a.b:100 put:i/b.b:100 put:i/b.b:200 put:i/a.b:50 \
	get:i/a.b:0:100 get:i/b.b:0:200 remove:i/a.b list:i
sed 's/^\([^ ]* [^ ]*\) sftp:.*: /\1 /' came >short
cat >want <<'WANT'
create ok
put:i/a.b:100 LOST from now on blobs are put under their own names
put:i/a.b:100 ok
put:i/a.b:100 EXISTS there is one of that name already
put:i/b.b:100 ok
put:i/b.b:200 ok
put:i/a.b:50 EXISTS there is one of that name already
get:i/a.b:0:100 ok
get:i/b.b:0:200 ok
remove:i/a.b DENIED permission denied; may this login do that?
i/a.b 100
i/b.b 200
list:i ok
WANT
ok 'it learns to put plainly, and spares what is there in full' diff want short

catalogue_ends
done_testing
