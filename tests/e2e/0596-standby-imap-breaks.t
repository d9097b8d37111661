#!/bin/sh
# A standby that is a mail server: mail that others put there, UIDs that are past,
# folders made anew, accounts that are gone, runs that are killed, servers that
# cannot keep UIDs, and taking over.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/far_standby.sh
. "$top/tests/lib/far_standby.sh"
needs bk-init bk-backup bk-standby dovecot openssl
. "$top/tests/lib/faults.sh"
cd "$work" || exit 1

ann=ann@a.test
bob=bob@a.test
far_dovecots 'mdbox:~/mdbox' $ann $bob

set_is_made() {
	bk-backup mail --accept-shrink "$@"
}

makes ordinary "$(at a $ann)" "$(at a $bob)" --messages 30
ok "folders, and many messages in one" does a $ann 'CREATE Many' 'CREATE Gone' \
	'CREATE Old/deep/er' 'SELECT INBOX' 'COPY 1:* Many' 'COPY 1:* Many' \
	'COPY 1:3 Gone' 'COPY 1:2 Old/deep/er'
for turn in 1 2 3 4; do
	ok "... more, $turn" does a $ann 'SELECT Many' 'COPY 1:* Many'
done
dovecot "$work/a" doveadm expunge -u $ann mailbox Many uid 7,9,300:330

# ---- refusals -----------------------------------------------------------------------

exits 2 "a server that gives out UIDs of its own" bk-standby follow --once \
	--to "imap://$ann@127.0.0.1:$(port_of b)"
tells 'has to keep UIDs'
exits 2 "an mbox" bk-standby follow --once --to "mbox:$work/mbox"
tells 'is a tree of Maildirs, or a mail server that keeps UIDs'
ok "a full set" set_is_made --full
letters b $bob INBOX live
exits 18 "a server with mail is not followed into" follow
tells 'holds mail that bk did not bring'
dovecot "$work/b" doveadm expunge -u $bob mailbox INBOX all

# ---- it follows ------------------------------------------------------------------------

ok "it follows" follow
ok "... and is as the primary" as_primary
ok "... and fresh" status
dovecot "$work/b" doveadm flags add -u $ann '\Flagged' mailbox Many uid 3
exits 3 "a flag changed here" status
tells '^changed'
ok "it follows" follow
ok "... and is as the primary" as_primary
dovecot "$work/b" doveadm expunge -u $ann mailbox Many uid 20:40
dovecot "$work/b" doveadm expunge -u $bob mailbox INBOX uid 2
exits 3 "mail that somebody removed" status
ok "... comes again" follow
ok "... with its UIDs, in the inbox, too" as_primary
ok "... and fresh" status

ok "folders go, come anew, get other names and rights" does a $ann \
	'DELETE Gone' 'CREATE Gone' 'SELECT Many' 'COPY 2:3 Gone' \
	'SETACL Gone bob@a.test lr' 'RENAME Old New' 'CREATE Old' \
	'SUBSCRIBE Old' 'UNSUBSCRIBE Sent'
ok "a differential" set_is_made --differential
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "rights go" does a $ann 'DELETEACL Gone bob@a.test' \
	'SELECT INBOX' 'STORE 1:5 +FLAGS.SILENT (\Seen work)' 'EXPUNGE'
ok "a differential" set_is_made --differential
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "... and fresh" status

# ---- others -----------------------------------------------------------------------------

letters b $ann INBOX mistake
letters a $ann INBOX right
dovecot "$work/a" doveadm expunge -u $ann mailbox INBOX uid 2
ok "a differential" set_is_made --differential
exits 3 "somebody's message has the UID" follow
tells 'INBOX: not as at the primary: new UIDs: [0-9]* is another message'
exits 3 "... it is not fresh" status
ok "... but all mail is there, and the stranger" test "$(dovecot "$work/b" \
	doveadm search -u $ann mailbox INBOX | wc -l)" -eq $(($(dovecot \
	"$work/a" doveadm search -u $ann mailbox INBOX | wc -l) + 1))
exits 3 "again" follow
ok "... and nothing is there twice" test "$(dovecot "$work/b" \
	doveadm search -u $ann mailbox INBOX | wc -l)" -eq $(($(dovecot \
	"$work/a" doveadm search -u $ann mailbox INBOX | wc -l) + 1))
dovecot "$work/b" doveadm expunge -u $ann mailbox INBOX subject mistake
ok "without it all is as it was" follow
ok "... with all UIDs" as_primary
ok "... and fresh" status

# ---- killed --------------------------------------------------------------------------------

step=1
while [ $step -le 60 ]; do
	letters a $ann INBOX "one$step"
	letters a $ann Fresh$step "two$step" "three$step" 2>/dev/null ||
		does a $ann "CREATE Fresh$step" "SELECT INBOX" "COPY 1:4 Fresh$step"
	dovecot "$work/a" doveadm flags add -u $ann '\Answered' mailbox Many \
		uid $((50 + step))
	dovecot "$work/a" doveadm expunge -u $ann mailbox Many uid $((100 + step))
	ok "a differential" set_is_made --differential
	faulty $step kill bk-standby follow --once --to copy || break
	ok "killed at act $step ($hit), it follows" follow
	ok "... and is as the primary" as_primary
	step=$((step + 7))
done
ok "... and there were acts" test $step -gt 14

# ---- taking over ---------------------------------------------------------------------------

ok "an account is gone at both" sed -i "/^$bob/d" "$work/a/users" "$work/b/users"
sleep 1.2
letters a $ann INBOX last
ok "a full set" set_is_made --full
exits 18 "without the fence" bk-standby promote --to copy
ok "it is promoted" bk-standby promote --fenced-primary --to copy
tells 'mail may start now: all mail of the set is here'
ok "... and is as the primary" as_primary
letters b $ann INBOX new
ok "... new mail gets UIDs behind all that the primary gave" test \
	"$(dovecot "$work/b" doveadm -f flow fetch -u $ann uid mailbox INBOX |
		tail -n 1 | sed 's/uid=//')" -gt 100000
exits 18 "it follows no more" follow
ok "status" status
tells '^promoted'

done_testing
