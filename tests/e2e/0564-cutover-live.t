#!/bin/sh
# Two accounts change servers behind a Dovecot proxy and a Postfix, while mail
# comes in for them all the time: each mail that was accepted is there once, at
# the server where the account lives; forth, killed on the way, and back.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
ann=ann@a.test
bob=bob@b.test

ok "two servers, a proxy and a Postfix run" front_up $ann $bob
front_sections
cp "$work/front/users" users.first
cp "$work/mx/etc/transport" transport.first

rain_begins() {
	rm -f rain.end
	rains=
	for account in $ann $bob; do
		"$top/tests/lib/mail_rain.py" "$(port mx SMTP)" "$account" rain.end \
			"taken.$account" 2>"rain.$account" 8>&- &
		rains="$rains $!"
	done
	for account in $ann $bob; do
		until [ "$(grep -c . "taken.$account" 2>grep.err)" -gt 3 ] 2>>grep.err; do
			sleep 0.05
		done
	done
}

# rain_ends: nobody sends, and nothing waits to be delivered any more.
rain_ends() {
	: >rain.end
	for rain in $rains; do
		wait "$rain" || return
	done
	tries=0
	front postfix "$work/mx" tool postqueue -f
	until front postfix "$work/mx" tool postqueue -p | grep -q 'queue is empty'; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return
		sleep 0.1
		[ $((tries % 20)) -ne 0 ] ||
			front postfix "$work/mx" tool postqueue -f
	done
}

# all_at SERVER ACCOUNT: all that was taken, once each; a login ends there.
all_at() {
	cut -d' ' -f1 "taken.$2" | sort -n >want
	subjects "$1" "$2" >have
	diff want have && reaches "$1" "$2"
}

# shellcheck disable=SC2086 # words
move() {
	bk-move --from a --to b --account $ann --account $bob "$@"
}

rain_begins
ok "they change servers, and a probe finds each there" \
	move --stages data,account --jobs 2 --front front
cp out said
ok "the rain ends" rain_ends
for account in $ann $bob; do
	ok "$account: every mail is there, once" all_at b "$account"
done
ok "it was said for how long they were held" \
	grep -q '^2 accounts changed servers, held for' said

rm -f taken.*
for account in $ann $bob; do
	for side in a b; do
		rm -rf "$work/$side/mail/${account#*@}/${account%@*}/Maildir/new/"* \
			"$work/$side/mail/${account#*@}/${account%@*}/Maildir/cur/"*
	done
done
rain_begins
ok "they go back" move rollback
ok "the rain ends" rain_ends
for account in $ann $bob; do
	ok "$account: every mail is there, once" all_at a "$account"
done
ok "the passwd-file is as it was" cmp users.first "$work/front/users"
ok "the transport map, too" cmp transport.first "$work/mx/etc/transport"

done_testing
