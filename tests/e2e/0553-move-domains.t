#!/bin/sh
# Two domains of ten accounts each, four accounts at a time, to servers of two
# makes, while somebody works in several of them; then a second pass, and another
# client finds everything.

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
two_servers $crowd zoe@c.test
# shellcheck disable=SC2086
with_cyrus c $crowd
(umask 077 && echo doveadmkey >key)
sed -i "/\[server a\]/a \\
doveadm = http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' a/env)\\
doveadm-password = file:$work/key\\
allow-cleartext = yes" bk.conf

# move TO WORD...: both domains.
move() {
	to=$1
	shift
	bk-move "$@" --from a --to "$to" --domains a.test,b.test --jobs 4
}

ok "two domains of ten accounts" crowd_works a 10
ok "... and one more" makes ordinary "$(at a zoe@c.test)" --messages 9

# ---- while somebody works --------------------------------------------------------

people_work a u1@a.test u4@a.test u2@b.test u9@b.test
for to in b c; do
	move $to >out 2>err
	status=$?
	ok "a pass from a to $to while somebody works: $status" \
		test $status -eq 0 -o $status -eq 3
done
people_stop

# ---- when nobody does any more -----------------------------------------------------

# alike OPTION...: but for subscriptions to folders that are gone.  Nothing changes
# any more; but a Dovecot that was busy has been seen to list a folder less, once.
alike() {
	for _ in 1 2 3; do
		crowd_same a "$@" >said && return
		grep -v -e '^the subscription to no folder' -e ' differences$' \
			-e ' are the same$' said >odd
		grep -q . odd || return 0
		sleep 1
	done
	sed "s,^,# ," odd >&2
	return 1
}

ok "a folder with a special use goes" does a u3@a.test 'DELETE Drafts'
for to in b c; do
	ok "a second pass from a to $to" move $to
	cp out pass
	ok "... of twenty accounts" grep -q '20 moved, 0 left' pass
	ok "... verify agrees" move $to verify
	cp out pass
	sed 's,^,# ,' pass
	ok "... and says so" grep -q ': no difference' pass
done
ok "another client finds the same at the one" alike b
ok "... and at the other" alike c --munged
ok "a third pass" move b
cp out pass
ok "... does nothing" grep -qE \
	'messages: 0 copied, [0-9]+ there already, 0 flags set, 0 taken away, 0 not' \
	pass
ok "the third domain is not there" does b zoe@c.test 'SELECT INBOX' \
	'STATUS INBOX (MESSAGES)'
exits 1 "... with none of its folders" \
	"$top/tests/lib/imap_client.py" "$work/b/env" zoe@c.test 'SELECT Projects'

done_testing
