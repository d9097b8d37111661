#!/bin/sh
# Mails about jobs by SMTP with TLS and a login: read in a mailbox where server
# and password are right, kept and told of where not.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-init bk-backup faketime dovecot postfix python3 openssl
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

# A Dovecot that lets Postfix ask who knows which password.
dovecot "$work/a" new && dovecot "$work/a" adduser admin@a.test || exit 1
cat >"$work/a/local.conf" <<-CONF
	service auth {
	  unix_listener $work/sasl {
	    mode = 0666
	  }
	}
CONF
dovecot "$work/a" start || exit 1
"$top/tests/servers/pki" "$work/pki"
front postfix "$work/mx" new "port/$(port a LMTP)"
smtps=$("$top/tests/lib/free_ports" 1)
install -m 600 "$work/pki/server.key" "$work/mx/key"
configure() {
	"$top/tests/servers/postfix" "$work/mx" tool postconf "$@"
}
configure -e "smtpd_tls_cert_file = $work/pki/server.crt" \
	"smtpd_tls_key_file = $work/mx/key" 'smtpd_tls_security_level = may' \
	'smtpd_tls_loglevel = 1' \
	'smtpd_sasl_auth_enable = yes' 'smtpd_sasl_type = dovecot' \
	"smtpd_sasl_path = $work/sasl" 'smtpd_tls_auth_only = yes'
configure -M "127.0.0.1:$smtps/inet=127.0.0.1:$smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
front postfix "$work/mx" start
inbox=$work/a/mail/a.test/admin/Maildir
# shellcheck source=tests/lib/notices.sh
. "$top/tests/lib/notices.sh"

mkdir -p vmail/ann/cur vmail/ann/new
printf 'Subject: x\n\nx\n' >vmail/ann/cur/1.a.mx:2,
new_repository repo
unset BK_REPO
cp "$BK_CONFIG" base
(umask 077 && echo pw >pw && echo wrong >wrong)
nightly() {
	cp base "$BK_CONFIG"
	cat >>"$BK_CONFIG" <<-CONF
	[store mail]
	type = maildir
	path = $work/vmail/%u
	[job nightly]
	store = mail
	[notify]
	mail = admin@a.test
	from = bk@mx1.test
	on = always
	CONF
	printf '%s\n' "$@" >>"$BK_CONFIG"
	bk-backup nightly -q
}
ca="ca = $work/pki/ca.crt"
tls=smtps://admin%40a.test@127.0.0.1:$smtps
start=smtp://admin%40a.test@127.0.0.1:$(port mx SMTP)
pw="password = file:$work/pw"

for way in "$tls" "$start"; do
	ok "${way%%:*}: a login" nightly "via = $way" "$pw" "$ca"
	quiet
	mailed 'COMPLETE .* nightly .*'
	ok "... it did log in" grep -q 'sasl_username=admin@a.test' mx/mail.log
	: >mx/mail.log
	ok "a wrong password" nightly "via = $way" "password = file:$work/wrong" "$ca"
	says_like "bk-backup: admin@a.test has no mail: ${way%%:*}.*are user and password right.*"
	ok "... it is kept" test -s state/unsent/job-nightly.eml
	ok "who signed is not known" nightly "via = $way" "$pw"
	says_like 'bk-backup: admin@a.test has no mail: .*certificate.*'
done
ok "without a login the server wants one" nightly "via = smtps://127.0.0.1:$smtps" "$ca"
says_like 'bk-backup: admin@a.test has no mail: .*smtps.*'
: >mx/mail.log
ok "a server of this host, whoever signed, without a password" nightly \
	"via = smtp://127.0.0.1:$(port mx SMTP)"
quiet
mailed 'COMPLETE .*'
ok "... with TLS" grep -q 'TLS connection established from' mx/mail.log
ok "... unless it is said who signs" nightly \
	"via = smtp://127.0.0.1:$(port mx SMTP)" "ca = $work/pki/stranger.crt"
says_like 'bk-backup: admin@a.test has no mail: .*certificate.*'

done_testing
