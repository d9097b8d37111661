#!/bin/sh
# Accounts have moved, and what is before the servers does not lead there: each way
# in which the probe tells that, with its status and words, and the command that is
# named brings all of it back.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/stops.sh
. "$top/tests/lib/stops.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

stops_up 6
cp "$BK_CONFIG" right.conf
# Nobody waits because a password was wrong before.
cat >>"$work/b/local.conf" <<-CONF
	auth_failure_delay = 0
	service anvil {
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
CONF
dovecot b stop && dovecot b start
cat >access <<-ACCESS
	$(u 4) 550 5.1.1 nobody of that name
	$(u 5) 450 4.2.0 come again later
ACCESS
front postfix "$work/mx" tool postconf -e \
	"smtpd_recipient_restrictions = check_recipient_access texthash:$work/access, permit"
front postfix "$work/mx" tool postfix reload 2>reload.err

# with SERVER KEY VALUE: in its section; all else is right.
with() {
	awk -v section="[server $1]" -v key="$2" -v value="$3" '
		/^\[/ { here = $0 == section }
		here && index($0, key " =") == 1 { $0 = key " = " value }
		{ print }' right.conf >wrong.conf
	BK_CONFIG=$work/wrong.conf
}

# misses N WORDS: with status 14, and brings it back.
misses() {
	account=$(u "$1")
	sends "$account" 1 | sh
	(moves probed "$account") >said 2>&1
	status=$?
	ok "$2: $status" ended missed $status
	ok "... with status 14" test $status -eq 14
	ok "... in words" grep -Eq "it has moved, but the probe failed: .*$2" said
	exits 1 "... and not to run it again" grep 'run it again' said
	sends "$account" 2 | sh
	ok "... what it says brings it back" does_next
	sends "$account" 3 | sh
	echo "$account a" >>lives
}

with b proxy-to "$proxy_b pass=wrong"
misses 1 'a login at front: .*'
with front url "imap://127.0.0.1:$(port a IMAP)"
misses 2 'a login at front (does not see the mail that is at|sees another INBOX than that of) the destination'
with b transport "lmtp:[127.0.0.1]:$(port a LMTP)"
misses 3 'a mail that the front has taken was not at the destination after 30 s'
BK_CONFIG=$work/bk.conf
misses 4 '.*nobody of that name'
misses 5 '.*come again later'
with front smtp smtp://127.0.0.1:1
misses 6 '.*127.0.0.1 port 1 .*'
sed -i "/^$(u 3) /d" lives
stopped
ok "where the mail of the probe went instead, it stays" has a "$(u 3)" \
	'INBOX 1, 2, 3, is this mailbox reached?'

done_testing
