#!/bin/sh
# A destination that goes away in the middle of a move: what it did not
# acknowledge is sent again.  A source that has messages it cannot give.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-move dovecot openssl
unset BK_PASSWORD_FILE
export BK_CONFIG="$work/bk.conf"
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser ann@a.test bob@a.test carl@a.test \
		dan@a.test
	dovecot "$work/$server" start
done
"$top/tests/servers/faultproxy" "$work/faults" new "$work/b"
"$top/tests/servers/faultproxy" "$work/faults" start
servers="$servers faultproxy:$work/faults"
port() {
	sed -n "s/^$2=//p" "$work/$1/env"
}
(umask 077 && echo masterpw >masterpw)
cat >bk.conf <<-CONF
	[server old]
	url = imaps://127.0.0.1:$(port a IMAPS)
	ca = $work/pki/ca.crt
	login = master:master
	password = file:$work/masterpw
	[server new]
	url = imaps://127.0.0.2:$(port b IMAPS)
	ca = $work/pki/ca.crt
	login = master:master
	password = file:$work/masterpw
CONF
chmod 600 bk.conf

# name_of N: the file of letter N.
name_of() {
	size=$((29 + 2 * ${#1}))
	echo "$((1000000 + $1)).M1P$1.mx,S=$size,W=$((size + 4)):2,S"
}

# plain_name_of N: one that does not say its size.
plain_name_of() {
	echo "$((1000000 + $1)).M1P$1.mx:2,S"
}

# letters ACCOUNT N [NAMED]: into its INBOX at the source, before the server sees
# it; their names say their sizes, so that no listing reads them.
letters() {
	inbox=$work/a/mail/a.test/$1/Maildir
	mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
	seq "$2" | while read -r n; do
		printf 'From: a@b\nSubject: %s\n\nletter %s\n' "$n" "$n" \
			>"$inbox/cur/$("${3:-name_of}" "$n")"
	done
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$work/a/mail/a.test"
}

# fault RULE...: from now on.
fault() {
	: >faults/struck
	echo "$*" >faults/fault.new
	mv faults/fault.new faults/fault
}

# adds_up_to N FILE: so many were copied, or there already, since the answer to
# their batch was lost.
adds_up_to() {
	sed -n 's/^ann.*: complete | [0-9,]* messages: //p' "$2" | tr -d , |
		awk -v n="$1" '{
			for (i = 2; i <= NF; i++)
				if ($i == "copied" || $i == "there")
					sum += $(i - 1)
		} END { exit sum != n }'
}

# ---- the destination goes away between two batches ------------------------------

letters ann 1200
for at in 45000 60000 75000; do
	fault cut $at 1
	ok "a destination that goes away after $at bytes" bk-move --from old \
		--to new --account ann@a.test --into "At$at"
	cp out said
	ok "... as it did" test -s faults/struck
	ok "... is found again, and counts each message once" \
		adds_up_to 1200 said
	ok "... and everything is there" bk-move verify --no-extra --from old \
		--to new --account ann@a.test --into "At$at"
done

# ---- messages for which the source ends the session ------------------------------

# Dovecot does when it cannot read the file.
echo none >faults/fault
letters bob 40
for n in 1 7 40; do
	chmod 000 "$work/a/mail/a.test/bob/Maildir/cur/$(name_of $n)"
done
exits 3 "three that cannot be read" bk-move --from old --to new \
	--account bob@a.test
cp out said
cp err told
ok "... do not keep back the others" grep -q \
	'40 messages: 37 copied' said
ok "... and are named" test "$(grep -c '^  bob@a.test .*FETCH failed' told)" -eq 3
exits 3 "they are tried again" bk-move --from old --to new --account bob@a.test
chmod 600 "$work"/a/mail/a.test/bob/Maildir/cur/*
ok "... and come when they can be read" bk-move --from old --to new \
	--account bob@a.test
ok "... all of them" bk-move verify --from old --to new --account bob@a.test

# It reads each file whose name does not say its size when it lists a folder.
letters carl 30 plain_name_of
for n in 3 29; do
	chmod 000 "$work/a/mail/a.test/carl/Maildir/cur/$(plain_name_of $n)"
done
exits 3 "two without a size" bk-move --from old --to new --account carl@a.test
cp out said
cp err told
ok "... do not keep back the others" grep -q '30 messages: 28 copied' said
ok "... and are named" test \
	"$(grep -c '^  carl@a.test  INBOX uid \(3\|29\) ' told)" -eq 2
ok "... once" test "$(grep -c '^  carl@a.test' told)" -eq 2
exits 3 "what is there is found by its content" bk-move --from old --to new \
	--account carl@a.test --map INBOX=INBOX --full
exits 3 "preflight finds them" bk-move preflight --from old --to new \
	--account bob@a.test --account carl@a.test
cp out said
ok "... and names them" grep -q 'folder INBOX: UID 3: ' said
exits 17 "verify misses them" bk-move verify --from old --to new \
	--account carl@a.test
cp out said
ok "... alone" test "$(grep -c ' missing' said)" -eq 2 -a \
	"$(grep -c 'carl@a.test' said)" -eq 3
chmod 600 "$work"/a/mail/a.test/carl/Maildir/cur/*
ok "they come when they can be read" bk-move --from old --to new \
	--account carl@a.test

# ---- a source that breaks off in the middle of a message ---------------------------

# odd TIMES: a source that does so often.
odd() {
	hostile --times "$1" literal-cut
	sed -i '/server odd/,$d' bk.conf
	cat >>bk.conf <<-CONF
	[server odd]
	url = imap://127.0.0.1:$hostile_port
	allow-cleartext = yes
	password = file:$work/pw
	CONF
}
(umask 077 && echo pw >pw)
odd 1
ok "once" bk-move --from odd --to new --account dan@a.test \
	--into Once
cp out said
ok "... costs nothing" grep -q '15 messages: 15 copied | ' said
odd 40
ok "again and again" bk-move --from odd --to new --account dan@a.test \
	--into Twice
cp out said
ok "... costs nothing, either" grep -q '15 messages: 15 copied | ' said
ok "... all is there" test "$(dovecot "$work/b" doveadm search \
	-u dan@a.test mailbox 'Twice*' | wc -l)" -eq 15
ok "... the next pass has nothing to do" bk-move --from odd --to new \
	--account dan@a.test --into Twice
ok "... and all is there once" test "$(dovecot "$work/b" doveadm search \
	-u dan@a.test mailbox 'Twice*' | wc -l)" -eq 15
done_testing
