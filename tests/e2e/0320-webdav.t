#!/bin/sh
# WebDAV over HTTPS: the promises of a target kept on nginx and on Apache, and
# what is said when a server, a network or a login is not as it should be.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
unset BK_ACT_PIN BK_ACT_CERT BK_ACT_KEY BK_ACT_TIMEOUT BK_ACT_CLEARTEXT

driver=$BK_BUILD/drivers/test_target

# keeps_promises WHERE URL
keeps_promises() {
	ok "the promises of a target: $1" env BK_TEST_URL="$2" timeout 120 \
		"$driver"
}

# act URL VERB...: as tests/drivers/act_webdav.c
act() {
	timeout 60 "$BK_BUILD/drivers/act_webdav" "$@"
}

# told NAME STATUS REGEX: the last act ended so, and a line of it matches.
told() {
	tests=$((tests + 1))
	if [ "$acted" -eq "$2" ] && grep -qE -e "$3" out; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1 (status $acted, not $2, or no '$3')"
		sed 's/^/# /' out err
	fi
}

# fails NAME REGEX URL VERB...: "open: DENIED .*why"
fails() {
	name=$1
	regex=$2
	shift 2
	act "$@" >out 2>err
	acted=$?
	told "$name" 1 "$regex"
}

# works NAME REGEX URL VERB...
works() {
	name=$1
	regex=$2
	shift 2
	act "$@" >out 2>err
	acted=$?
	told "$name" 0 "$regex"
}

need_nginx
export BK_ACT_PASSWORD="file:$BK_TEST_PASSWORD_FILE" BK_ACT_CA="$BK_TEST_CA"
keeps_promises nginx "$BK_TEST_WEBDAV_URL"
need_apache
keeps_promises Apache "$BK_TEST_WEBDAV2_URL"
keeps_promises 'Apache with Digest' "$BK_TEST_WEBDAV2_DIGEST_URL"

# ---- logins ----

(umask 077 && echo wrong >wrong-password)
for url in "$BK_TEST_WEBDAV_URL" "$BK_TEST_WEBDAV2_URL" \
	"$BK_TEST_WEBDAV2_DIGEST_URL"; do
	BK_ACT_PASSWORD=file:wrong-password fails 'a wrong password is told' \
		'^open: DENIED .*HTTP 401.*are user and password right' \
		"$url" list ''
done
: >"$BK_TEST_HTTPS_REQUESTS"
fails 'a redirect to another host is not followed' \
	'^open: DENIED .*HTTP 307: redirect to https://localhost:' \
	"$BK_TEST_HTTPS_ELSEWHERE_URL" open list ''
fails '... nor one to clear text' \
	'^open: DENIED .*HTTP 307: redirect to http://' \
	"$BK_TEST_HTTPS_CLEARTEXT_URL" open list ''
ok '... and nobody there heard of us' \
	sh -c "! grep -E ' localhost | /cleartext/.* 200 ' '$BK_TEST_HTTPS_REQUESTS'"
fails 'a login page is no target' '^open: DENIED .*a web page came' \
	"$BK_TEST_HTTPS_LOGIN_URL" list ''
fails 'clear text is refused' '^open: MISUSE .*allow-cleartext = yes' \
	"$BK_TEST_HTTP_URL" list ''
BK_ACT_CLEARTEXT=1 works '... unless it is allowed' '^get: done' \
	"$BK_TEST_HTTP_URL" put clear 1000 , get clear 1000

# ---- certificates ----

fails 'a server of an unknown authority' \
	'^open: DENIED .*certificate.*ca = FILE' \
	"$BK_TEST_HTTPS_UNKNOWN_URL" list ''
fails '... of another name' '^open: DENIED .*is the host in the URL right' \
	"$BK_TEST_HTTPS_WRONGHOST_URL" list ''
fails '... whose certificate has expired' \
	'^open: DENIED .*expired.*it must be renewed' \
	"$BK_TEST_HTTPS_EXPIRED_URL" list ''
BK_ACT_CA='' fails '... of an authority that the system does not know' \
	'^open: DENIED .*ca = FILE' "$BK_TEST_WEBDAV_URL" list ''

pin() {
	openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | openssl base64 | sed 's|^|sha256//|'
}
pki=$(server_root pki)
BK_ACT_PIN=$(pin "$pki/server.crt") works 'the key that is pinned' \
	'^list: done' "$BK_TEST_WEBDAV_URL" list ''
BK_ACT_PIN=$(pin "$pki/expired.crt") fails 'another key than the pinned' \
	'^open: DENIED .*pin' "$BK_TEST_WEBDAV_URL" list ''

fails 'no certificate where the server wants one' \
	'^open: DENIED .*client-cert = FILE' "$BK_TEST_HTTPS_CLIENT_URL" list ''
BK_ACT_CERT=$BK_TEST_STRANGER_CERT BK_ACT_KEY=$BK_TEST_STRANGER_KEY \
	fails '... one that it does not trust' \
	'^open: DENIED .*client-cert = FILE' "$BK_TEST_HTTPS_CLIENT_URL" list ''
BK_ACT_CERT=$BK_TEST_CLIENT_CERT BK_ACT_KEY=$BK_TEST_CLIENT_KEY \
	works '... and the right one' '^get: done' \
	"$BK_TEST_HTTPS_CLIENT_URL" put mtls 5000 , get mtls 5000

# ---- what is there ----

fails 'no such folder' '^open: GONE .*there is no such folder' \
	"$BK_TEST_WEBDAV_URL/not/there" open list ''
fails '... on Apache' '^open: GONE .*there is no such folder' \
	"$BK_TEST_WEBDAV2_URL/not/there" open list ''
fails 'a server that is busy' '^open: BUSY .*HTTP 503.*after 1 s' \
	"$BK_TEST_HTTPS_BUSY_URL" list ''

works 'blobs are put' '^get: done' "$BK_TEST_WEBDAV_URL" put bkrepo 64 , \
	put data/5/p00000000.bkp 70000 , get data/5/p00000000.bkp 70000 , \
	put sets/5.bks 300
works 'a plain tree is read' '^get: done' "$BK_TEST_HTTPS_READ_URL" open \
	get data/5/p00000000.bkp 70000 , part sets/5.bks 290 10
works '... and listed, as the server shows it' \
	'^data/5/p00000000.bkp 70000$' "$BK_TEST_HTTPS_READ_URL" open list data
works '... where a folder that is not there is empty' '^list: done$' \
	"$BK_TEST_HTTPS_READ_URL" open list trash
fails '... but not written' '^open: DENIED .*offers no WebDAV here' \
	"$BK_TEST_HTTPS_READ_URL" create list ''
fails '... not even by who opened it' '^put: DENIED .*offers no WebDAV here' \
	"$BK_TEST_HTTPS_READ_URL" open put data/6 10
fails '... nor is anything removed' '^remove: DENIED .*offers no WebDAV' \
	"$BK_TEST_HTTPS_READ_URL" open remove sets/5.bks
works 'one that is not shown is read, too' '^get: done' \
	"$BK_TEST_HTTPS_BARE_URL" open get sets/5.bks 300
fails '... but cannot be listed' '^list: DENIED .*cannot be listed.*autoindex' \
	"$BK_TEST_HTTPS_BARE_URL" open list data
fails '... and one without a repository is none' '^open: GONE ' \
	"$BK_TEST_HTTPS_BARE_URL/data" open list data

# ---- a repository there ----

reach="-o password=file:$BK_TEST_PASSWORD_FILE -o ca=$BK_TEST_CA"
bk_on() {
	tool=$1
	shift
	# shellcheck disable=SC2086 # words
	"$tool" $reach "$@"
}
mkdir -p mail/a.example/ann/Maildir/cur mail/a.example/ann/Maildir/new \
	mail/a.example/ann/Maildir/tmp
printf 'Subject: one\n\nhello\n' >mail/a.example/ann/Maildir/cur/1.M2P3.h:2,S
repo=$BK_TEST_WEBDAV_URL/mail
ok 'bk init makes a repository there' bk_on bk-init -r "$repo"
ok 'bk backup puts a set into it' bk_on bk-backup -r "$repo" \
	"maildir:$work/mail/%d/%n/Maildir"
ok 'bk check reads it back' bk_on bk-check -r "$repo" --read-data
ok 'bk restore gets it from a plain tree' bk_on bk-restore \
	-r "$BK_TEST_HTTPS_READ_URL/mail" latest --to "maildir:$work/back/%d/%n/Maildir"
ok '... all of it' diff -r mail/a.example/ann/Maildir/cur \
	back/a.example/ann/Maildir/cur

# ---- rests of puts that never ended ----

half=$BK_TEST_WEBDAV_DIR/data/5/p00000001.bkp.part
echo half >"$half"
echo alien >"$BK_TEST_WEBDAV_DIR/data/alien.part"
touch -d '3 days ago' "$half" "$BK_TEST_WEBDAV_DIR/data/alien.part"
echo young >"$BK_TEST_WEBDAV_DIR/data/young.part"
hand_over "$half" "$BK_TEST_WEBDAV_DIR/data/alien.part"
works 'rests are swept' '^sweep: done' "$BK_TEST_WEBDAV_URL" sweep 86400
ok '... the old ones of ours' test ! -e "$half"
ok '... not those of others' test -e "$BK_TEST_WEBDAV_DIR/data/alien.part"
ok '... nor the young' test -e "$BK_TEST_WEBDAV_DIR/data/young.part"
rm "$BK_TEST_WEBDAV_DIR/data/young.part"

# ---- a disk that is full ----

# is_full WHERE URL
is_full() {
	[ -n "$2" ] || return 0
	fails "a full disk is told: $1" '^put: FULL ' "$2" put data/large 12000000
	works '... where nothing half has a name' '^get: done' "$2" \
		put data/small 1000 , get data/small 1000 , list ''
	ok '... and nothing was left' sh -c '! grep large out'
}
is_full nginx "${BK_TEST_WEBDAV_TINY_URL:-}"
is_full Apache "${BK_TEST_WEBDAV2_TINY_URL:-}"

# ---- a server that goes and comes again ----

cat >restart <<-SH
exec >/dev/null 2>&1
"$top/tests/servers/\$1" "$work/servers/\$1" "\$2"
SH
chmod +x restart
for server in nginx apache; do
	case $server in
	nginx) url=$BK_TEST_WEBDAV_URL ;;
	apache) url=$BK_TEST_WEBDAV2_URL ;;
	esac
	fails "$server is killed: the put is lost" \
		'^put: LOST .*is the server running' "$url" put data/one 1000 , \
		sh "sh ./restart $server kill" put data/two 1000 , \
		get data/one 1000 , sh "sh ./restart $server start" \
		put data/two 1000 , get data/two 1000
	ok '... the next in the same session is not' \
		test "$(tail -n 2 out | grep -c ': done')" -eq 2
done

done_testing
