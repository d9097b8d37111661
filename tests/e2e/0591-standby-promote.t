#!/bin/sh
# A standby takes over, or refuses to and says why; mail that it got by mistake
# stays; nothing is applied over live mail.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-ship bk-standby dovecot faketime
. "$top/tests/lib/faults.sh"

new_repository repo
small_store "$work/mail"
store="maildir:$work/mail/%d/%n/Maildir"
to="maildir:$work/back/%d/%n/Maildir"
ann=$work/back/a.test/ann/Maildir

standby() {
	verb=$1
	shift
	bk-standby "$verb" --to "$to" "$@"
}
follow() {
	standby follow --once "$@"
}
# as_primary: messages with their flags, dates and bytes.
as_primary() {
	seen mail >seen.mail
	seen back >seen.back
	diff seen.mail seen.back
}
# said TEXT
said() {
	grep -q -e "$1" told
}
start_over() {
	rm -rf back state/standby-*
}

exits 5 "without a set" follow
ok "a full set" bk-backup "$store" --accept-shrink --full

# ---- the store is what it should not be ------------------------------------------

small_store "$work/back"
printf 'Subject: live\n\nlive\n' >"$ann/new/9000.live.mx"
exits 18 "a store with mail is not followed into" follow
cp err told
ok "... and it says why" said 'holds mail that bk did not bring'
ok "... and nothing changed" test -e "$ann/new/9000.live.mx"
ok "with --adopt it is" follow --adopt
ok "... and what the set lacks stays" test -e "$ann/new/9000.live.mx"
ok "... and the rest is as it was" test "$(seen back | wc -l)" -eq 14
exits 17 "status tells of the stranger" standby status
cp out told
ok "... by folder" said '^ann@a.test .*INBOX .*1$'
start_over

# ---- strangers -------------------------------------------------------------------

ok "it follows" follow
ok "... and is as the primary" as_primary
letter "$ann/new/5000.mistake.mx" 5000 mistake
# Dovecot would give the stranger the next UID, which the primary gives to its own.
echo '100 :5000.mistake.mx' >>"$ann/dovecot-uidlist"
letter mail/a.test/ann/Maildir/cur/4000.a.mx:2,F 4000 seven
echo '100 :4000.a.mx' >>mail/a.test/ann/Maildir/dovecot-uidlist
rm mail/a.test/ann/Maildir/cur/1000.a.mx:2,S
ok "a differential" bk-backup "$store" --accept-shrink --differential
ok "a standby that got mail follows" follow
cp err told
ok "... and names the mail" said 'ann@a.test: INBOX: 1 messages here are none that bk brought'
ok "... and keeps it" test -e "$ann/new/5000.mistake.mx"
ok "... what the primary deleted is gone" test ! -e "$ann/cur/1000.a.mx:2,S"
ok "... the UID is the primary's" grep -q '^100 .*:4000.a.mx' "$ann/dovecot-uidlist"
ok "... and no longer the stranger's" sh -c "! grep -q 5000.mistake '$ann/dovecot-uidlist'"
exits 17 "status" standby status
rm -r mail/a.test/ann/Maildir/.Sent
letter "$ann/.Sent/cur/6000.mistake.mx:2," 6000 mistake
ok "a folder is deleted there" bk-backup "$store" --accept-shrink --differential
exits 18 "... which is much of so few messages" follow
ok "... and goes" follow --accept-shrink
ok "... but for what is not ours" test "$(ls "$ann/.Sent/cur")" = 6000.mistake.mx:2,

# ---- other UIDs ------------------------------------------------------------------

sed -i 's/^3 V11/3 V77/' mail/a.test/ann/Maildir/dovecot-uidlist
ok "UIDVALIDITY changed there" bk-backup "$store" --accept-shrink --differential
ok "... and here" follow
ok "... it did" grep -q '^3 V77 ' "$ann/dovecot-uidlist"

# ---- sets ------------------------------------------------------------------------

cp -a repo repo.before
ok "a newer set" bk-backup "$store" --accept-shrink --full
ok "... is applied" follow
mv repo repo.after && cp -a repo.before repo
exits 18 "a set that is older than the one applied" follow
cp err told
ok "... is refused" said 'is older than'
rm -rf repo && mv repo.after repo
rm mail/a.test/ann/Maildir/new/1002.a.mx
ln -s /etc/passwd mail/b.test/bob/Maildir/cur/7000.a.mx:2,
echo 'user=bob@a.test lr' >"$ann/dovecot-acl"
exits 3 "a set that is incomplete" bk-backup "$store" --accept-shrink --full
ok "... is applied" follow
cp err told
ok "... and takes nothing away" said 'nothing was taken away'
ok "... nothing" sh -c "ls '$ann'/*/1002.a.mx*"
ok "... nor rights that are here" grep -q bob "$ann/dovecot-acl"
exits 3 "status says that something is to be done" standby status
exits 18 "promote refuses it" standby promote --fenced-primary
cp err told
ok "... and says why" said 'is incomplete: it lacks 1 items'
rm mail/b.test/bob/Maildir/cur/7000.a.mx:2,
ok "a complete one" bk-backup "$store" --accept-shrink --full
ok "... takes away what was to go" follow
ok "... it did" sh -c "! ls '$ann'/*/1002.a.mx*"
ok "... rights, too" test ! -e "$ann/dovecot-acl"

# ---- two at once, and what else goes wrong ---------------------------------------

bk-standby follow --to "$to" --interval 1h >loop.out 2>&1 &
loop=$!
until grep -q 'no newer one' loop.out; do
	kill -0 $loop || break
	sleep 0.05
done
exits 11 "a second one is locked out" follow
kill $loop
wait $loop
ok "the first ends when it is told to" test $? -eq 130
(umask 077 && echo wrong >wrong)
exits 12 "a wrong password" bk-standby follow --once --to "$to" \
	-r "$work/repo" --password-from file:"$work/wrong"
cat >>"$BK_CONFIG" <<CONF
[target away]
url = ftp://x@127.0.0.1:1/bk
password = file:$work/password
allow-cleartext = yes
CONF
exits 14 "a target that is away" follow --from away
exits 2 "a store that is no Maildir" bk-standby follow --once --to imap://x@y
exits 2 "no verb" bk-standby

# ---- taking over -----------------------------------------------------------------

exits 18 "without the fence" standby promote
cp err told
ok "... it says why" said 'two servers that both take mail'
exits 18 "when the set is stale" faketime -f '+2d' bk-standby promote \
	--to "$to" --fenced-primary
cp err told
ok "... it says how old" said 'is 2d.* old, and --max-age is 8h'
exits 3 "... and so does status" faketime -f '+2d' bk-standby status \
	--to "$to" --max-age 8h
letter mail/a.test/ann/Maildir/cur/8000.a.mx:2, 8000 eight
ok "a newer set" bk-backup "$store" --accept-shrink --differential
ok "it is promoted" standby promote --fenced-primary
cp err told
ok "... and mail may start" said 'mail may start now'
ok "... and what is next" said 'systemctl start dovecot postfix'
ok "... what was missing is there" test -e "$ann/cur/8000.a.mx:2,"
ok "... twice is once" standby promote --fenced-primary
cp err told
ok "... and says so" said 'promoted already'
ok "status" standby status --max-age 1s --prometheus metrics
cp out told
ok "... says promoted" said '^promoted'
ok "... to Prometheus, too" sh -c "'$top/tests/lib/exposition.py' metrics &&
	grep -q '^bk_standby_promoted{.*} 1$' metrics"
printf 'Subject: new\n\nnew\n' >"$ann/new/9999.new.mx"
exits 18 "it follows no more" follow
ok "... and new mail is there" test -e "$ann/new/9999.new.mx"

# ---- a host with nothing ---------------------------------------------------------

start_over
ok "a target" bk-ship push "$work/target"
rm -rf state cache
ok "a bare host is promoted from a target" env -u BK_CONFIG -u BK_REPO \
	bk-standby promote --fenced-primary --to "$to" -r "$work/target" \
	--password-from "keyblock:$work/repo.key"
cp err told
ok "... and takes mail before its old mail is there" \
	said 'mail may start now: .* messages are still coming in'
ok "... and has all of it" said 'all mail of the set is here'
seen mail >seen.mail
seen back >seen.back
ok "... as the primary had it" cmp seen.mail seen.back
ok "... with its UIDs" sh -c "grep -q '^3 V77 ' '$ann/dovecot-uidlist' &&
	grep -q '^100 .*4000.a.mx' '$ann/dovecot-uidlist'"

done_testing
