#!/bin/sh
# Those who look whether mail was moved well: the accounts that are made for it
# are the same on every server, and the verifier finds each kind of difference.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot openssl curl
need_cyrus

"$top/tests/servers/pki" "$work/pki"
a=$work/a
c=$work/c
dovecot "$a" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
dovecot "$a" adduser ann@a.test bob@a.test carla@a.test dora@a.test \
	frida@a.test
dovecot "$a" start
cyrus "$c" new "$work/pki"
cyrus "$c" start
cyrus "$c" adduser ann@a.test carla@a.test bob@a.test
ann=$(login "$a" ann@a.test)
bob=$(login "$a" bob@a.test)

makes() {
	"$top/tests/lib/imap_world.py" "$@"
}

same() {
	"$top/tests/lib/same_mail.py" "$@" >said
}

crlf=$(printf '\r\n_')
crlf=${crlf%_}

does() {
	"$top/tests/lib/imap_client.py" "$a/env" "$@"
}

# append FOLDER DATE: a message that is always the same.
append() {
	echo "APPEND $1 \"$2\" {2+}${crlf}hi"
}

# finds LINE WHAT COMMAND...: bob does it, and the verifier says so in a line that
# is like LINE and that it did not say before.
finds() {
	like=$1
	what=$2
	shift 2
	cp said before
	does bob@a.test "$@" >does.out 2>&1 || tail -n 1 does.out | sed 's/^/# /'
	exits 1 "$what" same --uids "$ann" "$bob"
	grep -vxF -f before said >new
	ok "... which is said" grep -qxE -e "$like" new
	sed 's/^/# /' new
}

for login in "$ann" "$bob" "$(login "$a" frida@a.test)" \
	"$(login "$c" ann@a.test)"; do
	ok "an ordinary account" makes ordinary "$login" --messages 60
done
ok "it is the same for another" same "$ann" "$bob"
ok "... all of it was looked at" grep -qx \
	'60 messages in 9 folders are the same' said
ok "it is the same on another server" same --without special-use \
	"$ann" "$(login "$c" ann@a.test)"
exits 1 "the others differ in what makes a folder special" same "$ann" \
	"$(login "$c" ann@a.test)"
ok "... which is said" grep -qx 'Sent: special use .Sent is missing' said
exits 1 "nothing is not the same as nothing" same \
	"$(login "$a" dora@a.test)" "$(login "$a" dora@a.test)"

# validity NAME NUMBER FOLDER...: their UIDVALIDITY becomes that.
validity() {
	who=$1@a.test
	new=$2
	shift 2
	update='["mailboxUpdate",{"user":"%s","mailbox":"%s","uidValidity":"%s"},"t"]'
	for folder; do
		# shellcheck disable=SC2059 # it is a format
		printf "$update" "$who" "$folder" "$new"
	done | sed 's/\]\[/],[/g; s/.*/[&]/' |
		curl -sS --fail --max-time 20 -u doveadm:doveadmpw \
			-H 'Content-Type: application/json' --data-binary @- \
			"http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' \
				"$a/env")/doveadm/v1" >validity.out
}

for name in ann bob; do
	validity $name 4711 INBOX Sent Drafts Trash Projects Projects/Rhine \
		Archive/2019 Archive/2020 'Entwürfe & Maß'
	does $name@a.test "$(append Sent '01-Jan-2001 00:00:00 +0000')"
done
ok "it is the same with all UIDs" same --uids "$ann" "$bob"

finds 'INBOX: message .* is too much, 1 times' 'a message twice' \
	'SELECT INBOX' 'COPY 1 INBOX'
finds 'Drafts: message .* is missing: .*' 'a message is missing' \
	'SELECT Drafts' 'STORE 2 +FLAGS.SILENT (\Deleted)' EXPUNGE
finds 'INBOX: message .*: flag marked is too much' 'a keyword' \
	'SELECT INBOX' 'STORE 2 +FLAGS.SILENT (marked)'
exits 1 "... the other way round" same --uids "$bob" "$ann"
ok "... which is said" grep -q 'flag marked is missing' said
finds 'Trash: message .*: UID [0-9]* became [0-9]*' 'another UID' \
	'SELECT Trash' 'COPY 1 Trash' 'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE
does ann@a.test "$(append Sent '02-Jan-2001 00:00:00 +0000')"
finds 'Sent: message .*: date 978393600 became 978393601' 'another date' \
	"$(append Sent '02-Jan-2001 00:00:01 +0000')"
finds 'Projects: is not subscribed' 'a subscription is missing' \
	'UNSUBSCRIBE Projects'
finds 'the subscription to no folder Gone is too much' \
	'a subscription to no folder' 'CREATE Gone' 'SUBSCRIBE Gone' 'DELETE Gone'
finds 'Sent: the right l of carla@a.test is too much' 'a right' \
	'SETACL Sent carla@a.test lr'
finds "Sent: METADATA /private/comment='mine' is too much" 'METADATA' \
	'SETMETADATA Sent (/private/comment "mine")'
finds "METADATA of the account /private/comment='me' is too much" \
	'METADATA of the account' 'SETMETADATA "" (/private/comment "me")'
finds 'Archive/2019: the folder Archive/2019 is missing' 'a folder is missing' \
	'DELETE Archive/2019'
finds 'More: the folder is too much, and empty' 'a folder too many' 'CREATE More'
validity bob 4712 Projects/Rhine
finds 'Projects/Rhine: UIDVALIDITY 4711 became 4712' 'another UIDVALIDITY' NOOP
file=$(find "$a/mail/a.test/bob" -path '*Projects/Rhine/cur/*' -type f |
	head -n 1)
printf '~' | dd of="$file" bs=1 seek=300 conv=notrunc 2>dd.err
finds 'Projects/Rhine: message .* is missing: .*' 'another byte' NOOP

ok "the same instant in another zone is the same" does carla@a.test \
	"$(append INBOX '01-Jan-2001 12:00:00 +0100')"
ok "..." does dora@a.test "$(append INBOX '01-Jan-2001 05:30:00 -0530')"
ok "... is it" same "$(login "$a" carla@a.test)" "$(login "$a" dora@a.test)"

# option HOW: what carla and dora have just done is no difference with it.
given=
option() {
	# shellcheck disable=SC2086 # words
	exits 1 "without $1 they differ" same $given \
		"$(login "$a" carla@a.test)" "$(login "$a" dora@a.test)"
	given="$given $1"
	# shellcheck disable=SC2086
	ok "... with it they do not" same $given \
		"$(login "$a" carla@a.test)" "$(login "$a" dora@a.test)"
}

does carla@a.test 'CREATE Work'
does dora@a.test 'CREATE Arbeit'
option '--map Work=Arbeit'
does dora@a.test 'CREATE More' "$(append INBOX '03-Jan-2001 00:00:00 +0000')"
option --extra
does carla@a.test 'SELECT INBOX' 'STORE 1 +FLAGS (odd)'
option '--flags-lost odd'
does carla@a.test 'SETACL INBOX bob@a.test lr'
does dora@a.test 'SETACL INBOX bob lr'
option '--identity bob@a.test=bob'
does carla@a.test 'SUBSCRIBE INBOX'
does dora@a.test 'SETACL INBOX ann@a.test lr'
option '--without acl,subscriptions'

# ---- another separator and prefix ----------------------------------------------

cat >"$a/local.conf" <<-'CONF'
namespace inbox {
  separator = ^
  prefix = INBOX^
}
CONF
dovecot "$a" stop
dovecot "$a" start
ok "separator and prefix may differ" same --without special-use \
	"$(login "$c" ann@a.test)" "$(login "$a" frida@a.test)"

done_testing
