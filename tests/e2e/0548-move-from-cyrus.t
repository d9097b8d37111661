#!/bin/sh
# Twenty accounts of a Cyrus go to a Dovecot, four at a time, while people move,
# flag and delete mail there; then a second pass, and another client finds all.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/b" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
# shellcheck disable=SC2086 # words
dovecot "$work/b" adduser $crowd
dovecot "$work/b" start
section b "$(port_of b)"
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
# shellcheck disable=SC2086
cyrus "$work/c" adduser $crowd
section c "$(port_of c)"
# shellcheck disable=SC2086
printf '%s\n' $crowd >people

# shellcheck disable=SC2120 # `ok` gives them
move() {
	bk-move "$@" --from c --to b --accounts people --jobs 4
}

ok "two domains of ten accounts" crowd_works c 10

busy='u1@a.test u3@b.test'
workers=
for account in $busy; do
	: >"$account.record"
	"$top/tests/lib/imap_world.py" restless "$(at c "$account")" \
		--until stop --rate 15 --record "$account.record" \
		--lmtp "$(sed -n 's/^LMTP=//p' c/env)" >"$account.done" \
		2>"$account.again" &
	workers="$workers $!"
done
for account in $busy; do
	until [ -s "$account.record" ]; do
		sleep 0.05
	done
done
move >out 2>err
status=$?
ok "a pass while they work: $status" test $status -eq 0 -o $status -eq 3
touch stop
# shellcheck disable=SC2086 # words
wait $workers
for account in $busy; do
	ok "who worked as $account did" test "$(cat "$account.done")" -gt 5
done

ok "a second pass" move
cp out pass
ok "... of twenty accounts" grep -q '20 moved, 0 left' pass
ok "... verify agrees" move verify
cp out pass
sed 's,^,# ,' pass
# Of folders that are gone Cyrus still lists the subscriptions.
alike() {
	crowd_same c b "$@" >said && return
	grep -v -e '^the subscription to no folder' -e ' differences$' \
		-e ' are the same$' said >odd
	grep -q . odd || return 0
	sed "s,^,# ," odd >&2
	return 1
}
ok "another client finds the same" alike --munged
ok "a third pass" move
cp out pass
ok "... does nothing" grep -qE \
	'messages: 0 copied, [0-9]+ there already, 0 flags set, 0 taken away, 0 not' \
	pass

done_testing
