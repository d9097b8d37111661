#!/bin/sh
# What preflight finds before anything is moved: too little room, a message that
# is too large, a master user who sees the INBOX alone, names that must change;
# and that it touches nothing.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl python3
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/a" full "$work/pki"
dovecot "$work/a" adduser $ann bob@a.test
dovecot "$work/b" full "$work/pki"
dovecot "$work/b" user $ann 'userdb_quota_rule=*:storage=10k'
dovecot "$work/b" user bob@a.test 'userdb_quota_rule=*:storage=100M:messages=2'
# To this server no message is welcome that has more than 9,000 bytes.
echo 'imap_capability = +APPENDLIMIT=9000' >b/local.conf
dovecot a start
dovecot b start
for server in a b; do
	section $server "$(port_of $server)"
done

preflight() {
	bk-move preflight --from a --to b "$@" >table 2>err
	status=$?
	tr -s ' ' <table >found
	return $status
}

# all_there: folders and messages of all that are at the destination.
all_there() {
	find "$work/b/mail" -type d -name '.[!.]*' -o -type f -path '*/cur/*' \
		-o -type f -path '*/new/*' | sort
}

large=$(head -c 12000 /dev/zero | tr '\0' x)
ok "mail" does a $ann "APPEND INBOX $(message '' "$large")"
for n in 1 2 3; do
	ok "mail" does a bob@a.test "APPEND INBOX $(message '' $n)"
done
ok "a message at the destination" does b bob@a.test \
	"APPEND INBOX $(message '' theirs)"
all_there >before

# ---- room, and the largest message ---------------------------------------------

exits 15 "a quota that is too small" preflight --account $ann
ok "... is told, with both numbers" grep -qE \
	'^ann@a.test destination PROBLEM .*lacks room: 23.5 KiB of mail, and 10.0 KiB are free there; raise the quota' found
ok "... and the message that is too large" grep -qE \
	'destination PROBLEM .*the largest message has 23.5 KiB, and 8.8 KiB are allowed there .APPENDLIMIT.' found
exits 15 "a quota of messages" preflight --account bob@a.test
ok "... is told" grep -qE \
	'^bob@a.test destination PROBLEM .*lacks room: 3 messages, and 1 more are allowed there' found
exits 1 "... and nothing else is wrong" grep APPENDLIMIT found

# ---- an APPENDLIMIT that is each folder's own ----------------------------------------

# limited STATUS: a server that says so of its INBOX.
limited() {
	cat >script <<-SCRIPT
	expect STATUS "?INBOX"? \(APPENDLIMIT\)
	send $1\r\n\$TAG OK done\r\n
	SCRIPT
	hostile --pki "$work/pki" --messages 0 --log heard --script script \
		--capabilities "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE APPENDLIMIT"
	section "$2" "$hostile_port"
}
limited '* STATUS INBOX (APPENDLIMIT 9000)' narrow
exits 15 "where the INBOX has a limit" bk-move preflight --from a --to narrow \
	--account $ann
bk-move preflight --from a --to narrow --account $ann 2>&1 | tr -s ' ' >found
ok "... the largest message is compared with it" grep -qE \
	'destination PROBLEM .*the largest message has 23.5 KiB, and 8.8 KiB are allowed there .APPENDLIMIT.' found
kill "$hostile_pid"
limited '* STATUS INBOX (APPENDLIMIT NIL)' wide
ok "where it says that it has none" bk-move preflight --from a --to wide \
	--account $ann
kill "$hostile_pid"
limited '* STATUS INBOX (APPENDLIMIT 0)' shut
exits 15 "... is not where it takes nothing" bk-move preflight --from a \
	--to shut --account $ann
kill "$hostile_pid"

# ---- the disk under a Maildir or an mbox store ------------------------------------------

mkdir small
if mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
	trap 'umount -l "$work/small"; stop_servers; rm -rf "$work"' EXIT
	for store in "maildir:$work/small/%d/%n" "mbox:$work/small/%d/%n/"; do
		exits 15 "a disk that is too small, ${store%%:*}" \
			bk-move preflight --from a --to "$store" --account $ann
		bk-move preflight --from a --to "$store" --account $ann 2>&1 |
			tr -s ' ' >found
		ok "... is told, before the account is there" grep -qE \
			'^ann@a.test destination PROBLEM .*lacks room: 23.5 KiB of mail, and 16.0 KiB are free there; make room on that disk' found
	done
	mount -o remount,size=24k small
	ok "room for the one" bk-move preflight --from a \
		--to "maildir:$work/small/%d/%n" --account $ann
	fill=$(head -c 1000 /dev/zero | tr '\0' y)
	ok "more mail" does a bob@a.test "APPEND INBOX $(message '' "$fill")"
	exits 15 "... is not room for two" bk-move preflight --from a \
		--to "maildir:$work/small/%d/%n" --account $ann --account bob@a.test
	bk-move preflight --from a --to "maildir:$work/small/%d/%n" \
		--account $ann --account bob@a.test >found 2>&1
	ok "... which is told of all of them" grep -q \
		'lacks room for all of them: .* of mail, and 24.0 KiB are free. No mailbox touched.' found
	ok "nothing was made there" test -z "$(ls small)"
fi

# ---- names ---------------------------------------------------------------------

ok "folders whose names differ in case" does a bob@a.test 'CREATE Case' \
	'CREATE CASE'
exits 15 "are" preflight --account bob@a.test
ok "... named, with what the second becomes" grep -qE \
	'^bob@a.test destination note .*folder (Case|CASE) becomes (Case|CASE)-2; --map says it otherwise' found

# ---- a master who sees the INBOX alone -------------------------------------------

cat >a/local.conf <<-'CONF'
plugin {
  acl_user = %{auth_user}
}
CONF
dovecot a stop
ok "a server that takes the master for another user" dovecot a start
(umask 077 && echo masterpw >masterpw)
cat >"$BK_CONFIG" <<-CONF
[server a]
url = imap://127.0.0.1:$(port_of a)
ca = $work/pki/ca.crt
login = master:master
password = file:$work/masterpw
CONF
section b "$(port_of b)"
exits 16 "a master who may see nothing of the account" preflight --account bob@a.test
ok "... is shown the INBOX alone, which is told, with what to do" grep -qE \
	'^bob@a.test source note .*only INBOX is shown to the login master:master; .*plugin \{ acl_user = %u \}' found

# ---- and nothing was touched -----------------------------------------------------

all_there >after
ok "nothing was written" cmp before after
ok "... to where something is" test -s before
ok "no move is known" test -z "$(find state -name 'journal*' 2>/dev/null)"

dovecot a stop
dovecot b stop
done_testing
