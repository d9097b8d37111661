#!/bin/sh
# Routes in front of real mail servers: a login at a Dovecot proxy, and mail that
# comes in at a Postfix, go to the source, are held, go to the destination, and
# back.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
act=${BK_BUILD:-$top/build/release}/drivers/act_route
ann=ann@a.test
bob=bob@b.test

ok "two servers, a proxy and a Postfix run" front_up $ann $bob

passwd() {
	"$act" type=dovecot-passwd file="$work/front/users" \
		source="$proxy_a" destination="$proxy_b" "$@"
}

asking() {
	passwd command="doveadm -c $work/front/dovecot.conf" "$@"
}

transport() {
	"$act" type=postfix-transport file="$work/mx/etc/transport" \
		config="$work/mx/etc" source="$lmtp_a" destination="$lmtp_b" "$@"
}

# is ROUTE ADDRESS STATE
is() {
	"$1" look "$2" | sed -n 1p | grep -qx "$3"
}

saved() {
	"$1" look "$2" | sed -n 2p
}

# ---- logins ----

cp "$work/front/users" users.first
for way in passwd asking; do
	ok "$way: the account is at the source" is $way $ann source
	was=$(saved $way $ann)
	ok "... where a login ends" reaches a $ann
	ok "... held" $way hold $ann "ann moves, 100% done at 12:00"
	ok "... it is" is $way $ann held
	exits 1 "... logins are refused" at_the_front $ann NOOP
	cp err refused
	ok "... with the reason" \
		grep -q "moves.*100%.*done.*12:00" refused
	ok "... others log in" reaches a $bob
	ok "... held once more" $way hold $ann "ann moves, 100% done at 12:00"
	ok "... it goes to the destination" $way point $ann destination
	ok "... is there" is $way $ann destination
	ok "... where a login ends" reaches b $ann
	ok "... back to the source" $way point $ann source
	ok "... where a login ends" reaches a $ann
	ok "... held and given back" $way hold $ann moving
	ok "... as it was" $way back $ann "$was"
	ok "... to the byte" cmp users.first "$work/front/users"
	ok "... where a login ends" reaches a $ann
done

# Changes in one second that leave the size as it is.
for end in destination source destination source destination source; do
	passwd wait=1 point $ann $end
done
passwd point $ann source
ok "several changes at once, the last of them counts" reaches a $ann

"$top/tests/lib/imap_client.py" "$work/front/env" $ann NOOP >/dev/null
exits 3 "without doveadm sessions cannot be ended" passwd kick $ann
cat >idle.py <<-'PY'
import sys
sys.path.insert(0, sys.argv[1])
import imap_client
with imap_client.Imap(imap_client.env_ports(sys.argv[2])[0], sys.argv[3]) as one:
    open("idle.in", "w").close()
    one.sock.settimeout(20)
    while one.sock.recv(1000):
        pass
    open("idle.out", "w").close()
PY
python3 idle.py "$top/tests/lib" "$work/front/env" $ann 2>idle.err &
idler=$!
until [ -e idle.in ] || ! kill -0 $idler; do sleep 0.02; done
ok "with it they are" asking kick $ann
wait $idler
ok "... at once" test -e idle.out

# ---- LMTP through the proxy ----

lmtp_says() {
	python3 - "$(port front LMTP)" "$1" <<-'PY'
	import smtplib, sys
	with smtplib.LMTP("127.0.0.1", int(sys.argv[1])) as server:
	    server.ehlo_or_helo_if_needed()
	    server.mail("x@y.test")
	    print(server.rcpt(sys.argv[2])[0])
	PY
}

was=$(saved passwd $ann)
passwd hold $ann moving
ok "LMTP at the proxy is told to try later" test "$(lmtp_says $ann)" = 451
passwd back $ann "$was"

# ---- deliveries ----

: >"$work/mx/etc/transport"
ok "no entry is where the default leads" is transport $ann none
"$top/tests/lib/mail_rain.py" "$(port mx SMTP)" $ann stop taken 2>rain.err &
rain=$!
rains() {
	until [ "$(wc -l <taken)" -ge "$1" ]; do
		kill -0 $rain || return
		sleep 0.02
	done
}
ok "mail comes in" rains 5
ok "it is held" transport hold $ann "moving"
subjects a $ann >held.before
ok "... it is" is transport $ann held
sendmail() {
	printf 'From: x@y.test\nTo: %s\nSubject: %s\n\nqueued\n' "$1" "$2" |
		/usr/sbin/sendmail -C "$work/mx/etc" -f x@y.test "$1"
}
queue() {
	front postfix "$work/mx" tool postqueue -p
}
ok "what is queued now" sendmail $ann 100000
until queue | grep -q "moving"; do sleep 0.05; done
ok "... is put off" true
subjects a $ann >held.after
ok "... nothing came to the source after the hold" cmp held.before held.after
ok "... nor to the destination" test -z "$(subjects b $ann)"
ok "... others get theirs" sendmail $bob 5
until [ "$(subjects a $bob)" = 5 ]; do sleep 0.05; done
ok "it goes to the destination" transport point $ann destination
ok "... it is there" is transport $ann destination
n=$(wc -l <taken)
ok "... mail comes in" rains $((n + 5))
touch stop
ok "... every mail was taken" wait $rain
until queue | grep -q 'Mail queue is empty'; do sleep 0.05; done
subjects a $ann >at.a
subjects b $ann >at.b
ok "... what was queued is delivered" grep -qx 100000 at.b
{
	cut -d ' ' -f 1 taken
	echo 100000
} | sort -n >sent
ok "... each mail is in one place" sh -c 'sort -n at.a at.b | cmp - sent'
ok "... the source has what it had" cmp held.before at.a

ok "back" transport back $ann none
ok "... to the byte" test ! -s "$work/mx/etc/transport"
ok "... mail goes to the source" sendmail $ann 100001
until [ -z "$(subjects a $ann | grep -vx 100001 | cmp - at.a 2>&1)" ] &&
	subjects a $ann | grep -qx 100001; do
	sleep 0.05
done
ok "... and nowhere else" sh -c "! grep -qx 100001 at.b"

# What is being delivered when it is held has come when that is said, however slow
# the server is.
"$top/tests/lib/freeze" "$work/a" stop
ok "mail for a server that does not answer" sendmail $ann 100002
until grep -q " 0100007F:$(printf %04X "$(port a LMTP)") 01 " /proc/net/tcp; do
	sleep 0.05
done
{
	transport hold $ann "slowly moving" && subjects a $ann >held.at
} 8>&- &
hold=$!
tries=0
while kill -0 $hold && [ $tries -lt 40 ]; do
	tries=$((tries + 1))
	sleep 0.05
done 2>hold.err
"$top/tests/lib/freeze" "$work/a" go
ok "... it is held" wait $hold
ok "... that mail came before" grep -qx 100002 held.at
while queue | grep -q $ann; do sleep 0.05; done
ok "... and once" test "$(subjects a $ann | grep -cx 100002)" -eq 1
subjects a $ann >held.after
ok "... none after" cmp held.at held.after
ok "... it is given back" transport back $ann none

# Several at a time make one map: none takes the place of another's entry.
several="u1@a.test u2@a.test u3@a.test u4@a.test u5@a.test u6@a.test"
for account in $several; do
	transport hold "$account" moving >"several.$account" 2>&1 8>&- &
done
wait
for account in $several; do
	ok "$account is held, with five others" sh -c "'$top/tests/servers/postfix' \
		'$work/mx' tool postmap -q $account 'hash:$work/mx/etc/transport' |
		grep -q '^retry:4.3.2 moving'"
	ok "... and given back" transport back "$account" none
done

# ---- what is not there ----

ok "the servers stop" stop_servers
servers=
exits 1 "a proxy that does not run is told" asking hold $ann moving
says_like 'failed: route front: ann@a.test: doveadm ended with status .*'
exits 1 "a Postfix that does not run is told" transport hold $ann moving
says_like 'failed: route front: ann@a.test: Postfix does not reload; does it run\?: .*'

done_testing
