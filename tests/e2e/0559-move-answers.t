#!/bin/sh
# What a server says no to in a pass: one that wants to be left alone for a while
# is, and a mailbox that is full stops nobody else, and gets the rest once there is
# room.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

# ---- later, please -----------------------------------------------------------------

# odd OPTION... SCENARIO: the section `odd` is a server that does so.
odd() {
	hostile "$@" || return
	cat >"$BK_CONFIG" <<-CONF
	[server odd]
	url = imap://127.0.0.1:$hostile_port
	allow-cleartext = yes
	password = file:$work/pw
	CONF
}

# passes: of ann, into a Maildir of its own.
place=0
passes() {
	bk-move --from odd --to "maildir:$work/t$place/%d/%n/Maildir" \
		--account ann@a.test
}

# once: each of the messages is there, once.
once() {
	[ "$(find "t$place" -type f -path '*/cur/*' | wc -l)" -eq 15 ] &&
		[ "$(find "t$place" -type f -path '*/cur/*' \
			-exec sha256sum {} + | sort | uniq -d | wc -l)" -eq 0 ]
}

for what in fetch-throttled fetch-limit login-inuse select-inuse; do
	place=$((place + 1))
	ok "$what, twice" odd --times 2 $what
	ok "... is waited for" passes
	ok "... and all is there, once" once
	kill "$hostile_pid"
	wait "$hostile_pid" 2>/dev/null
done

# And what is appended; the server is looked at by a move from it.
for n in 1 2 3 4; do
	mkdir -p from/a.test/ann/Maildir/cur from/a.test/ann/Maildir/new \
		from/a.test/ann/Maildir/tmp
	printf 'Subject: new %s\r\n\r\nnew %s\r\n' $n $n \
		>from/a.test/ann/Maildir/cur/100000$n.M1P1.mx:2,S
done
for what in append-throttled append-inuse append-try-again; do
	place=$((place + 1))
	ok "$what, twice" odd --times 2 $what
	ok "... is waited for" bk-move --from "maildir:$work/from/%d/%n/Maildir" \
		--to odd --account ann@a.test
	cp out said
	ok "... and all is taken" grep -q ': 4 copied' said
	ok "... which a move from it finds" passes
	ok "... once" test "$(cat "t$place"/a.test/ann/Maildir/cur/* |
		grep -c '^Subject: new')" -eq 4
	kill "$hostile_pid"
	wait "$hostile_pid" 2>/dev/null
done

# ---- one after the other -------------------------------------------------------------

# Without MULTIAPPEND those behind the one that was not taken may be there, and
# which is which decides what goes when one is deleted at the source.

one_by_one="IMAP4rev1 UIDPLUS LITERAL+ ENABLE CONDSTORE"

# brings: from Maildirs whose lines end in LF alone.
brings() {
	bk-move --from "maildir:$work/lf/%d/%n/Maildir" --to odd \
		--account ann@a.test
}

# look: into $got, what a move from the server finds of what was brought.
look() {
	place=$((place + 1))
	passes >/dev/null 2>&1
	got=$(cat "t$place"/a.test/ann/Maildir/cur/* \
		"t$place"/a.test/ann/Maildir/new/* 2>/dev/null |
		grep -aoE '^Subject: letter [0-9]' | sort | cut -d' ' -f3 | xargs)
}

for what in append-refuses-one append-throttled append-inuse; do
	rm -rf lf
	mkdir -p lf/a.test/ann/Maildir/cur lf/a.test/ann/Maildir/new \
		lf/a.test/ann/Maildir/tmp
	for n in 1 2 3 4 5; do
		printf 'Subject: letter %s\n\nletter %s\n' $n $n \
			>lf/a.test/ann/Maildir/cur/200000$n.M1P1.mx:2,S
	done
	times='--times 1'
	there='1 2 3 4 5' left='2 3 4 5'
	if [ $what = append-refuses-one ]; then
		times='' there='1 2 4 5' left='2 4 5'
	fi
	# shellcheck disable=SC2086 # words
	ok "$what, one message after the other" odd $times \
		--capabilities "$one_by_one" $what
	brings >out 2>err
	cp out said
	ok "... what is taken is counted: $there" grep -q \
		": $(echo "$there" | wc -w) copied" said
	look
	ok "... and there, once: $got" test "$got" = "$there"
	rm lf/a.test/ann/Maildir/cur/2000001.*
	brings >out 2>err
	look
	ok "... one that is deleted is gone, and no other: $got" \
		test "$got" = "$left"
	kill "$hostile_pid"
	wait "$hostile_pid" 2>/dev/null
done

# ---- nothing ------------------------------------------------------------------------

place=$((place + 1))
ok "a server that lists messages and gives nothing of them" odd body-missing
exits 3 "... has not moved" passes
cp err told
ok "... each is named" test \
	"$(grep -c 'uid.*the server lists it, and gives nothing of it' told)" -eq 15

# ---- no room -----------------------------------------------------------------------

: >"$BK_CONFIG"
"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser ann@a.test bob@a.test eve@a.test
done
dovecot "$work/b" user bob@a.test 'userdb_quota_rule=*:storage=80k'
for server in a b; do
	dovecot "$work/$server" start
	section $server "$(port_of $server)"
done
makes ordinary "$(at a ann@a.test)" "$(at a bob@a.test)" "$(at a eve@a.test)" \
	--messages 60
move() {
	bk-move --from a --to b --accounts list "$@"
}
printf '%s@a.test\n' ann bob eve >list

exits 3 "one of three accounts has no room for all" move --error-stop 100%
cp err told
ok "... it is named, with what to do" grep -q \
	'bob@a.test.*no room for more.*raise the quota' told
for account in ann eve; do
	ok "... $account is the same there" same "$(at a $account@a.test)" \
		"$(at b $account@a.test)"
done
ok "... and some is there" same --extra "$(at b bob@a.test)" \
	"$(at a bob@a.test)"
exits 15 "that one alone" move --account bob@a.test
dovecot "$work/b" user bob@a.test
while dovecot "$work/b" doveadm user bob@a.test | grep -q storage=80k; do
	sleep 0.1
done
ok "when there is room" move
ok "... the rest comes" same "$(at a bob@a.test)" "$(at b bob@a.test)"
ok "... each message once" bk-move verify --from a --to b --accounts list

done_testing
