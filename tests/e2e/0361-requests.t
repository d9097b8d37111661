#!/bin/sh
# One message of a large set on a server, with nothing kept here: how often the
# server is asked, and for how many bytes, by its own log.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup bk-list bk-restore

# Four accounts of 1,500 messages with little in common: several blocks of each
# kind in packs and manifest, and nothing is small enough to come as a whole.
/usr/bin/python3 - mail <<'END'
import os, random, sys
dice = random.Random(361)
for account in ("ann", "bob", "eve", "kim"):
    inbox = f"{sys.argv[1]}/example.org/{account}/Maildir"
    for folder in ("cur", "new", "tmp"):
        os.makedirs(f"{inbox}/{folder}")
    for n in range(1500):
        text = "\n".join(dice.randbytes(30).hex() for _ in range(40))
        with open(f"{inbox}/cur/{1700000000 + n}.M{n}.mx:2,S", "w") as file:
            file.write(f"Received: from {dice.randbytes(20).hex()}\n"
                       f"Message-ID: <{n}.{account}@example.org>\n"
                       f"Subject: {n}\n\n{text}\n")
END

need_nginx
export BK_CONFIG="$work/bk.conf" BK_REPO=there
options="password = file:$BK_TEST_PASSWORD_FILE
ca = $BK_TEST_CA"
for name in there:$BK_TEST_WEBDAV_URL bare:$BK_TEST_HTTPS_BARE_URL \
	one:$BK_TEST_HTTPS_ONE_URL; do
	cat <<-CONF
	[target ${name%%:*}]
	url = ${name#*:}
	$options
	CONF
done >"$BK_CONFIG"
ok 'a repository on a server' bk-init --password-from "file:$work/password"
ok '... a key block' bk-key export --password-from "file:$work/password" \
	"$work/key"
key="--password-from keyblock:$work/key"
# shellcheck disable=SC2086
ok '... and a set' bk-backup $key "maildir:$work/mail/%d/%n/Maildir"
# shellcheck disable=SC2086
id=$(bk-list -q --json $key | sed -n 's/.*"set":"\([0-9a-f]\{32\}\)".*/\1/p')
tests=$((tests + 1))
if [ "$(stat -c %s "$BK_TEST_WEBDAV_DIR/data/$id/m00000000.bkm")" -gt 98304 ] &&
	[ ! -e "$BK_TEST_WEBDAV_DIR/data/$id.bkb" ]; then
	echo "ok $tests - ... which is large enough"
else
	echo "not ok $tests - ... which is large enough"
fi

# restores WORD MESSAGE: bob's, from where BK_REPO says, with nothing kept.
restores() {
	rm -rf one "$BK_CACHE_DIR"
	: >"$BK_TEST_HTTPS_SENT"
	# shellcheck disable=SC2086
	ok "$BK_REPO: message $2 of ${1:-the newest} comes back" \
		bk-restore "${1:-latest}" $key --account bob@example.org \
		--folder INBOX --message "$((1700000000 + $2)).M$2.mx" \
		--to "maildir:$work/one/%d/%n/Maildir"
	ok '... as it was' cmp \
		"mail/example.org/bob/Maildir/cur/$((1700000000 + $2)).M$2.mx:2,S" \
		"$(find one -type f -path '*/cur/*')"
}

# settled: nginx writes its log when an answer has gone out, which we may be ahead
# of; sets $now.
settled() {
	last=
	while now=$(wc -l <"$BK_TEST_HTTPS_SENT") && [ "$now" != "$last" ]; do
		last=$now
		sleep 0.1
	done
}

# asked MOST: at most so often, and for less than 2 MB.
asked() {
	tests=$((tests + 1))
	settled
	bytes=$(awk '{ n += $NF } END { print n + 0 }' "$BK_TEST_HTTPS_SENT")
	if [ "$now" -le "$1" ] && [ "$now" -gt 0 ] && [ "$bytes" -lt 2000000 ]; then
		echo "ok $tests - ... by $now requests and $bytes bytes"
	else
		echo "not ok $tests - ... by at most $1 requests ($now), $bytes bytes"
		sed 's/^/# /' "$BK_TEST_HTTPS_SENT"
	fi
}

# The first and the last of a folder, and some between.
for message in 0 700 1499; do
	restores "$id" "$message"
	asked 8
done
# Sets and what is condemned are listed, besides.
restores '' 1234
asked 11

# A tree that only serves files, and cannot be listed, is enough for who knows
# the identifier; and a server that sends one range at a time.
BK_REPO=bare
restores "$id" 321
asked 8
BK_REPO=one
restores "$id" 4
asked 20

# What is kept for the next run spares all but the packs.
BK_REPO=there
restores "$id" 77
rm -rf one
: >"$BK_TEST_HTTPS_SENT"
# shellcheck disable=SC2086
ok 'another message of the folder, with what was kept' bk-restore "$id" $key \
	--account bob@example.org --folder INBOX --message 1700000078.M78.mx \
	--to "maildir:$work/one/%d/%n/Maildir"
asked 5

# To find the newest set takes a request for each root, and five others; from then
# on roots are kept.
for message in 1 2; do
	echo "Subject: new $message" >"mail/example.org/ann/Maildir/cur/$message.new.mx:2,"
	# shellcheck disable=SC2086
	ok 'another set' bk-backup $key "maildir:$work/mail/%d/%n/Maildir"
done
# shellcheck disable=SC2086
sets() {
	settled
	: >"$BK_TEST_HTTPS_SENT"
	test "$(bk-list -q $key | wc -l)" -eq 3
}
rm -rf "$BK_CACHE_DIR"
ok 'sets are listed' sets
ok '... without asking how long a root is' \
	sh -c "! grep -q HEAD '$BK_TEST_HTTPS_SENT'"
asked 8
ok 'with what was kept' sets
asked 5
done_testing
