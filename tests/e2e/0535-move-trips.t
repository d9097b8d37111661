#!/bin/sh
# How many round trips a move waits for.  Nothing that a server says passes before
# everybody waits for it, so that each time is one; what is asked of both servers
# at a time is one, too.  A machine that stands still can make it more, never less:
# of three accounts the least counts.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-move dovecot
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
cd "$work" || exit 1

accounts="ann@a.test bob@a.test carl@a.test"
for server in a b; do
	dovecot "$work/$server" new
	# shellcheck disable=SC2086 # words
	dovecot "$work/$server" adduser $accounts
	dovecot "$work/$server" start
done

# One proxy stands before both: it alone knows when both are waited for.
first=$(port_of a)
last=$(port_of b)
[ "$first" -lt "$last" ] || {
	first=$last
	last=$(port_of a)
}
mkdir both
printf 'PORT=%s\nPORTS=%s\n' "$first" $((last - first + 1)) >both/env
"$top/tests/servers/faultproxy" "$work/faults" new "$work/both"
echo 'hold 150' >faults/fault
servers="$servers faultproxy:$work/faults"
"$top/tests/servers/faultproxy" "$work/faults" start
for server in old:a new:b; do
	section "${server%:*}" "$(port_of "${server#*:}")" 127.0.0.2
	echo 'allow-cleartext = yes' >>"$BK_CONFIG"
done

# letters FOLDER FROM TO: into that of each account at the source.
letters() {
	for account in $accounts; do
		box=$work/a/mail/a.test/${account%@*}/Maildir/$1
		mkdir -p "$box/cur" "$box/new" "$box/tmp"
		for n in $(seq "$2" "$3"); do
			printf 'Subject: %s\n\n%s\n' "$n" "$n" \
				>"$box/cur/$((1000000 + n)).M1P$n.mx:2,S"
		done
	done
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$work/a/mail/a.test"
}

# moves TEXT: each account, in a pass that says TEXT; sets `least`.
moves() {
	least=
	for account in $accounts; do
		: >faults/struck
		bk-move --from old --to new --account "$account" >said || return
		cat said
		grep -q "| $1" said || return
		trips=$(wc -l <faults/struck)
		echo "round trips: $trips"
		[ "${least:-$trips}" -lt "$trips" ] || least=$trips
	done
}

waits() { # AT MOST: so often.
	echo "the least: $least"
	[ "$least" -gt 0 ] && [ "$least" -le "$1" ]
}

# The greeting, what it can do, the login, and the first words with the folders.
login=4

folders='.One .Two .Three .Four .Five .Six'
for folder in '' $folders; do
	letters "$folder" 1 2
done
# More than a batch; the next one is given to the server before it answers.
letters .Three 3 502
ok "a first pass of seven folders" moves '514 messages: 514 copied'
ok "... waits once for each, twice more for the first, for the rights and the end" \
	waits $((login + 7 + 4))
ok "with nothing new" moves '514 messages: 0 copied, 514 there'
ok "... it waits for the login alone" waits $login
letters '' 3 12
ok "with ten new messages" moves '524 messages: 10 copied, 514 there'
ok "... for what changed, their bodies, the batch, and how it was left, too" \
	waits $((login + 4))
done_testing
