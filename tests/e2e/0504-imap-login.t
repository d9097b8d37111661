#!/bin/sh
# Ways into a mail server, and all that keeps a password from going elsewhere.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs dovecot openssl
need_cyrus

"$top/tests/servers/pki" "$work/pki"
ca=$work/pki/ca.crt
ann=ann@a.test
(umask 077 && echo pw >pw && echo masterpw >masterpw && echo wrong >wrong)

a=$work/a
dovecot "$a" full "$work/pki"
dovecot "$a" adduser $ann
dovecot "$a" start || exit 1
# shellcheck source=/dev/null
. "$a/env"
clear="imap://127.0.0.1:$IMAP/"
tls="imaps://127.0.0.1:$IMAPS/"

# knocks URL SETTING...: what came of it is in `said`.
knocks() {
	timeout 60 "${BK_BUILD:?}/drivers/imap_login" "$@" >said 2>said.err
}

# ann URL SETTING...
ann() {
	knocks "$@" user=$ann ca="$ca"
}

# turned_away NAME KIND REGEX URL SETTING...
turned_away() {
	name=$1 like="^$2 $4: .*$3"
	shift 3
	ok "$name" shows_refusal "$@"
}

shows_refusal() {
	! knocks "$@" && grep -qE "$like" said && return
	cat said
	return 1
}

# wait_for_line REGEX LOG
wait_for_line() {
	tries=0
	until grep -qE "$1" "$2"; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || return 1
		sleep 0.05
	done
}

# ---- ways in -----------------------------------------------------------------

for url in "$tls" "$clear"; do
	ok "${url%%:*}: a password" ann "$url" password=file:pw
	ok "... and the server answers" grep -q '^in: t OK NOOP' said
	ok "... in the account" ann "$url" password=file:pw \
		say='GETMETADATA INBOX /private/comment'
	ok "a master as user*master" knocks "$url" ca="$ca" \
		user="$ann*master" password=file:masterpw
	ok "a master for an authorisation identity" knocks "$url" ca="$ca" \
		user=master authzid=$ann password=file:masterpw
	for sasl in xoauth2 oauthbearer; do
		ok "a token by $sasl" ann "$url" sasl=$sasl \
			token="command:$top/tests/servers/dovecot $a token $ann"
	done
	turned_away "a wrong password" DENIED \
		"'$ann' refused: the server says \"NO \[AUTHENTICATIONFAILED\]" \
		"$url" user=$ann ca="$ca" password=file:wrong
	turned_away "who is no master" DENIED \
		"'$ann' as 'bob@a.test' refused.*may this user log in as others" \
		"$url" user=$ann authzid=bob@a.test ca="$ca" password=file:pw
done
ok "ten logins, one after the other" ann "$tls" password=file:pw times=10
ok "... are ten" test "$(grep -c '^in: t OK' said)" -eq 10

# ---- tokens that grow old ----------------------------------------------------

cat >token <<-SH
	#!/bin/sh
	echo asked >>"$work/asked"
	case \$(wc -l <"$work/asked") in
	1) exec "$top/tests/servers/dovecot" "$a" token $ann -1 ;;
	*) exec "$top/tests/servers/dovecot" "$a" token $ann ;;
	esac
SH
chmod 755 token
for sasl in xoauth2 oauthbearer; do
	: >asked
	ok "$sasl: one that has expired is fetched again" ann "$clear" \
		sasl=$sasl token="command:$work/token" times=3
	ok "... once" test "$(wc -l <asked)" -eq 2
	turned_away "$sasl: one that stays refused" DENIED \
		'is the token one for this user' "$clear" user=$ann ca="$ca" \
		sasl=$sasl token="command:$top/tests/servers/dovecot $a token $ann -1"
done
turned_away "... says what the server says" DENIED 'the server says "[{]"status"' \
	"$clear" user=$ann ca="$ca" sasl=xoauth2 token="command:echo no"
turned_away "a token for nobody" MISUSE 'say token = command:' "$clear" \
	user=$ann ca="$ca" sasl=xoauth2

# ---- who the server is -------------------------------------------------------

pin=sha256//$(openssl x509 -in "$work/pki/server.crt" -noout -pubkey |
	openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
other=sha256//$(echo other | openssl dgst -sha256 -binary | base64)
for url in "$tls" "$clear"; do
	turned_away "${url%%:*}: a CA that nobody told of" DENIED \
		'certificate.*ca = FILE' "$url" user=$ann password=file:pw
	turned_away "... clear text allowed or not" DENIED \
		'certificate.*ca = FILE' "$url" user=$ann password=file:pw \
		cleartext=yes
	ok "the key that was pinned" ann "$url" password=file:pw pin="$pin"
	turned_away "another key" DENIED 'not the one that pin names' "$url" \
		user=$ann ca="$ca" password=file:pw pin="$other"
done
turned_away "clear text where TLS is spoken" LOST '' \
	"imap://127.0.0.1:$IMAPS/" user=$ann ca="$ca" password=file:pw timeout=2
turned_away "TLS where clear text is spoken" LOST '' \
	"imaps://127.0.0.1:$IMAP/" user=$ann ca="$ca" password=file:pw

# ---- clear text --------------------------------------------------------------

b=$work/b
dovecot "$b" new
dovecot "$b" adduser $ann
dovecot "$b" start || exit 1
bare="imap://127.0.0.1:$(sed -n 's/^IMAP=//p' "$b/env")/"
turned_away "STARTTLS that is not offered, or was taken out" DENIED \
	'offers no STARTTLS here' "$bare" user=$ann password=file:pw
ok "... nobody tried to log in" wait_for_line 'no auth attempts' "$b/log"
ok "clear text that is allowed" ann "$bare" password=file:pw cleartext=yes
ok "... where there is TLS, it is used" ann "$clear" password=file:pw \
	cleartext=yes
ok "... the server saw it" wait_for_line "user=<$ann>.* TLS" "$a/log"
exits 1 "... each time" grep "Login: user=<$ann>.*secured" "$a/log"

# ---- the way there -----------------------------------------------------------

"$top/tests/lib/connect_proxy.py" >proxied &
proxy=$!
until [ -s proxied ]; do
	kill -0 $proxy || exit 1
	sleep 0.05
done
through=http://127.0.0.1:$(head -n 1 proxied)
for url in "$tls" "$clear"; do
	ok "${url%%:*} through a proxy" ann "$url" password=file:pw \
		proxy="$through"
done
ok "... which was asked" test "$(grep -c '^CONNECT 127.0.0.1:' proxied)" -eq 2
kill $proxy
wait $proxy 2>/dev/null
turned_away "a proxy that is not there" LOST 'is the proxy running' "$clear" \
	user=$ann ca="$ca" password=file:pw proxy="$through"
ok "the environment's is not used" env http_proxy="$through" \
	https_proxy="$through" all_proxy="$through" imap_proxy="$through" \
	"$BK_BUILD/drivers/imap_login" "$clear" user=$ann ca="$ca" \
	password=file:pw
dovecot "$a" stop
turned_away "nobody there" LOST 'is the server running' "$clear" \
	user=$ann ca="$ca" password=file:pw

# ---- Cyrus -------------------------------------------------------------------

c=$work/c
cyrus "$c" new "$work/pki"
cyrus "$c" start || exit 1
cyrus "$c" adduser $ann
# shellcheck source=/dev/null
. "$c/env"
for url in "imaps://127.0.0.1:$IMAPS/" "imap://127.0.0.1:$IMAP/"; do
	ok "Cyrus, ${url%%:*}" ann "$url" password=file:pw
	ok "... the administrator for a user" knocks "$url" user=cyrus \
		authzid=$ann ca="$ca" password=file:pw
	turned_away "... a wrong password" DENIED 'the server says "NO' "$url" \
		user=$ann ca="$ca" password=file:wrong
done
done_testing
