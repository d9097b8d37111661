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
	dovecot "$work/$server" adduser ann@a.test bob@a.test
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

# letters ACCOUNT N: into its INBOX at the source, before the server sees it;
# their names say their sizes, so that no listing reads them.
letters() {
	inbox=$work/a/mail/a.test/$1/Maildir
	mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
	seq "$2" | while read -r n; do
		printf 'From: a@b\nSubject: %s\n\nletter %s\n' "$n" "$n" \
			>"$inbox/cur/$(name_of "$n")"
	done
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$work/a/mail/a.test"
}

# fault RULE...: from now on.
fault() {
	: >faults/struck
	echo "$*" >faults/fault.new
	mv faults/fault.new faults/fault
}

# ---- the destination goes away between two batches ------------------------------

letters ann 1200
for at in 45000 60000 75000; do
	fault cut $at 1
	ok "a destination that goes away after $at bytes" bk-move --from old \
		--to new --account ann@a.test --into "At$at"
	cp out said
	ok "... as it did" test -s faults/struck
	ok "... is found again, and counts each message once" grep -q \
		': complete | 1,200 messages: 1,200 copied | ' said
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
done_testing
