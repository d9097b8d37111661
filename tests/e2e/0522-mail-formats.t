#!/bin/sh
# Mail in formats that no backup reads from disk, over IMAP: a Dovecot with
# mdbox whose master logs in, one with sdbox that takes the master's login for a
# user's, a Cyrus and its administrator.  Each makes sets, and takes the others'.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs dovecot openssl bk-init bk-backup bk-list bk-restore bk-check
need_cyrus
cd "$work" || exit 1
crowd="u1@a.test u2@a.test u1@b.test"

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/a" full "$work/pki" mdbox:~/mdbox
dovecot "$work/b" full "$work/pki" sdbox:~/sdbox
for server in a b; do
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $crowd
	dovecot "$work/$server" start
done
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
# shellcheck disable=SC2086
cyrus "$work/c" adduser $crowd

(umask 077 && echo masterpw >masterpw && echo doveadmkey >key && echo pw >pw)
# shellcheck disable=SC2086 # words
printf '%s\n' $crowd >accounts
new_repository repo
# server NAME LOGIN PASSWORD [MORE]
server() {
	cat <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port_of "$1")
	ca = $work/pki/ca.crt
	login = $2
	password = file:$work/$3
	CONF
}
doveadm() {
	cat <<-CONF
	doveadm = http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' "$1/env")
	doveadm-password = file:$work/key
	allow-cleartext = yes
	CONF
}
{
	server a master:master masterpw
	doveadm a
	server b proxy:master masterpw
	doveadm b
	# Its doveadm, which stays after it kept UIDs as a user, may not list.
	echo "accounts-file = $work/accounts"
	server c proxy:cyrus pw
} >>bk.conf

ok "mail in mdbox" crowd_works a 20
ok "... lies in files of many messages" test -f "$(find a/mail -path '*mdbox/storage/m.1' | head -n 1)"
ok "a full set by way of the master" bk-backup a --full
ok "... is sound" bk-check --read-data
ok "to sdbox, by way of the proxy" bk-restore latest --store a --to b
ok "... which has it as it was, UIDs too" crowd_same a b --uids
ok "... in files of one message" test -f "$(find b/mail -name 'u.1' | head -n 1)"
ok "a full set of the sdbox" bk-backup b --full
ok "to a Cyrus, by way of its administrator" bk-restore latest --store b --to c
ok "... which has it as it was" crowd_same a c --munged
ok "a full set of the Cyrus" bk-backup c --full
ok "a differential finds nothing new" bk-backup a --differential
does a u1@a.test 'SELECT INBOX' 'COPY 1 Sent' 'STORE 1 +FLAGS.SILENT (touched)'
ok "... then what is" bk-backup a --differential
cp out said
ok "... and no more" grep -q ': 1 new, 59 kept, 1 flags' said

# The mdbox is lost: a new one has it from the Cyrus's set, then the rest of it.
dovecot "$work/a" stop
cp -r a/mail lost
rm -r a/mail/*
dovecot "$work/a" start
ok "to an mdbox that is empty again" bk-restore latest --store a --to a
ok "... which has what the sdbox has, and more" crowd_same b a --extra --without flags
ok "once more brings nothing" bk-restore latest --store a --to a
cp out said
ok "... at all" grep -q ' 0 restored, 61 already there, 0 failed' said
ok "the Cyrus's set, into the mdbox" bk-restore latest --store c --account u2@a.test --to a --as u2@a.test
ok "all sets are sound" bk-check --read-data

done_testing
