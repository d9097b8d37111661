#!/bin/sh
# Moves while somebody is at work at the source: each pass ends well, and when
# nobody works any more one more makes both the same.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

format='maildir:~/Maildir:LAYOUT=fs'
two_servers ann@a.test
ok "an account" makes ordinary "$(at a ann@a.test)" --messages 90

: >record
"$top/tests/lib/imap_world.py" restless "$(at a ann@a.test)" --until stop \
	--record record --lmtp "$(sed -n 's/^LMTP=//p' "$work/a/env")" \
	>done.times 2>again &
worker=$!

# Mail goes on coming in before each pass.
for pass in 1 2 3; do
	until [ "$(wc -l <record)" -ge $((pass * 8)) ] || ! kill -0 $worker; do
		sleep 0.05
	done
	bk-move --from a --to b --account ann@a.test >out 2>err
	status=$?
	ok "pass $pass while somebody works: $status" test $status -eq 0 -o \
		$status -eq 3
done
touch stop
wait $worker
ok "who worked did" test "$(cat done.times)" -gt 30
ok "the last pass" bk-move --from a --to b --account ann@a.test
same "$(at a ann@a.test)" "$(at b ann@a.test)" >said
grep -v -e '^the subscription to no folder' -e ' differences$' \
	-e 'are the same$' said >odd
ok "everything is the same" sh -c '! grep . odd'
ok "verify agrees" bk-move verify --from a --to b --account ann@a.test --bodies
ok "another pass" bk-move --from a --to b --account ann@a.test
cp out pass
ok "... does nothing" grep -qE \
	'messages: 0 copied, [0-9]+ there already, 0 flags set, 0 taken away, 0 not' \
	pass

done_testing
