#!/bin/sh
# All accounts of a mail server in one set: those of a list, or those that the
# server itself lists; brought back to servers of two makes.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs dovecot openssl bk-init bk-backup bk-list bk-restore bk-check
need_cyrus
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $crowd
	dovecot "$work/$server" start
done
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
# shellcheck disable=SC2086
cyrus "$work/c" adduser $crowd

(umask 077 && echo masterpw >masterpw && echo doveadmkey >key)
new_repository repo
for server in a b; do
	cat >>bk.conf <<-CONF
	[server $server]
	url = imap://127.0.0.1:$(port_of $server)
	ca = $work/pki/ca.crt
	login = master:master
	password = file:$work/masterpw
	doveadm = http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' $server/env)
	doveadm-password = file:$work/key
	allow-cleartext = yes
	CONF
done
cat >>bk.conf <<-CONF
[server c]
url = imap://127.0.0.1:$(port_of c)
ca = $work/pki/ca.crt
login = proxy:cyrus
password = file:$work/pw
[store mail]
type = imap
server = a
[store some]
type = imap
server = c
accounts-file = $work/some
[server own]
url = imap://127.0.0.1:$(port_of a)
ca = $work/pki/ca.crt
accounts-file = $work/table
[server nobody]
url = imap://localhost:$(port_of c)
ca = $work/pki/ca.crt
login = proxy:u1@a.test
password = file:$work/pw
[job domain]
store = mail
domains = b.test
max-shrink = 60%
CONF

# tells REGEX: the last command did, in a line.
tells() {
	tests=$((tests + 1))
	if grep -qhE -e "$1" out err; then
		echo "ok $tests - ... it tells: $1"
	else
		echo "not ok $tests - ... it should tell: $1"
		sed 's/^/# /' out err
	fi
}

ok "two domains of ten accounts" crowd_works a 20

# ---- all that Dovecot lists ----------------------------------------------------

ok "a full set of all that a Dovecot lists" bk-backup mail --full --jobs 4
tells '20 accounts \| 400 messages: 400 new'
ok "... is sound" bk-check --read-data=100%
ok "to another Dovecot" bk-restore latest --store mail --to b --jobs 4
ok "... where all is as it was, UIDs too" crowd_same a b --uids
ok "to a Cyrus" bk-restore latest --store mail --to c --jobs 4
ok "... where all is as it was" crowd_same a c --munged
ok "once more" bk-restore latest --store mail --to c
tells '20 accounts \| 0 restored, 400 already there'

# ---- all that Cyrus lists, and those of a file -----------------------------------

ok "a full set of all that a Cyrus lists" bk-backup c --full
tells '20 accounts \| 400 messages: 400 new'
exits 16 "who is no administrator there" bk-backup nobody --full
tells 'does not list its accounts for this login'
printf '# two of them\nu3@a.test\nu4@b.test\n' >some
ok "those of a file" bk-backup some --full
tells '2 accounts \| 40 messages: 40 new'
printf 'address,password\nu3@a.test,pw\nu4@b.test,wrong\n' >table
exits 2 "a file that others may read, with passwords in it" bk-backup own --full
chmod 600 table
exits 3 "each by his own password" bk-backup own --full
tells 'u4@b.test .*not in this set'
tells '20 messages: 20 new'

# ---- some of them, and who is not let in -------------------------------------------

does a u1@a.test 'SELECT INBOX' 'COPY 1 Sent' 'STORE 1 +FLAGS.SILENT (touched)'
does a u1@b.test 'SELECT INBOX' 'STORE 1 +FLAGS.SILENT (touched)'
ok "a domain of them" bk-backup mail --incremental --domains a.test
tells '401 messages: 1 new, 399 kept, 1 flags'
ok "an account of them" bk-backup mail --incremental --account u1@b.test
tells '401 messages: 0 new, 400 kept, 1 flags'
exits 5 "an account that nobody has" bk-backup mail --account u11@a.test
says_like "bk-backup: mail: 'u11@a.test' is none of its 20 accounts; nearest: .*"

dovecot "$work/a" user u5@a.test nologin=y
dovecot "$work/a" stop
dovecot "$work/a" start
does a u6@a.test 'SELECT INBOX' 'COPY 1 Sent'
exits 3 "who is not let in" bk-backup mail --incremental
tells 'u5@a.test .*kept as the base has it'
tells '20 accounts \| 402 messages: 1 new'

dovecot "$work/b" user u7@b.test nologin=y
dovecot "$work/b" stop
dovecot "$work/b" start
exits 3 "who is not let in where it goes" bk-restore latest --store mail --to b
tells 'u7@b.test .*make it on the server first'
dovecot "$work/a" user u5@a.test
dovecot "$work/b" user u7@b.test
sed -i 's/nologin=y//' a/users b/users
for server in a b; do
	dovecot "$work/$server" stop
	dovecot "$work/$server" start
done
ok "once more, when everybody is" bk-restore latest --store mail --to b
ok "... brings the rest" crowd_same a b --flags-lost touched
ok "a job of one domain" bk-backup domain --full
tells '10 accounts \| 200 messages'
done_testing
