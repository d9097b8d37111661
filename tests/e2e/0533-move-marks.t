#!/bin/sh
# Flags that a destination refuses: the message comes all the same, what it lacks
# is told, and what could not be set is tried again.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-move dovecot openssl
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/b" full "$work/pki"
dovecot "$work/b" adduser ann@a.test
dovecot "$work/b" start
section new "$(port_of b)"
inbox=$work/old/a.test/ann/Maildir
mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
long=$(printf 'k%.0s' $(seq 200))
printf '0 %s\n1 short\n' "$long" >"$inbox/dovecot-keywords"
letter() {
	printf 'Subject: %s\n\n%s\n' "$1" "$1" >"$inbox/cur/100$1.M1P1.mx:2,$2"
}
move() {
	bk-move --from "maildir:$work/old/%d/%n/Maildir" --to new "$@"
}

letter 1 S
letter 2 Sab
letter 3 Fb
exits 3 'a keyword that the server does not take' move
cp err told
ok '... is told of the message that has it' \
	grep -q "INBOX.*keyword $long: .*Keyword length too long.*copied without it" told
ok '... and of no other' [ "$(grep -c 'copied without' told)" = 1 ]
there=$work/b/mail/a.test/ann/Maildir
flagged() {
	find "$there/cur" -name '*:2,*F*' | wc -l
}
ok '... and all messages are there' [ "$(find "$there/cur" -type f | wc -l)" = 3 ]
ok '... with the flags that are possible' [ "$(flagged)" = 1 ]
ok '... and the keywords: two have the other one' \
	[ "$(find "$there/cur" -name '*:2,*a*' | wc -l)" = 2 ]
ok 'the next pass has nothing to do' move
letter 4 S
mv "$inbox/cur/1001.M1P1.mx:2,S" "$inbox/cur/1001.M1P1.mx:2,Sa"
exits 3 'a keyword that comes later' move
cat out err >told
ok '... is told' grep -q 'Keyword length too long.*some flags are not set' told
exits 3 '... again, since the next pass tries again' move
mv "$inbox/cur/1001.M1P1.mx:2,Sa" "$inbox/cur/1001.M1P1.mx:2,FS"
ok 'without it all is well' move
ok '... and the flag is there' [ "$(flagged)" = 2 ]

# ---- a folder that is listed, and cannot be opened ------------------------------

hostile select-nonexistent
cat >>"$BK_CONFIG" <<-CONF
[server odd]
url = imap://127.0.0.1:$hostile_port
allow-cleartext = yes
password = file:$work/pw
CONF
exits 3 'a folder that is there, and then is not' bk-move --from odd --to new \
	--account ann@a.test --into Odd
cat out err >told
ok '... is named' grep -q 'folder not copied' told

# ---- a folder that cannot be made ------------------------------------------------

kill "$hostile_pid"
wait "$hostile_pid" 2>/dev/null
hostile create-noperm
section odder "$hostile_port"
echo 'allow-cleartext = yes' >>"$BK_CONFIG"
mkdir -p "$inbox/.Extra/cur" "$inbox/.Extra/new" "$inbox/.Extra/tmp"
exits 3 'a folder that may not be made' bk-move \
	--from "maildir:$work/old/%d/%n/Maildir" --to odder
cat out err >told
ok '... is named, with what to do' grep -q \
	'Extra.*not here.*folder not copied; --map gives it another name' told

done_testing
