#!/bin/sh
# What few servers can do, on one of a make that does: LITERAL- (a Dovecot that is
# told to), names in UTF-8 (Courier), XLIST (Cyrus); and each of them without.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl cc
need_cyrus
cd "$work" || exit 1

ann=ann@a.test
"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
	dovecot "$work/$server" adduser $ann bob@a.test eve@a.test
done
echo 'imap_literal_minus = yes' >b/local.conf
for server in a b; do
	dovecot "$work/$server" start
	section $server "$(port_of $server)"
done
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser $ann
section c "$(port_of c)"
"$top/tests/servers/courier" "$work/k" new
servers="$servers courier:$work/k"
"$top/tests/servers/courier" "$work/k" adduser $ann bob@a.test
"$top/tests/servers/courier" "$work/k" start
section k "$(port_of k)"
echo 'allow-cleartext = yes' >>"$BK_CONFIG"

ok "an account" makes ordinary "$(at a $ann)" --messages 45
# Courier ends a last line that has no end.
crlf=$(printf '\r\n_')
crlf=${crlf%_}
large="Subject: large$crlf$crlf$(printf '%9000s' '' | tr ' ' x)$crlf"
ok "... with a letter of more than 4096 bytes" does a $ann \
	"APPEND Sent {${#large}+}$crlf$large"

# ---- LITERAL- -----------------------------------------------------------------------

"$top/tests/lib/imap_logins.py" --ca "$work/pki/ca.crt" "$(port_of b)" $ann \
	pw >said
ok "a Dovecot has LITERAL-" grep -qx LITERAL- said
exits 1 "... and no LITERAL+" grep -qx LITERAL+ said
ok "it is moved to" bk-move --from a --to b --account $ann
ok "... all is there" same "$(at a $ann)" "$(at b $ann)"
printf '%s,bob@a.test\n' $ann >accounts
ok "without it" bk-move --from a --to b --accounts accounts \
	--to-option without=LITERAL-
ok "... all is there" same "$(at a $ann)" "$(at b bob@a.test)"

# ---- names in UTF-8 --------------------------------------------------------------------

# by_courier OPTION...: there and, from there, to somebody else at b.
by_courier() {
	bk-move --from a --to k --account $ann "$@" &&
		bk-move verify --from a --to k --account $ann "$@" --bodies
}

ok "to a Courier, in UTF-8" by_courier
ok "... under their names" test -d "k/data/a.test/ann/Maildir/.Entwürfe & Maß"
printf '%s,eve@a.test\n' $ann >accounts
ok "from it" bk-move --from k --to b --accounts accounts
# Courier subscribes to whatever it makes.
ok "... all is as it was" same --without subscriptions,acl,metadata,special-use \
	"$(at a $ann)" "$(at b eve@a.test)"
rm -r k/data/a.test/ann state/move-*
"$top/tests/servers/courier" "$work/k" adduser $ann
ok "without it" by_courier --to-option without=UTF8=ACCEPT
ok "... under the same names" \
	test -d "k/data/a.test/ann/Maildir/.Entwürfe & Maß"
ok "... which both ways show" bk-move verify --from a --to k --account $ann

# ---- XLIST -----------------------------------------------------------------------------

ok "to a Cyrus" bk-move --from a --to c --account $ann
# It writes down what is said in such a folder.
mkdir "c/conf/log/$ann"
[ "$(id -u)" -ne 0 ] || chown mail "c/conf/log/$ann"
ok "where LIST is not extended" bk-move verify --from a --to c \
	--account $ann --to-option without=LIST-EXTENDED
ok "... XLIST lists" grep -rq ' XLIST ' "c/conf/log/$ann"

done_testing
