#!/bin/sh
# A week of a job, by its schedule, with real servers: the sets that are made, the
# copies at FTP and SMB, what is pruned, times that are missed, a target that is
# down for a day, a disk that fills; and the mails about it, and no others.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-init bk-backup bk-list bk-check faketime dovecot postfix python3
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
need_proftpd
need_samba
[ "${BK_TEST_SMB_TINY_URL:-}" ] || skip "nobody may mount here"

dovecot "$work/a" new && dovecot "$work/a" adduser ann@a.test admin@a.test &&
	dovecot "$work/a" start || exit 1
front postfix "$work/mx" new "port/$(port a LMTP)"
front postfix "$work/mx" start
inbox=$work/a/mail/a.test/admin/Maildir
# shellcheck source=tests/lib/notices.sh
. "$top/tests/lib/notices.sh"
arrives() {
	"$top/tests/lib/imap_client.py" "$work/a/env" ann@a.test \
		"APPEND INBOX {$1+}$(printf '\r\n_' | tr -d _)$(head -c "$1" /dev/zero |
			tr '\0' x)" >append.out 2>&1
}

new_repository repo
unset BK_REPO
cp "$BK_CONFIG" base
job() {
	cp base "$BK_CONFIG"
	cat >>"$BK_CONFIG" <<-CONF
	[store mail]
	type = maildir
	path = $work/a/mail/%d/%n/Maildir
	[target ftp]
	url = $BK_TEST_FTPES_URL
	ca = $BK_TEST_CA
	password = file:$BK_TEST_PASSWORD_FILE
	keep = last:3
	[target smb]
	url = $BK_TEST_SMB_URL
	password = file:$BK_TEST_PASSWORD_FILE
	[target tiny]
	url = $BK_TEST_SMB_TINY_URL
	password = file:$BK_TEST_PASSWORD_FILE
	[job nightly]
	store = mail
	accounts = ann@a.test
	full = sat 22:00
	differential = mon-sat 06:30 12:30 19:00
	keep = 2d
	ship = $1
	[notify]
	mail = admin@a.test
	from = bk@mx1.test
	via = smtp://127.0.0.1:$(port mx SMTP)
	CONF
}
host=$(uname -n)
host=${host%%.*}

# run STATUS "DAY TIME" WHAT: mail has come, and the timer fires twice.
run() {
	n=$((${n:-0} + 1))
	arrives $((100 + n))
	exits "$1" "$2: $3" faketime -f "@2026-12-$2" bk-backup nightly --auto -q
}
again() {
	ok "... and nothing a quarter of an hour later" \
		faketime -f "@2026-12-$1" bk-backup nightly --auto -q
	quiet
}
labels() {
	bk-list "$@" --json | grep -o '"label":"[^"]*' | cut -d '"' -f 4 |
		sed 's/^202612//' | paste -sd ' '
}
has() {
	ok "... $1 has: $2" test "$(labels -r "$1" --password-from \
		"keyblock:$work/repo.key")" = "$2"
}
no_mail() {
	ok "... no mail" test -z "$(ls "$inbox/new" 2>/dev/null)"
}

# 2026-12-05 is a Saturday.
job 'ftp smb tiny'
run 0 '05 12:35:00' 'the first set'
again '05 12:50:00'
run 0 '05 19:05:00' 'a differential'
run 0 '05 22:05:00' 'a full set'
run 0 '06 12:35:00' 'nothing on a Sunday'
run 0 '07 06:35:00' Monday
run 0 '07 12:35:00' noon
run 0 '07 19:05:00' evening
has smb '05T1235-f 05T1905-d 05T2205-f 07T0635-d 07T1235-d 07T1905-d'
has ftp '05T2205-f 07T0635-d 07T1235-d 07T1905-d'
run 0 '08 19:05:00' 'two times were missed, and are caught up once'
again '08 19:20:00'
no_mail

server proftpd stop
run 3 '09 06:35:00' 'FTP is down'
mailed "INCOMPLETE $host nightly differential: ftp has 0 of [0-9]* sets - action needed"
reads "^JSON job nightly incomplete 3 \\['ftp'\\]\$"
run 3 '09 12:35:00' 'still'
run 3 '09 19:05:00' 'still'
no_mail
server proftpd start
run 0 '10 06:35:00' 'it is there again'
mailed "RECOVERED $host nightly differential: 1 account, .* new messages"
has ftp '05T2205-f 09T1235-d 09T1905-d 10T0635-d'

head -c 9000000 /dev/urandom >"$work/a/mail/a.test/ann/Maildir/cur/9.a.mx:2,S"
run 3 '10 12:35:00' 'a disk fills'
mailed "INCOMPLETE $host nightly differential: tiny has [0-9]* of [0-9]* sets - action needed"
run 3 '10 19:05:00' 'still'
no_mail
job 'ftp smb'
run 0 '11 06:35:00' 'without it'
mailed "RECOVERED $host nightly .*"
run 0 '12 19:05:00' Saturday
run 0 '12 22:05:00' 'a full set'
no_mail
has repo '05T2205-f 11T0635-d 12T1905-d 12T2205-f'
ok "what is left is whole, here and there" bk-check nightly

done_testing
