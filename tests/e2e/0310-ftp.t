#!/bin/sh
# FTP, in clear text, with explicit and with implicit TLS: the promises of a
# target kept on ProFTPD and vsftpd, and what a server holds against us told; what
# breaks on the way is in 0390 and 0391.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"

# keeps_promises WHERE URL
keeps_promises() {
	ok "the promises of a target: $1" env BK_TEST_URL="$2" timeout 200 \
		"$BK_BUILD/drivers/test_target"
}

# come_to TEXT LINE...: the last acts came to these, and each line that says
# more than "ok" names the target before the text.
come_to() {
	name=$1
	shift
	printf '%s\n' "$@" >want
	sed 's| ftp[es]*://[^:]*://*[^ ]*: | |; s| ftp[es]*://[^ ]*: | |' came \
		>short
	ok "$name" diff want short
}

need_proftpd
keeps_promises 'ProFTPD in clear text' "$BK_TEST_FTP_URL"
keeps_promises 'ProFTPD with explicit TLS' "$BK_TEST_FTPES_URL"
keeps_promises 'ProFTPD with implicit TLS' "$BK_TEST_FTPS_URL"

# ---- who is there, and who are we?

acts "$BK_TEST_FTPES_URL/none" open
come_to 'a folder that is not there' 'open GONE no such folder'

(umask 077 && echo wrong >wrong)
BK_TEST_PASSWORD_FILE=wrong acts "$BK_TEST_FTPES_URL" create
come_to 'a wrong password' 'create DENIED the server says "530 Login incorrect."; are user and password right?'

BK_TEST_CA='' acts "$BK_TEST_FTPES_URL" create
come_to 'a certificate of an unknown authority' 'create DENIED SSL certificate problem: unable to get local issuer certificate; if it is the right server, give the certificate of its authority: ca = FILE'

acts "$BK_TEST_FTPES_NOTLS_URL" create
come_to 'a server without TLS' 'create DENIED the server says "500 AUTH not understood"; this server offers no TLS here; is it ftps:// or another port?'

# ---- what is there

for url in "$BK_TEST_FTP_URL" "$BK_TEST_FTPES_URL"; do
	acts "$url/${url%%:*}" create put:d/x/a:10 list: stat:d/x remove:d/x \
		get:d/x:0:3 get:d/x/a:5:100 get:d/x/a:11:0 get:keys/n:0:1 \
		stat:keys/n remove:keys/n put:d/x:5 list:d list:none
	come_to "${url%%:*}: folders in place of blobs, and what is not there" \
		'create ok' 'put:d/x/a:10 ok' 'd/x/a 10' 'list: ok' \
		'stat:d/x CORRUPT is not a regular file' \
		'remove:d/x CORRUPT is not a regular file' \
		'get:d/x:0:3 CORRUPT is not a regular file' \
		'get:d/x/a:5:100 CORRUPT ends after 10 bytes' \
		'get:d/x/a:11:0 CORRUPT ends after 10 bytes' \
		'get:keys/n:0:1 GONE no such file' \
		'stat:keys/n GONE no such file' \
		'remove:keys/n GONE no such file' \
		"put:d/x:5 EXISTS the server says \"550 $(
			server_says proftpd BASE)/repo/${url%%:*}/d/x: Operation not permitted\"" \
		'd/x/a 10' 'list:d ok' 'list:none ok'
done

# A listing that is denied must not look empty.
mkdir -p "$BK_TEST_FTPES_DIR/denied/sets"
hand_over "$BK_TEST_FTPES_DIR/denied"
chmod 0 "$BK_TEST_FTPES_DIR/denied/sets"
acts "$BK_TEST_FTPES_URL/denied" open list: list:sets put:sets/a:3 remove:sets/a
ok 'a folder that may not be read is not an empty one' \
	grep -q '^list: DENIED ' came
ok '... nor asked for itself' grep -q '^list:sets DENIED ' came
ok '... nor written to' grep -q '^put:sets/a:3 DENIED ' came
chmod 755 "$BK_TEST_FTPES_DIR/denied/sets"

# Nor must what is refused look missing, or like a connection that broke.
for url in "$BK_TEST_FTP_URL" "$BK_TEST_FTPES_URL" "$BK_TEST_FTPS_URL"; do
	scheme=${url%%:*}
	there=$BK_TEST_FTPES_DIR/kept-$scheme
	says550="DENIED the server says \"550 $(server_says proftpd BASE)/repo/kept-$scheme"
	acts "$url/kept-$scheme" create put:data/a:10 put:b:3000000 \
		"run:chmod 0 '$there/b' && chmod 500 '$there/data'" \
		get:b:0:10 get:b:7:2999993 put:data/c:10 put:data/d:3000000
	sed '/^run/d' came >came.acts && mv came.acts came
	come_to "$scheme: what may not be read or written is denied" \
		'create ok' 'put:data/a:10 ok' 'put:b:3000000 ok' \
		"get:b:0:10 $says550/b: Permission denied\"; may this login read it?" \
		"get:b:7:2999993 $says550/b: Permission denied\"; may this login read it?" \
		"put:data/c:10 $says550/data/c.part: Permission denied\"; may this login write here?" \
		"put:data/d:3000000 $says550/data/d.part: Permission denied\"; may this login write here?"
	chmod -R u+rwX "$there"
done

acts "$BK_TEST_FTPES_URL/away" create put:a.b:3 \
	"run:mv '$BK_TEST_FTPES_DIR/away' '$BK_TEST_FTPES_DIR/gone'" list: list:sets
come_to 'a repository that is taken away is not an empty one' \
	'create ok' 'put:a.b:3 ok' \
	"run:mv '$BK_TEST_FTPES_DIR/away' '$BK_TEST_FTPES_DIR/gone' ok" \
	'list: FAILED list: the folder is no longer there' \
	'list:sets FAILED list sets: the folder is no longer there'

# ---- parts

mkdir -p "$BK_TEST_FTPES_DIR/swept/ours" "$BK_TEST_FTPES_DIR/swept/theirs"
for name in ours/old.part ours/new.part ours/whole theirs/old.part; do
	echo x >"$BK_TEST_FTPES_DIR/swept/$name"
done
touch -d '8 days ago' "$BK_TEST_FTPES_DIR/swept/ours/old.part" \
	"$BK_TEST_FTPES_DIR/swept/ours/whole" \
	"$BK_TEST_FTPES_DIR/swept/theirs/old.part"
hand_over "$BK_TEST_FTPES_DIR/swept"
acts "$BK_TEST_FTPES_URL/swept" open list: sweep:604800
come_to 'what a week ago never ended is swept' 'open ok' 'ours/whole 2' \
	'list: ok' 'sweep:604800 ok'
ok '... and nothing else' test "$(cd "$BK_TEST_FTPES_DIR/swept" &&
	find . -type f | sort | tr '\n' ' ')" = \
	'./ours/new.part ./ours/whole ./theirs/old.part '

# ---- logins that may only add

acts "$BK_TEST_FTPES_APPEND_URL/append" create put:i/a.b:10 put:i/b.b:2000000 \
	put:i/b.b:10 get:i/b.b:0:2000000 remove:i/a.b list:
come_to 'a login that cannot overwrite or delete' 'create ok' \
	'put:i/a.b:10 ok' 'put:i/b.b:2000000 ok' \
	"put:i/b.b:10 EXISTS $(sed -n 's/^put:i.b.b:10 EXISTS [^ ]* //p' came)" \
	'get:i/b.b:0:2000000 ok' \
	"remove:i/a.b DENIED $(sed -n 's/^remove:i.a.b DENIED [^ ]* //p' came)" \
	'i/a.b 10' 'i/b.b 2000000' 'list: ok'
acts "$BK_TEST_FTPES_DROP_URL/drop" create put:i/a.b:10 put:i/b.b:2000000 \
	put:i/b.b:10 get:i/b.b:0:2000000 list:
come_to 'a login that cannot rename either' 'create ok' \
	'put:i/a.b:10 ok' 'put:i/b.b:2000000 ok' \
	"put:i/b.b:10 EXISTS $(sed -n 's/^put:i.b.b:10 EXISTS [^ ]* //p' came)" \
	'get:i/b.b:0:2000000 ok' 'i/a.b 10' 'i/b.b 2000000' 'list: ok'
acts "$BK_TEST_FTPES_DROP_URL/drop2" create put:i/b.b:2000000 put:i/c.b:2000000 \
	list:
come_to '... learns it with the first blob, and says so when it is large' \
	'create ok' 'put:i/b.b:2000000 LOST this login may not rename; it is to be put again, under its name' \
	'put:i/c.b:2000000 ok' 'i/c.b 2000000' 'list: ok'

# ---- a full disk

if [ -n "${BK_TEST_FTPES_TINY_URL:-}" ]; then
	acts_until_full "$BK_TEST_FTPES_TINY_URL" create put:i/big:20000000 list: \
		put:i/small:100 list:
	come_to 'a full disk is told, and what was sent is taken away' \
		'create ok' 'put:i/big:20000000 FULL the server says "452 Transfer aborted. No space left on device"' \
		'list: ok' 'put:i/small:100 ok' 'i/small 100' 'list: ok'
fi

need_vsftpd
keeps_promises 'vsftpd in clear text' "ftp${BK_TEST_VSFTPD_URL#ftpes}"
keeps_promises 'vsftpd with TLS' "$BK_TEST_VSFTPD_URL"
mkdir -p "$BK_TEST_VSFTPD_DIR/swept/ours"
echo x >"$BK_TEST_VSFTPD_DIR/swept/ours/new.part"
echo x >"$BK_TEST_VSFTPD_DIR/swept/ours/old.part"
touch -d '8 days ago' "$BK_TEST_VSFTPD_DIR/swept/ours/old.part"
hand_over "$BK_TEST_VSFTPD_DIR/swept"
acts "$BK_TEST_VSFTPD_URL/swept" open sweep:604800 list:none stat:none get:n:0:1
come_to 'a server without MLSD: what is not there, and a sweep' 'open ok' \
	'sweep:604800 ok' 'list:none ok' 'stat:none GONE no such file' \
	'get:n:0:1 GONE no such file'
ok '... by MDTM' test "$(ls "$BK_TEST_VSFTPD_DIR/swept/ours")" = new.part

done_testing
