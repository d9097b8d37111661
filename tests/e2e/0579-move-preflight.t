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
