#!/bin/sh
# Accounts are spread over two servers behind a Dovecot proxy and a Postfix, while
# mail comes in for them and people work all the time: each mail that was accepted
# is in one place, and what leads there leads to the server that has it; forth, and
# back by a run that is killed.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/live.sh
. "$top/tests/lib/live.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"

three="ann@a.test bob@b.test eve@a.test"
# shellcheck disable=SC2034 # of live.sh
live_to=b:1,c:2

# c_up ACCOUNT...: another server as b is.
c_up() {
	dovecot_up c "$@" || return
	for account; do
		"$top/tests/lib/imap_client.py" "$work/c/env" "$account" \
			'CREATE at-c' || return
	done
}

# shellcheck disable=SC2086 # words
ok "two servers, a proxy and a Postfix run" front_up $three admin@a.test
# shellcheck disable=SC2086
ok "and a third one" c_up $three
live_conf
front_server c "proxy-to = proxy=y host=127.0.0.1 port=$(port c IMAP)" \
	"transport = lmtp:inet:127.0.0.1:$(port c LMTP)"
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first

# shellcheck disable=SC2086
day_forth $three
for account in $three; do
	server=$(server_of "$account")
	echo "$server" >>servers
	case $server in b) other=c ;; *) other=b ;; esac
	ok "mail for $account is led to $server" grep -q \
		"^$account	*lmtp:inet:127.0.0.1:$(port "$server" LMTP)" \
		"$work/mx/etc/transport"
	ok "... nothing of it is at $other" test -z "$(find \
		"$work/$other/mail/${account#*@}/${account%@*}" -type f \
		\( -path '*/cur/*' -o -path '*/new/*' \) 2>find.err)"
done
ok "both servers have somebody" test "$(sort -u servers | wc -l)" -eq 2
# shellcheck disable=SC2086
day_back $three
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"

done_testing
