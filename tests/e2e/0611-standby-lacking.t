#!/bin/sh
# What belongs to an account and to none of its folders, and could not be given to a
# standby: it is not fresh until that came, and each time it is tried again.

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

restart() {
	dovecot "$work/b" stop
	dovecot "$work/b" start
}
# has ACCOUNT SCRIPT FILE: the standby has it, to the byte.
has() {
	sieve b "$1" get "$2" >got && cmp "$3" got
}

printf 'require "vacation";\r\nvacation "I am away";\r\n' >away.sieve
printf 'keep;\r\n' >keep.sieve
printf 'discard;\r\n' >discard.sieve
letters a $ann INBOX one
letters a $bob INBOX two
ok "scripts" sieve a $ann put away <away.sieve
ok "scripts" sieve a $bob put sorts <keep.sieve
ok "a full set" bk-backup mail --full

# ---- refused ------------------------------------------------------------------------

cp b/local.conf local.before
printf 'plugin {\n  sieve_extensions = -vacation\n}\n' >>b/local.conf
restart
exits 3 "a script that the standby refuses" follow
tells 'script away'
exits 3 "... it is not fresh" status
tells '^incomplete'
exits 3 "... it is tried again" follow
tells 'script away'
exits 3 "... and not fresh" status
ok "... the other account has its own" has $bob sorts keep.sieve
cp local.before b/local.conf
restart
ok "once it takes it, it comes" follow
ok "... to the byte" has $ann away away.sieve
ok "... and it is fresh" fresh

# ---- away ------------------------------------------------------------------------------

ok "both have another one" sieve a $ann put away <keep.sieve
ok "... both" sieve a $bob put sorts <discard.sieve
ok "a differential" bk-backup mail --differential
cp "$BK_CONFIG" conf.before
sed -i "s,$(sieve_of b),sieve://127.0.0.1:1," "$BK_CONFIG"
exits 3 "ManageSieve is away" follow
tells 'of 1 more account'
exits 3 "... it is not fresh" status
exits 3 "... it is tried again" follow
sed -i '/^sieve = .*:1$/d' "$BK_CONFIG"
exits 3 "nobody says where it is" follow
tells 'sieve = yes'
exits 3 "... it is not fresh" status
cp conf.before "$BK_CONFIG"
ok "it is back" follow
ok "... both have theirs" has $ann away keep.sieve
ok "... both" has $bob sorts discard.sieve
ok "... and it is fresh" fresh
ok "once more" follow
tells 'there is no newer one'

# ---- a Maildir's subscriptions -----------------------------------------------------------

small_store "$work/files"
to="maildir:$work/back/%d/%n/Maildir"
ok "a set of files" bk-backup "maildir:$work/files/%d/%n/Maildir" --full
follow_files() {
	bk-standby follow --once --to "$to" --host "$(uname -n)" \
		--store "maildir:$work/files/%d/%n/Maildir"
}
ok "it is followed" follow_files
echo Empty >>files/a.test/ann/Maildir/subscriptions
ok "a subscription" bk-backup "maildir:$work/files/%d/%n/Maildir" --differential
rm back/a.test/ann/Maildir/subscriptions
mkdir -p back/a.test/ann/Maildir/subscriptions/what
exits 14 "subscriptions that are none" follow_files
tells 'account ann@a.test: subscriptions: not a regular file'
exits 14 "... status tells, too" bk-standby status --to "$to" \
	--store "maildir:$work/files/%d/%n/Maildir"
tells 'account ann@a.test: '
rm -r back/a.test/ann/Maildir/subscriptions
ok "once they can be, they are" follow_files
ok "... they are" grep -qx Empty back/a.test/ann/Maildir/subscriptions
ok "... and it is fresh" bk-standby status --to "$to" \
	--store "maildir:$work/files/%d/%n/Maildir"

done_testing
