#!/bin/sh
# Moves by every way in that a provider may ask for: tokens, also where one grows
# old in mid-run, certificates of clients, STARTTLS alone.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

pki=$work/pki
ann=ann@a.test
"$top/tests/servers/pki" "$pki"
for server in a b; do
	dovecot "$work/$server" full "$pki"
	dovecot "$work/$server" adduser $ann bob@a.test eve@a.test
done
# Nothing but TLS, and nobody without a certificate of ours.
cat >b/local.conf <<-CONF
	ssl = required
	ssl_ca = <$pki/ca.crt
	ssl_verify_client_cert = yes
	ssl_require_crl = no
	auth_ssl_require_client_cert = yes
	disable_plaintext_auth = yes
CONF
for server in a b; do
	dovecot "$work/$server" start
done
imaps() {
	sed -n 's/^IMAPS=//p' "$work/$1/env"
}
cat >>"$BK_CONFIG" <<-CONF
	[server tokens]
	url = imaps://127.0.0.1:$(imaps a)
	ca = $pki/ca.crt
	auth = oauthbearer
	token = command:$work/token
	[server plain]
	url = imap://127.0.0.1:$(port_of a)
	ca = $pki/ca.crt
	password = file:$work/pw
CONF
# Each of them with a certificate and without.
for bare in '' bare-; do
	for way in "certs imaps://127.0.0.1:$(imaps b)" \
		"starttls imap://127.0.0.1:$(port_of b)"; do
		cat >>"$BK_CONFIG" <<-CONF
		[server $bare${way% *}]
		url = ${way#* }
		ca = $pki/ca.crt
		password = file:$work/pw
		CONF
		[ -n "$bare" ] || cat >>"$BK_CONFIG" <<-CONF
		client-cert = $pki/client.crt
		client-key = $pki/client.key
		CONF
	done
done
cat >token <<-SH
	#!/bin/sh
	echo asked >>"$work/asked"
	case \$(wc -l <"$work/asked") in
	1) exec "$top/tests/servers/dovecot" "$work/a" token $ann 6 ;;
	*) exec "$top/tests/servers/dovecot" "$work/a" token $ann ;;
	esac
SH
chmod 755 token

# there ACCOUNT: how many messages have arrived.
there() {
	find "$work/b/mail/a.test/${1%@*}" -type f -path '*/cur/*' | wc -l
}

# ---- a token that grows old in mid-run -----------------------------------------------

makes ordinary "$(at a $ann)" "$(at a bob@a.test)" --messages 90
: >asked
bk-move --from tokens --to certs --account $ann \
	--from-option limit-down=40000 >out.tokens 2>err.tokens &
move=$!
until [ "$(there $ann 2>/dev/null)" -gt 0 ] || ! kill -0 $move; do
	sleep 0.05
done
kill -STOP $move
ok "a pass by a token is under way" test "$(there $ann)" -gt 0
first=$(sed -n 's/.*Login: user=<ann@a.test>, method=\([A-Z0-9]*\),.*/\1/p' \
	a/log | grep -v PLAIN | tail -n 1)
ok "... its login was OAUTHBEARER's" test "$first" = OAUTHBEARER
# The server's clock decides: it counts in seconds.
old=$(($(date +%s) + 7))
until [ "$(date +%s)" -ge $old ]; do
	sleep 0.2
done
ok "... the server cuts it off" dovecot "$work/a" doveadm kick $ann
kill -CONT $move
wait $move
status=$?
ok "... it goes on with a new one, and ends well" test $status -eq 0
sed 's/^/# /' err.tokens
ok "... which was asked for once more" test "$(wc -l <asked)" -eq 2

sed -i 's/^auth = oauthbearer/auth = xoauth2/' "$BK_CONFIG"
ok "XOAUTH2" bk-move verify --from tokens --to certs --account $ann
ok "... it was" grep -q 'method=XOAUTH2.*TLS' a/log
exits 16 "a token of somebody else" bk-move --from tokens --to certs \
	--account bob@a.test
says_like 'bk-move: .*is the token one for this user.*'

# ---- certificates, and STARTTLS --------------------------------------------------------

ok "STARTTLS and a certificate" bk-move --from plain --to starttls \
	--account bob@a.test
for server in a b; do
	# Who made the account did so in clear text.
	ok "... $server saw a login by TLS" grep -q \
		'Login: user=<bob@a.test>.*TLS' $server/log
done
for to in certs starttls; do
	exits 14 "$to: nobody without a certificate" bk-move --from plain \
		--to bare-$to --account eve@a.test
	exits 14 "... nor by a stranger's" bk-move --from plain --to $to \
		--account eve@a.test \
		--to-option client-cert="$pki/stranger.crt" \
		--to-option client-key="$pki/stranger.key"
done
ok "... nothing came" test ! -e b/mail/a.test/eve

# Another client, who has none, may look at what came.
rm b/local.conf
dovecot "$work/b" stop
dovecot "$work/b" start
for account in $ann bob@a.test; do
	ok "$account has the same mail there" same "$(at a "$account")" \
		"$(at b "$account")"
done

done_testing
