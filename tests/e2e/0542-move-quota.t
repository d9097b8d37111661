#!/bin/sh
# Quotas that go with a move: where an administrator logs in for all they are
# set, elsewhere they are told, once.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/a" full "$work/pki"
dovecot "$work/a" user ann@a.test 'userdb_quota_rule=*:storage=100M'
dovecot "$work/a" user bob@a.test 'userdb_quota_rule=*:storage=50M:messages=1000'
dovecot "$work/a" start
section a "$(port_of a)"
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser ann@a.test bob@a.test
section plain "$(port_of c)"
section c "$(port_of c)"
echo 'login = proxy:cyrus' >>"$BK_CONFIG"

# limits SERVER ACCOUNT: as the server says them.
limits() {
	"$top/tests/lib/imap_logins.py" --command 'GETQUOTAROOT INBOX' \
		"$(port_of "$1")" "$2" pw
}

move() {
	bk-move --from a "$@"
}

ok "mail" does a ann@a.test "APPEND INBOX $(message '' one)"
ok "to a server where accounts log in themselves" move --to plain \
	--account ann@a.test
cp err told
ok "... the quota is told, with its numbers" grep -qE \
	'ann@a.test: quota: not possible here: 102400 KiB at the source, none at the destination: .*administrator' told
ok "a pass with nothing new" move --to plain --account ann@a.test
ok "mail comes" does a ann@a.test "APPEND INBOX $(message '' two)"

ok "to a server with an administrator" move --to c --account ann@a.test \
	--account bob@a.test
cp err told
ok "... the quota is set" grep -qF \
	'ann@a.test: quota: moved: 102400 KiB; it was none' told
limits c ann@a.test >said
ok "... as the server says" grep -q 'STORAGE.* 102400' said
limits c bob@a.test >said
ok "... the one of messages, too" grep -q 'MESSAGE.* 1000' said

dovecot "$work/a" user ann@a.test 'userdb_quota_rule=*:storage=200M'
until limits a ann@a.test | grep -q 204800; do
	sleep 0.1
done
ok "mail comes" does a ann@a.test "APPEND INBOX $(message '' three)"
ok "a pass after it was raised" move --to c --account ann@a.test
cp err told
ok "... raises it there" grep -qF \
	'quota: moved: 204800 KiB; it was 102400 KiB' told

dovecot "$work/a" stop
cyrus "$work/c" stop
done_testing
