#!/bin/sh
# S3: the promises of a target kept on Ceph's gateway, and keys, buckets, clocks,
# quotas and broken connections as a person meets them.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup bk-list bk-restore curl
need_rgw
need_faultproxy rgw
driver=$BK_BUILD/drivers/test_target_s3

# ---- the promises -------------------------------------------------------------

# keeps_promises WHERE URL [SETTING...]
keeps_promises() {
	name="the promises of a target: $1"
	place=$(echo "$2" | sed 's,/repo$,/contract,')
	shift 2
	ok "$name" env BK_TEST_S3_URL="$place" "$@" timeout 120 "$driver"
}
keeps_promises 'Ceph, over TLS' "$BK_TEST_S3_URL"
keeps_promises 'in small parts, in clear text' "$BK_TEST_S3_HTTP_URL" \
	BK_TEST_S3_PART=5M
keeps_promises 'the bucket in the name of the host' \
	"$(echo "$BK_TEST_S3_HTTP_URL" | sed 's/127\.0\.0\.1/localhost/')" \
	BK_TEST_S3_VIRTUAL_HOST=1

# uploads: those that nobody ended.
uploads() {
	curl -sS --max-time 20 --aws-sigv4 aws:amz:us-east-1:s3 \
		--user "$BK_TEST_S3_KEY:$(cat "$BK_TEST_S3_SECRET_FILE")" \
		-H "x-amz-content-sha256: UNSIGNED-PAYLOAD" \
		"$(echo "$BK_TEST_S3_HTTP_URL" |
			sed 's,^s3:,,; s,/repo$,,')?uploads="
}
# no_upload_left WHEN
no_upload_left() {
	uploads >under-way 2>&1
	ok "no upload is left $1" grep -q '</IsTruncated></List' under-way
}
no_upload_left 'after that'

# ---- who we are ---------------------------------------------------------------

# at URL [KEY]: the same with a key in it.
at() {
	echo "$1" | sed "s,://,://${2:-$BK_TEST_S3_KEY}@,"
}
# on TOOL ARGUMENT...: with the repository at $url.
on() {
	tool=$1
	shift
	timeout 200 "$tool" -r "$url" -o password=file:"$secret" -o ca="$BK_TEST_CA" \
		-o timeout=2s --password-from "$opened_by" "$@"
}
# made NAME WHERE [OPTION...]: a repository, which NAME.key opens from then on: in
# no time.
made() {
	key=$work/$1.key
	where=$2
	shift 2
	opened_by=file:$work/password
	exits 0 "a repository is made $where" on bk-init "$@"
	exits 0 '... and a key block' on bk-key export "$key" "$@"
	opened_by=keyblock:$key
}
opened_by=file:$work/password
url=$(at "$BK_TEST_S3_URL")
secret=$BK_TEST_S3_SECRET_FILE
exits 10 'no repository is there yet' on bk-list
says_like "bk-list: no repository at $url; run: bk init -r $url -o .*"
made main 'in a bucket'
exits 0 'it is there' on bk-list
exits 2 'the secret has to be said' bk-list -r "$url" -o ca="$BK_TEST_CA"
says "bk-list: $url: the secret key is missing; write password = file:PATH"
(umask 077 && echo wrong >"$work/wrong")
secret=$work/wrong
exits 14 'a wrong secret' on bk-list
says_like "bk-list: $url.*: SignatureDoesNotMatch.*; is the secret key right\?"
secret=$BK_TEST_S3_SECRET_FILE
url=$(at "$BK_TEST_S3_URL" NOBODY)
exits 14 'a key that is not known' on bk-list
says_like "bk-list: $url.*: InvalidAccessKeyId.*; is the access key in the URL right\?"
url=$(at "$BK_TEST_S3_URL" | sed 's,/bucket/,/bucked/,')
exits 10 'no such bucket' on bk-list
says_like "bk-list: no repository at $url; run: bk init -r $url -o .*"
made bucked '... and its bucket'
exits 0 '... so that it is there' on bk-list
url=$(at "$BK_TEST_S3_HTTP_URL")
opened_by=keyblock:$work/main.key
exits 2 'clear text has to be allowed' on bk-list
exits 0 '... and then it works' on bk-list -o allow-cleartext=yes
on_tomorrow() {
	faketime -f +1d bk-list -r "$url" -o password=file:"$secret" \
		-o allow-cleartext=yes --password-from "$opened_by"
}
if command -v faketime >/dev/null; then
	exits 14 'a clock that is a day ahead' on_tomorrow
	says_like ".*: RequestTimeTooSkewed; this host's clock is 86[0-9]* s ahead of the server's: set the one that is wrong"
fi

# ---- how much -----------------------------------------------------------------

mkdir -p "$work/mail/a/cur" "$work/mail/a/new" "$work/mail/a/tmp"
for n in 1 2 3; do
	head -c 4000000 /dev/urandom | base64 >"$work/mail/a/cur/$n.1.h:2,S"
done
url=$(at "$BK_TEST_S3_TINY_URL")
made tiny 'in a bucket with a quota'
exits 15 'a quota that is used up' on bk-backup "maildir:$work/mail/%u"
says_like "bk-backup: .*QuotaExceeded.*; raise the quota, or prune"
exits 0 'no set was made' on bk-list
ok '... not half of one' test ! -s out
url=$(at "$BK_TEST_S3_URL")
opened_by=keyblock:$work/main.key
exits 0 'mail goes there' on bk-backup "maildir:$work/mail/%u"
exits 0 '... and comes back' on bk-restore latest \
	--to "maildir:$work/back/%u"
sums() {
	(cd "$work/$1" && sha256sum cur/* | cut -c 1-64 | sort)
}
ok '... byte for byte' test "$(sums mail/a)" = "$(sums back/a)"

# ---- what breaks on the way ---------------------------------------------------

url=$(through_proxy "$(at "$BK_TEST_S3_URL")")
for what in cut reset flip; do
	for n in 0 100 1500 3000; do
		fault rgw "$what" "$n" 1
		exits 0 "$what after $n bytes is tried again" on bk-list
		fault rgw "down-$what" "$n" 1
		exits 0 "$what after $n bytes that come is tried again" \
			on bk-list
	done
done
for what in stall down-stall; do
	fault rgw $what 1000 1
	exits 0 "a $what is tried again" on bk-list
done
fault rgw down-stall 0
began=$(date +%s)
exits 14 'a server that says nothing is given up' on bk-list
says_like "bk-list: $url.*(timeout|nothing came or went for 2 s).*"
ok '... in time' test $(($(date +%s) - began)) -lt 150
# In clear text a flipped bit arrives: it is found out there, or here.
plain() {
	on "$@" -o allow-cleartext=yes
}
url=$(at "$BK_TEST_S3_HTTP_URL")2
made plain 'in clear text' -o allow-cleartext=yes
url=$(through_proxy "$url")
fault rgw flip 4000000 1
plain bk-backup "maildir:$work/mail/%u" >out 2>err
status=$?
ok 'a bit that flips in an upload is no success, unless it is sent again' \
	test $status -eq 14 -o $status -eq 0
ok '... it did flip' grep -q flip "$(server_root rgw-faults)/struck"
no_upload_left 'after that'
fault rgw none
rm -rf "$work/cache" "$work/back"
exits 0 'a backup, then' plain bk-backup "maildir:$work/mail/%u" --full
exits 0 'all of it comes back' plain bk-restore latest \
	--to "maildir:$work/back/%u"
ok '... byte for byte' test "$(sums mail/a)" = "$(sums back/a)"
url=$(at "$BK_TEST_S3_HTTP_URL")2
server rgw stop
exits 14 'a server that is down' plain bk-list
says_like "bk-list: $url.*is the server running.*"
done_testing
