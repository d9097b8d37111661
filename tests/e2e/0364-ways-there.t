#!/bin/sh
# By what ways a target is reached: proxies, pins, certificates of clients, versions
# of TLS, and where secrets come from, which nothing repeats.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship openssl
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
new_source 1 300000

need_nginx
need_proftpd
need_sshd
ca=ca=$BK_TEST_CA
secret=password=file:$BK_TEST_PASSWORD_FILE
web=$BK_TEST_WEBDAV_URL
ok 'a copy' bk-ship push "$web" -o "$secret" -o "$ca"

# ---- proxies ---------------------------------------------------------------------

"$top/tests/lib/connect_proxy.py" >proxied &
proxy=$!
until [ -s proxied ]; do
	kill -0 $proxy || exit 1
	sleep 0.05
done
through=proxy=http://127.0.0.1:$(head -n 1 proxied)
# proxied WHAT URL DIR OPTION...: all that goes there goes through it.
proxied() {
	what=$1 url=$2 dir=$3
	shift 3
	asked=$(wc -l <proxied)
	ok "$what through a proxy" bk-ship push "$url" -o "$through" "$@"
	ok '... byte for byte' is_copy "$dir"
	ok '... which was asked' test "$(wc -l <proxied)" -gt "$asked"
}
proxied HTTPS "$web/proxied" "$BK_TEST_WEBDAV_DIR/proxied" -o "$secret" -o "$ca"
proxied FTPES "$BK_TEST_FTPES_URL" "$BK_TEST_FTPES_DIR" -o "$secret" -o "$ca"
proxied SFTP "$BK_TEST_SFTP_URL" "$BK_TEST_SFTP_DIR" \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$BK_TEST_KNOWN_HOSTS"
kill $proxy
wait $proxy 2>/dev/null
exits 14 'a proxy that is not there' bk-ship status "$web" -o "$through" \
	-o timeout=1s -o "$secret" -o "$ca"
says_like 'bk-ship: .*is the proxy running.*'
nowhere=http://127.0.0.1:1
ok "the environment's is not used" env http_proxy=$nowhere \
	https_proxy=$nowhere all_proxy=$nowhere \
	bk-ship status "$web" -o "$secret" -o "$ca"

# ---- who is there ----------------------------------------------------------------

pin() {
	openssl x509 -in "$pki/$1.crt" -noout -pubkey |
		openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | openssl base64 |
		sed 's|^|pin=sha256//|'
}
ok 'the key that is pinned' bk-ship status "$web" -o "$secret" -o "$ca" \
	-o "$(pin server)"
exits 14 'another key than the pinned' bk-ship status "$web" -o "$secret" \
	-o "$ca" -o "$(pin expired)"
says_like 'bk-ship: .*pin.*'
ok "a client's certificate" bk-ship status "$BK_TEST_HTTPS_CLIENT_URL" \
	-o "$ca" -o "client-cert=$BK_TEST_CLIENT_CERT" \
	-o "client-key=$BK_TEST_CLIENT_KEY"
exits 14 '... of an authority that is not known' \
	bk-ship status "$BK_TEST_HTTPS_CLIENT_URL" -o "$ca" \
	-o "client-cert=$BK_TEST_STRANGER_CERT" \
	-o "client-key=$BK_TEST_STRANGER_KEY"
says_like 'bk-ship: .*client-cert = FILE.*'

# A server that speaks nothing newer.
port=$("$top/tests/lib/free_ports" 1)
timeout 60 openssl s_server -accept "127.0.0.1:$port" -tls1_1 -www \
	-cipher 'ALL:@SECLEVEL=0' -cert "$pki/server.crt" \
	-key "$pki/server.key" >old 2>&1 &
old=$!
until grep -q ACCEPT old; do
	kill -0 $old || break
	sleep 0.05
done
exits 14 'TLS 1.1 is not spoken' bk-ship status \
	"https://bk@127.0.0.1:$port/repo" -o "$secret" -o "$ca" -o timeout=2s
says_like 'bk-ship: .*does the server speak TLS 1.2 or newer.*'
kill $old
wait $old 2>/dev/null
ok 'FTP with TLS speaks 1.2, whatever the server can' \
	grep -q 'TLSv1\.2' "$(server_root proftpd)/run/tls"
exits 1 '... and nothing newer' \
	grep 'TLSv1\.3 connection accepted' "$(server_root proftpd)/run/tls"

# ---- secrets ---------------------------------------------------------------------

(umask 077 && mkdir credentials && cp "$BK_TEST_PASSWORD_FILE" credentials/nas)
ok 'the password from a command' bk-ship status "$web" -o "$ca" \
	-o "password=command:cat $BK_TEST_PASSWORD_FILE"
from_descriptor() {
	bk-ship status "$web" -o "$ca" -o password=fd:6 6<"$BK_TEST_PASSWORD_FILE"
}
ok '... a descriptor' from_descriptor
ok '... a credential of systemd' env CREDENTIALS_DIRECTORY="$work/credentials" \
	bk-ship status "$web" -o "$ca" -o password=credential:nas
(umask 077 && printf 'machine 127.0.0.1 login bk password %s\n' \
	"$(cat "$BK_TEST_PASSWORD_FILE")" >.netrc)
bare=$(echo "$web" | sed 's,bk@,,')
ok '... from ~/.netrc, with the user' bk-ship status "$bare" -o "$ca" -o netrc=yes
exits 14 '... where it is wanted only' bk-ship status "$bare" -o "$ca"
rm .netrc
password=$(cat "$BK_TEST_PASSWORD_FILE")
exits 2 'in a URL it is refused' bk-ship status \
	"$(echo "$web" | sed "s,bk@,bk:$password@,")" -o "$ca"
ok '... and not repeated' sh -c "! grep -q '$password' err out"
exits 2 'as a word it is refused' bk-ship status "$web" -o "$ca" \
	-o "password=$password"
ok '... and not repeated' sh -c "! grep -q '$password' err out"
ok 'who wants to hear everything' bk-ship verify "$web" -v -v --json \
	-o "$secret" -o "$ca"
ok '... does not hear it' sh -c "! grep -q '$password' err out"
ok '... nor does it lie about' sh -c \
	"! grep -rqF '$password' '$BK_STATE_DIR' '$BK_CACHE_DIR' '$BK_CONFIG'"

# ---- how much is proved ------------------------------------------------------------

# files OPTION...: of a new copy, how many are read back.
files() {
	rm -rf "$BK_TEST_WEBDAV_DIR/proved"
	: >"$BK_TEST_HTTPS_SENT"
	bk-ship push "$web/proved" -o "$secret" -o "$ca" "$@" >out 2>err
	ended=$?
	until grep -q "GET .*$(basename repo/sets/* | tail -n 1)" \
		"$BK_TEST_HTTPS_SENT"; do
		sleep 0.05
	done
	read_back=$(sed -n 's/^GET \([^ ]*\.bk.\) .*/\1/p' "$BK_TEST_HTTPS_SENT" |
		sort -u | wc -l)
}
files --verify=full
full=$read_back
holds "all $full files are read back" test "$ended-$full" = \
	"0-$(find repo/data repo/sets repo/keys -type f | wc -l)"
files --verify=size
size=$read_back
holds "... roots and keys alone, $size" test "$ended-$size" = \
	"0-$(find repo/sets repo/keys -type f | wc -l)"
files --verify=sample
holds "... a sample, $read_back" test "$ended" -eq 0 -a \
	"$read_back" -gt "$size" -a "$read_back" -le "$full"
done_testing
