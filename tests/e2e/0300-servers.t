#!/bin/sh
# The servers that other tests ship to: each starts, stores and gives back what a
# client that is not ours puts there, fails where it should, and is gone when it
# is stopped.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/targets.sh"
needs curl

head -c 300000 /dev/urandom >sent
head -c 9000000 /dev/urandom >large
password=$(cat "$BK_TEST_PASSWORD_FILE")

# with URL OPTION...: curl, logged in as the URL says.
with() {
	where=$1
	shift
	who=${where#*://}
	case $where in
	ftpes:*) set -- --ssl-reqd "$@" ;;
	http*) set -- --http1.1 "$@" ;; # HTTP/2 of curl loses early answers
	esac
	(umask 077 && printf 'user = "%s:%s"\n' "${who%%@*}" "$password" >login)
	curl -K login -sS --fail --max-time 20 --cacert "$BK_TEST_CA" \
		-o received "$@" "$(bare "$where")"
}

# bare URL: as curl takes it.  Its paths of FTP begin where one logs in.
bare() {
	echo "$1" | sed 's,^ftpes:,ftp:,; s,//[^@/]*@,//,
		s,^\(ftps\{0\,1\}://[^/]*\)/,\1/%2F,'
}

# put URL FILE [OPTION...]
put() {
	where=$1
	file=$2
	shift 2
	with "$where" --ftp-create-dirs -T "$file" "$@"
}

# get URL: what was sent comes back.
get() {
	rm -f received
	with "$1" || return
	cmp received sent
}

# there FILE: it has the bytes that were sent.
there() {
	cmp "$1" sent
}

# lists URL REGEX OPTION...: the answer has it.
lists() {
	where=$1
	like=$2
	shift 2
	with "$where" "$@" && grep -q "$like" received
}

# status STATUS URL OPTION...: what HTTP answers.
status() {
	want=$1
	shift
	with "$@" --no-fail -w '%{http_code}' >code && grep -qx "$want" code
}

gone() {
	port=$(server_says "$1" PORT)
	ok "$1 stops" server "$1" stop
	exits 7 "... and nobody listens any more" curl -s "http://127.0.0.1:$port/"
	ok "... and it starts again" server "$1" start
	ok "... and dies when it is killed" server "$1" kill
	exits 7 "... and nobody listens then" curl -s "http://127.0.0.1:$port/"
}

# ---- FTP -----------------------------------------------------------------

need_proftpd
for url in "$BK_TEST_FTP_URL" "$BK_TEST_FTPES_URL" "$BK_TEST_FTPS_URL"; do
	rm -rf "$BK_TEST_FTP_DIR"
	scheme=${url%%:*}
	ok "$scheme: a file is sent" put "$url/a" sent
	ok "$scheme: its bytes are there" there "$BK_TEST_FTP_DIR/a"
	ok "$scheme: it comes back" get "$url/a"
	ok "$scheme: MLSD shows it" lists "$url/" 'size=300000;.* a' -X MLSD
done
exits 64 "a server without TLS does not pass for one with it" \
	with "$BK_TEST_FTPES_NOTLS_URL/a"
exits 67 "a server with TLS lets nobody in without it" \
	with "$(echo "$BK_TEST_FTPES_URL/a" | sed s/ftpes/ftp/)"
# Refused behind TLS, curl takes the 550 for an answer to PASV (13): without.
url=$(echo "$BK_TEST_FTP_URL" | sed s/bk@/append@/)
path=$(server_says proftpd BASE)/repo
ok "append: a new file is sent" put "$url/b" sent
exits 25 "append: nothing is overwritten" put "$url/b" sent
exits 25 "append: nothing is appended to" with "$url/b" -a -T sent
exits 21 "append: nothing is deleted" with "$url/" -Q "DELE $path/b"
ok "append: a new name is given" \
	with "$url/" -Q "RNFR $path/b" -Q "RNTO $path/c"
exits 21 "append: not one that is there" \
	with "$url/" -Q "RNFR $path/c" -Q "RNTO $path/a"
exits 21 "drop: no new name is given" \
	with "$BK_TEST_FTPES_DROP_URL/" -Q "RNFR $path/c" -Q "RNTO $path/d"

mkdir .ssh
cp "$BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS" .ssh/known_hosts
url=$BK_TEST_SFTP_PASSWORD_URL
ok "SFTP with a password: a file is sent" put "$url/s" sent
ok "SFTP with a password: it comes back" get "$url/s"
[ -z "${BK_TEST_FTPES_TINY_URL:-}" ] || exits 18 \
	"a small disk is full" put "$BK_TEST_FTPES_TINY_URL/large" large

need_faultproxy proftpd
url=$(through_proxy "$BK_TEST_FTP_URL")
struck=$(server_root proftpd-faults)/struck
ok "through the proxy: a file is sent" put "$url/p" sent
ok "through the proxy: it comes back" get "$url/p"
ok "through the proxy: TLS" put "$(through_proxy "$BK_TEST_FTPES_URL")/p" sent
fault proftpd cut 100000
put "$url/p" sent 2>/dev/null # the server may take it for the end: 226
ok "cut on the way up, where it was said" test "$(stat -c %s "$BK_TEST_FTP_DIR/p")" = 100000
fault proftpd flip 1000
ok "a bit flips on the way up" put "$url/p" sent
ok "... that one" cmp -i 1001 "$BK_TEST_FTP_DIR/p" sent
exits 1 "... that one indeed" cmp "$BK_TEST_FTP_DIR/p" sent
fault proftpd none
ok "the next one passes" put "$url/p" sent
fault proftpd down-cut 100000 1
exits 18 "cut on the way down" get "$url/p"
ok "... once only" get "$url/p"
ok "... as the proxy's notes say" grep -c '^down-cut 100000 port' "$struck"
fault proftpd down-reset 100000 1
exits 56 "reset on the way down" get "$url/p"
fault proftpd stall 100000 1
exits 28 "stalled on the way up" put "$url/p" sent --max-time 2
ok "the proxy stops" "$top/tests/servers/faultproxy" \
	"$(server_root proftpd-faults)" stop
exits 7 "... and is gone" get "$url/p"
gone proftpd

if [ "$(id -u)" -eq 0 ]; then
	need_vsftpd
	url=$BK_TEST_VSFTPD_URL
	# It cuts off what curl uploads by TLS 1.3.
	ok "vsftpd: a file is sent" put "$url/a" sent --tls-max 1.2
	ok "vsftpd: its bytes are there" there "$BK_TEST_VSFTPD_DIR/a"
	ok "vsftpd: it comes back" get "$url/a"
	ok "vsftpd: LIST shows it" lists "$url/" ' 300000 .* a'
	exits 19 "vsftpd: MLSD is not known" with "$url/" -X MLSD
	gone vsftpd
fi

# ---- WebDAV and HTTPS ----------------------------------------------------

need_nginx
need_apache
for url in "$BK_TEST_WEBDAV_URL" "$BK_TEST_WEBDAV2_URL" \
	"$BK_TEST_WEBDAV2_DIGEST_URL"; do
	which=nginx
	files=$BK_TEST_WEBDAV_DIR
	set --
	case $url in
	"$BK_TEST_WEBDAV2_URL"*) which=Apache files=$BK_TEST_WEBDAV2_DIR ;;
	*digest*)
		which="Apache, Digest" files=$BK_TEST_WEBDAV2_DIR
		rm -rf "$files"
		set -- --digest
		;;
	esac
	ok "$which: a folder is made" with "$url/" -X MKCOL "$@"
	ok "$which: a file is sent" with "$url/a" -T sent "$@"
	ok "$which: its bytes are there" there "$files/a"
	ok "$which: it gets another name" \
		with "$url/a" -X MOVE -H "Destination: $(bare "$url/b")" "$@"
	ok "$which: it comes back" with "$url/b" "$@"
	ok "$which: ... the same" cmp received sent
	ok "$which: PROPFIND shows it" \
		lists "$url/" 'getcontentlength>300000<' \
		-X PROPFIND -H 'Depth: 1' "$@"
	ok "$which: it is deleted" with "$url/b" -X DELETE "$@"
	ok "$which: it is gone" test ! -e "$files/b"
	ok "$which: a file is sent again" with "$url/a" -T sent "$@"
done
ok "nginx overwrites whatever one asks" status 204 \
	"$BK_TEST_WEBDAV_URL/a" -T sent -H 'If-None-Match: *'
ok "Apache does as it is asked" status 412 \
	"$BK_TEST_WEBDAV2_URL/a" -T sent -H 'If-None-Match: *'
[ -z "${BK_TEST_WEBDAV_TINY_URL:-}" ] || {
	ok "nginx is full" status 500 "$BK_TEST_WEBDAV_TINY_URL-large" -T large
	ok "Apache is full, and says so" \
		status 507 "$BK_TEST_WEBDAV2_TINY_URL-large" -T large
}
password=wrong
ok "a wrong password opens nothing" status 401 "$BK_TEST_WEBDAV_URL/a"
ok "nor at Apache's" status 401 "$BK_TEST_WEBDAV2_URL/a"
password=$(cat "$BK_TEST_PASSWORD_FILE")

ok "a tree to read: a file" get "$BK_TEST_HTTPS_READ_URL/a"
ok "... its list" lists "$BK_TEST_HTTPS_READ_URL/" 'href="a"'
ok "... and nothing to write" \
	status 405 "$BK_TEST_HTTPS_READ_URL/b" -T sent
ok "one that lists nothing: a file" get "$BK_TEST_HTTPS_BARE_URL/a"
ok "... and no list" status 403 "$BK_TEST_HTTPS_BARE_URL/"
ok "another host is pointed to" status 307 "$BK_TEST_HTTPS_ELSEWHERE_URL/a"
ok "... and gives the file" with "$BK_TEST_HTTPS_ELSEWHERE_URL/a" -L
ok "no TLS is pointed to" status 307 "$BK_TEST_HTTPS_CLEARTEXT_URL/a"
ok "... and gives the file" with "$BK_TEST_HTTPS_CLEARTEXT_URL/a" -L
ok "it is known who brought a password where" \
	grep -q ' localhost GET /elsewhere/repo/a 200 anonymous' \
	"$BK_TEST_HTTPS_REQUESTS"
ok "a login page has status 200" status 200 "$BK_TEST_HTTPS_LOGIN_URL/a"
ok "a busy server has 503" status 503 "$BK_TEST_HTTPS_BUSY_URL/a"
url=$BK_TEST_HTTPS_CLIENT_URL/a
ok "a client with a certificate comes in" with "$url" \
	--cert "$BK_TEST_CLIENT_CERT" --key "$BK_TEST_CLIENT_KEY"
ok "one without does not" status 400 "$url"
ok "nor one with a stranger's" status 400 "$url" \
	--cert "$BK_TEST_STRANGER_CERT" --key "$BK_TEST_STRANGER_KEY"
for url in "$BK_TEST_HTTPS_WRONGHOST_URL" "$BK_TEST_HTTPS_EXPIRED_URL" \
	"$BK_TEST_HTTPS_UNKNOWN_URL"; do
	exits 60 "a certificate is refused" with "$url/a"
	ok "... which is all that is wrong" with "$url/a" -k
done
ok "all without TLS" get "$BK_TEST_HTTP_URL/a"
gone nginx
gone apache

# ---- SFTP ----------------------------------------------------------------

# sftp_with KNOWN_HOSTS COMMANDS...: OpenSSH's client, one command a line.
sftp_with() {
	known=$1
	shift
	at=${BK_TEST_SFTP_URL#sftp://}
	port=${at#*:}
	printf '%s\n' "$@" | timeout 20 sftp -q -b - -F none -P "${port%%/*}" \
		-i "$BK_TEST_SSH_KEY" -o IdentitiesOnly=yes -o BatchMode=yes \
		-o UserKnownHostsFile="$known" -o StrictHostKeyChecking=yes \
		"${at%%:*}"
}

need_sshd
ok "SFTP: a file is sent and comes back" sftp_with "$BK_TEST_KNOWN_HOSTS" \
	"mkdir $BK_TEST_SFTP_DIR" "put sent $BK_TEST_SFTP_DIR/a" \
	"get $BK_TEST_SFTP_DIR/a received" "ls -l $BK_TEST_SFTP_DIR"
cp out listed
ok "SFTP: its list" grep -q ' 300000 .*a$' listed
ok "SFTP: its bytes are there" there "$BK_TEST_SFTP_DIR/a"
ok "SFTP: ... and came back" cmp received sent
exits 255 "SFTP: a host key that has changed" \
	sftp_with "$BK_TEST_KNOWN_HOSTS_CHANGED" "ls $BK_TEST_SFTP_DIR"
[ -z "${BK_TEST_SFTP_TINY_URL:-}" ] || exits 1 "SFTP: a small disk is full" \
	sftp_with "$BK_TEST_KNOWN_HOSTS" "put large $(server_says sshd TINY)/a"
gone sshd

# ---- SMB -----------------------------------------------------------------

# smb URL COMMANDS: smbclient, logged in.
smb() {
	at=${1#smb://}
	port=${at#*:}
	share=${at#*/}
	(umask 077 && printf 'username = %s\npassword = %s\ndomain = BK\n' \
		"${at%%@*}" "$password" >login)
	timeout 20 smbclient -s /dev/null -A login -m SMB3 -p "${port%%/*}" \
		--client-protection=encrypt "//127.0.0.1/${share%%/*}" -c "$2"
}

if [ "$(id -u)" -eq 0 ]; then
	needs smbclient
	need_samba
	ok "SMB: a file is sent and comes back" smb "$BK_TEST_SMB_URL" \
		"mkdir repo; put sent repo/a; get repo/a received; ls repo/*"
	cp out listed
	ok "SMB: its list" grep -q '  a  .* 300000 ' listed
	ok "SMB: its bytes are there" there "$BK_TEST_SMB_DIR/a"
	ok "SMB: ... and came back" cmp received sent
	exits 1 "SMB: a share to read" \
		smb "$BK_TEST_SMB_READONLY_URL" "put sent repo/b"
	[ -z "${BK_TEST_SMB_TINY_URL:-}" ] || {
		smb "$BK_TEST_SMB_TINY_URL" "put large a" >said 2>&1
		ok "SMB: a small disk is full" grep DISK_FULL said
	}
	password=wrong
	exits 1 "SMB: a wrong password" smb "$BK_TEST_SMB_URL" ls
	password=$(cat "$BK_TEST_PASSWORD_FILE")
	gone samba
fi

# ---- S3 ------------------------------------------------------------------

# s3 URL OPTION...: curl, which signs what it asks.
s3() {
	where=${1#s3:}
	shift
	(umask 077 && printf 'user = "%s:%s"\n' "$BK_TEST_S3_KEY" \
		"$password" >login)
	digest=$(sha256sum </dev/null)
	[ "${1:-}" != -T ] || digest=$(sha256sum <"$2")
	curl -K login -sS --fail --max-time 20 --cacert "$BK_TEST_CA" --http1.1 \
		--aws-sigv4 aws:amz:us-east-1:s3 -o received \
		-H "x-amz-content-sha256: ${digest%% *}" "$@" "$where"
}

s3_status() {
	want=$1
	shift
	s3 "$@" --no-fail -w '%{http_code}' >code && grep -qx "$want" code
}

need_rgw
url=$BK_TEST_S3_URL
ok "S3: a file is sent" s3 "$url/a" -T sent
ok "S3: it comes back" s3 "$url/a"
ok "S3: ... the same" cmp received sent
ok "S3: its list" s3 "${url%/repo}?list-type=2&prefix=repo%2F"
ok "S3: ... has it" grep -q '<Key>repo/a</Key>.*<Size>300000</Size>' received
ok "S3: it is not overwritten" \
	s3_status 412 "$url/a" -T sent -H 'If-None-Match: *'
ok "S3: a bucket with a quota is full" \
	s3_status 403 "$BK_TEST_S3_TINY_URL" -T large
ok "S3: ... and says so" grep -q QuotaExceeded received
ok "S3: without TLS" s3 "$BK_TEST_S3_HTTP_URL/a"
ok "S3: it is deleted" s3 "$url/a" -X DELETE
ok "S3: it is gone" s3_status 404 "$url/a"
password=wrong
ok "S3: a wrong secret" s3_status 403 "$url/a" -T sent
password=$(cat "$BK_TEST_PASSWORD_FILE")
gone rgw

done_testing
