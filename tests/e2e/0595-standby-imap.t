#!/bin/sh
# A standby that is a mail server with mail in mdbox follows its primary, set by
# set, over IMAP and doveadm: each time it is as the primary was, in every folder,
# UID, flag, keyword, date and byte.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-init bk-backup bk-standby dovecot openssl
need_corpus
cd "$work" || exit 1

accounts=$(world accounts)
"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo masterpw >masterpw && echo doveadmkey >key)
new_repository repo
for server in a b; do
	dovecot "$work/$server" full "$work/pki" mdbox:~/mdbox
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $accounts
	# As it is without our haste: who changed a mailbox for its user may no
	# longer list all users.
	printf 'service doveadm {\n  service_count = 1\n}\n' \
		>"$work/$server/local.conf"
	dovecot "$work/$server" start
	cat >>"$BK_CONFIG" <<-CONF
	[server $server]
	url = imap://127.0.0.1:$(port_of $server)
	ca = $work/pki/ca.crt
	login = proxy:master
	password = file:$work/masterpw
	allow-cleartext = yes
	doveadm = http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' "$work/$server/env")
	doveadm-password = file:$work/key
	CONF
done
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = imap
server = a
[store copy]
type = imap
server = b
CONF
primary=$work/a
standby=$work/b
# shellcheck disable=SC2086 # words
world fill "$primary/env" "$corpus" $accounts >out 2>err || {
	echo "Bail out! no mail: $(cat err)"
	exit 1
}

follow() {
	bk-standby follow --once --to copy "$@"
}
# shown SERVER: but for the METADATA of the account itself, which no set has.
shown() {
	view "$1" | grep -v '"kind": "account"'
}
same() {
	shown "$primary" >primary.view
	shown "$standby" >standby.view
	compare primary.view standby.view
}
fresh() {
	bk-standby status --to copy --max-age 8h >said && grep -q '^fresh' said
}

exits 5 "status of a standby that never followed" bk-standby status --to copy
ok "a full set" bk-backup mail --full
ok "it follows" follow
ok "... and is as the primary" same
ok "... and fresh" fresh
ok "following again" follow
cp err said
ok "... does nothing" grep -q 'there is no newer one' said

for seed in 1 2 3; do
	cp standby.view cached.view
	ok "people work, $seed" world change "$primary/env" "$corpus" $seed
	ok "a differential" bk-backup mail --differential
	ok "it follows" follow
	ok "... and is as the primary" same
	ok "... and fresh" fresh
	ok "... and what clients had cached of it is the same mail" \
		"$top/tests/lib/uid_cache.py" cached.view standby.view 100
done
ok "a full set, without a change" bk-backup mail --full
ok "it follows" follow
ok "... and is as the primary" same
ok "... and fresh" fresh

done_testing
