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

format='maildir:~/Maildir:LAYOUT=fs'
# shellcheck disable=SC2086 # words
with_dovecot b $crowd
# shellcheck disable=SC2086
with_cyrus c $crowd
# shellcheck disable=SC2086
printf '%s\n' $crowd >people

# shellcheck disable=SC2120 # `ok` gives them
move() {
	bk-move "$@" --from c --to b --accounts people --jobs 4
}

ok "two domains of ten accounts" crowd_works c 10

people_work c u1@a.test u3@b.test
move >out 2>err
status=$?
ok "a pass while they work: $status" test $status -eq 0 -o $status -eq 3
people_stop

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
