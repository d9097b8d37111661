#!/bin/sh
# Accounts of a Dovecot change to two servers, another Dovecot and a Cyrus, behind a
# Dovecot proxy and a Postfix: each is pointed to where it has its place, also by
# runs that come after one that was killed, and comes back from there.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/live.sh
. "$top/tests/lib/live.sh"
needs bk-move dovecot postfix postmap openssl
need_cyrus
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
cd "$work" || exit 1

people="u1@a.test u2@a.test u3@a.test u4@a.test"

# third_up: a Cyrus c besides.
third_up() {
	"$top/tests/servers/pki" "$work/pki" && cyrus "$work/c" new "$work/pki" &&
		cyrus "$work/c" start && cyrus "$work/c" adduser "$@" || return
	for account; do
		"$top/tests/lib/imap_client.py" "$work/c/env" "$account" \
			'CREATE at-c' || return
		cyrus "$work/c" tool cyr_deny -s imaps,lmtp \
			-m 'this account has moved to another server' "$account" || return
	done
}

# shellcheck disable=SC2086 # words
ok "two Dovecots, a proxy and a Postfix run" front_up $people admin@a.test
# shellcheck disable=SC2086
ok "a Cyrus, too" third_up $people
live_conf
front_server c "proxy-to = proxy=y host=127.0.0.1 port=$(port c IMAP)" \
	"transport = lmtp:inet:127.0.0.1:$(port c LMTP)" \
	'login = proxy:cyrus' "ca = $work/pki/ca.crt" 'weight = 1'
cat >>"$BK_CONFIG" <<-CONF
	[route door]
	type = cyrus-deny
	server = c
	services = imaps,lmtp
	command = $top/tests/servers/cyrus $work/c tool cyr_deny
CONF
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first
n=0
for account in $people; do
	n=$((n + 1))
	makes ordinary "$(login "$work/a" "$account")" --messages $((n * 4)) --seed $n
done
for account in $people; do
	echo "$account"
done >list

move() {
	bk-move "$@" --from a --to b,c --accounts list
}

stages() {
	move --stages data,account --jobs 2 "$@"
}

known() {
	move status --json |
		sed -n 's/.*"account":"\([^"]*\)".*"server":"\([^"]*\)".*/\1 \2/p' | sort
}

# each_is FILE: people and mail get to the server that the file says, the map
# leads there, and it has all of the mail.
each_is() {
	while read -r account server; do
		reaches "$server" "$account" || return
		grep -q "^$account	*lmtp:inet:127.0.0.1:$(port "$server" LMTP)" \
			"$work/mx/etc/transport" || return
		same --extra "$(login "$work/a" "$account")" \
			"$(login "$work/$server" "$account")" || return
	done <"$1"
}

# ---- killed on the way ---------------------------------------------------------------

ok "they change servers, and that is killed on the way" \
	killed_when nologin "$work/front/users" \
	bk-move --from a --to b,c --accounts list --stages data,account
cat state/move-*/placed | sed -n 's/^account\t\([^\t]*\)\t.*/\1/p' | sort >noted
ok "... each had a place by then" test "$(wc -l <noted)" -eq 4
for folder in state/move-*; do
	cp "$folder/placed" "$folder/placed.was"
done
ok "the next run goes on, whatever the weights are now" \
	bk-move --from a --to b:1,c:1000 --accounts list \
	--stages data,account --jobs 2 --front front
cp out said
for folder in state/move-*; do
	ok "... nobody's place is another one" cmp "$folder/placed" "$folder/placed.was"
done
known >places
ok "... status knows where each is" test "$(wc -l <places)" -eq 4
for server in b c; do
	ok "... somebody is at $server" grep -q " $server$" places
done
ok "... people and mail get there" each_is places
ok "the administrator has a mail" notice told
while read -r account server; do
	ok "... which says that $account is at $server" \
		grep -q "^$account ($server): complete | .* | moved, held for" told
done <places
ok "another run leaves them alone" stages
ok "... they are there" each_is places
ok "verify finds them" move verify --no-extra

# ---- and back ----------------------------------------------------------------------------

while read -r account server; do
	"$top/tests/lib/imap_client.py" "$work/$server/env" "$account" \
		"APPEND INBOX $(message '' "came to $server")" >does.out 2>&1
done <places
ok "they go back, and that is killed on the way" \
	killed_when nologin "$work/front/users" \
	bk-move rollback --from a --to b,c --accounts list
ok "... and gone on with" move rollback
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"
while read -r account server; do
	ok "$account is back" reaches a "$account"
	ok "... with what came to $server" same --extra \
		"$(login "$work/$server" "$account")" "$(login "$work/a" "$account")"
done <places

# ---- again, where they were -----------------------------------------------------------------

ok "they change again" stages
ok "... to where they were" each_is places

done_testing
