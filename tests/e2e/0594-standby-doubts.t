#!/bin/sh
# A standby says that it is fresh only where all of the mail is there, and the set
# is the newest of the right host; what would make of it another host's, or far
# less, is refused until somebody says that it is right.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-ship bk-standby faketime unshare hostname
. "$top/tests/lib/faults.sh"

new_repository repo
cp bk.conf empty.conf
small_store "$work/mail"
small_store "$work/other"
for i in 1 2 3 4 5 6 7 8 9; do
	letter "$work/mail/b.test/bob/Maildir/cur/20$i.a.mx:2,S" 200$i "more $i"
	letter "$work/other/b.test/bob/Maildir/cur/30$i.b.mx:2,S" 300$i "others $i"
done
store="maildir:$work/mail/%d/%n/Maildir"
to="maildir:$work/back/%d/%n/Maildir"
ann=$work/back/a.test/ann/Maildir
bob=$work/back/b.test/bob/Maildir
standby() {
	verb=$1
	shift
	BK_STATE_DIR=$work/standby.state bk-standby "$verb" --to "$to" "$@"
}
follow() {
	standby follow --once "$@"
}
status() {
	standby status --max-age 8h "$@"
}
promote() {
	standby promote --fenced-primary "$@"
}
backup() {
	bk-backup "$store" --full --accept-shrink "$@"
}
as_primary() {
	seen mail >seen.mail
	seen back >seen.back
	diff seen.mail seen.back
}
# said TEXT, of both outputs of the last command
said() {
	cat out err | grep -q -e "$1"
}
says_so() {
	cp out told
	cat err >>told
	ok "... it says: $1" grep -q -e "$1" told
}
start_over() {
	rm -rf back standby.state
}
another_repository() {
	rm -rf repo state
	BK_CONFIG=$work/none.conf
	: >none.conf
	export BK_CONFIG BK_PASSWORD_FILE="$work/password"
	bk-init -r "$work/repo" >init.out 2>&1 || cat init.out
	rm -f repo.key
	bk-key -r "$work/repo" export "$work/repo.key" >init.out 2>&1 || cat init.out
	unset BK_PASSWORD_FILE
	BK_CONFIG=$work/empty.conf
}
# on HOST STATE COMMAND...: on a host of that name, with that identity.
on() {
	host=$1
	at=$2
	shift 2
	# shellcheck disable=SC2016 # of the inner shell
	BK_STATE_DIR=$at unshare --uts sh -c 'hostname "$0" && exec "$@"' "$host" "$@"
}

# ---- the store is not as it was left ---------------------------------------------------

ok "a set" backup
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "it is fresh" status
mv back back.x && mkdir back
exits 3 "a store that was emptied is not fresh" status
says_so '^changed '
ok "another set, of the same" backup
exits 3 "... nor then" status
ok "it follows" follow
says_so '4 folders here are not as they were left, 4 of these are gone'
ok "... and has its mail again" as_primary
ok "... and is fresh" status
rm -rf back && mkdir back
ok "no new set, and the store is empty: it follows" follow
ok "... and has its mail again" as_primary
rm -rf back
exits 3 "a store that is not there is not fresh" status
ok "it is promoted" promote
ok "... with all mail" as_primary

start_over
ok "it follows" follow
rm "$bob/cur/205.a.mx:2,S"
exits 3 "a message less in a folder that the next set does not change" status
letter mail/a.test/ann/Maildir/cur/4000.a.mx:2,F 4000 seven
ok "a set" backup
ok "it follows" follow
ok "... and the message is there again" as_primary
ok "... and is fresh" status
letter "$bob/new/5000.mistake.mx" 5000 mistake
exits 3 "mail that came by mistake is seen" status
says_so '^changed '
ok "it follows" follow
exits 17 "... and counted" status
says_so '^bob@b.test .*INBOX .*1$'
rm "$bob/new/5000.mistake.mx"
ok "it follows" follow
ok "... and is fresh again" status
letter "$ann/.Mistake/cur/5001.mistake.mx:2," 5001 mistake
exits 17 "so is mail in a folder that no set has" status
rm -r "$ann/.Mistake"
touch -r "$bob/cur" before
rm "$bob/cur/206.a.mx:2,S"
touch -r before "$bob/cur"
ok "a message less, and the folder's time is as it was: it is promoted" promote
ok "... with that message" as_primary

# ---- whose sets ----------------------------------------------------------------------

start_over
another_repository
# others HOST STATE: a set of other mail, of a store that is called the same.
others() {
	mv mail mail.x && mv other mail
	on "$1" "$2" bk-backup "$store" --full
	made=$?
	mv mail other && mv mail.x mail
	return $made
}
ok "mx1 makes a set" on mx1 "$work/mx1.state" bk-backup "$store" --full
ok "it follows" follow --host mx1
ok "... and is as mx1" as_primary
ok "so does mx2" others mx2 "$work/mx2.state"
exits 2 "without --host nothing is guessed" follow
says_so 'mx1 (1 set), mx2 (1 set)'
exits 18 "mx2's mail is not put in the place of mx1's" follow --host mx2
says_so '--accept-source'
exits 18 "... nor when it is promoted" promote --host mx2
ok "... and nothing changed" as_primary
exits 3 "... and it is not fresh for mx2" status --host mx2
ok "another host of that name makes a set" others mx1 "$work/new.state"
exits 2 "two hosts of one name are told apart" follow --host mx1
says_so 'beginning of one of these identifiers: mx1 ('
exits 2 "... and by promote" promote --host mx1
ok "... and nothing changed" as_primary
old=$(cut -c 1-12 "$work/mx1.state/host-id")
ok "by its identifier one is meant" follow --host "$old"
start_over
cp -a "$work/mx2.state" "$work/standby.state"
exits 2 "a host that has sets there does not get its own, unasked" follow
ok "... it has the choice" follow --host "$old"
ok "... and is as mx1" as_primary
ok "another one may be meant" follow --host mx2 --accept-source
seen other >seen.other
seen back >seen.back
ok "... which it is then" cmp seen.other seen.back

# ---- far less mail ---------------------------------------------------------------------

start_over
another_repository
ok "a set" backup
ok "it follows" follow
cp -a mail mail.x
rm mail/b.test/bob/Maildir/cur/*
ok "the primary loses mail, and makes a set of it" backup
exits 18 "which does not take it away here" follow
says_so '--accept-shrink'
ok "... it is all there" test -e "$bob/cur/206.a.mx:2,S"
exits 3 "... and is behind" status
says_so '^behind '
exits 18 "... nor is it promoted so" promote
ok "if that is right it does" follow --accept-shrink
ok "... and is as the primary" as_primary
rm -rf mail && mv mail.x mail

# ---- clocks ----------------------------------------------------------------------------

start_over
another_repository
export NO_FAKE_STAT=1
ok "a set" backup
ok "it follows" follow
letter mail/a.test/ann/Maildir/cur/4001.a.mx:2,F 4001 eight
ok "the primary's clock is set back, and it makes a set" faketime -f '-3h' \
	bk-backup "$store" --full
exits 3 "the one before is not fresh" status
says_so '^behind '
ok "it follows" follow
ok "... and is as the primary" as_primary
ok "... and is fresh" status
exits 3 "the clock here is set back" env NO_FAKE_STAT=1 \
	BK_STATE_DIR="$work/standby.state" faketime -f '-2d' \
	bk-standby status --to "$to"
says_so 'the clock of this host or of the primary is wrong'
exits 18 "... and it is not promoted" env NO_FAKE_STAT=1 \
	BK_STATE_DIR="$work/standby.state" faketime -f '-2d' \
	bk-standby promote --fenced-primary --to "$to"
says_so 'the clock of this host or of the primary is wrong'
cp -a repo repo.before
ok "a set" backup
ok "it follows" follow
rm -rf repo && mv repo.before repo
exits 18 "the newest set is older than what is here" promote
says_so '--accept-older'
# A repository that was set back is told of besides, which is 3.
exits 3 "it is promoted with what is here" promote --accept-older
ok "... which is as the primary" as_primary

# ---- sets that lack something --------------------------------------------------------------

start_over
another_repository
ln -s /etc/passwd mail/b.test/bob/Maildir/cur/7000.a.mx:2,
exits 3 "a set that lacks a message" backup
ok "it follows" follow
exits 3 "... and is not fresh" status
says_so '^incomplete '
ok "it is promoted, if that is accepted" promote --accept-incomplete
says_so 'the set itself lacks 1 items'
# gone_after: a standby follows such a set, which is gone then.
gone_after() {
	start_over
	cp -a repo repo.before
	exits 3 "another one that does" backup
	ok "it follows" follow
	rm -rf repo && mv repo.before repo
}
gone_after
rm "$bob/cur/205.a.mx:2,S"
exits 18 "it is gone, and so is a message" promote --accept-older \
	--accept-incomplete
says_so 'nobody can tell what they lack'
gone_after
exits 3 "as it was left it is promoted" promote --accept-older \
	--accept-incomplete
says_so 'all mail of the set is here'
rm mail/b.test/bob/Maildir/cur/7000.a.mx:2,

# ---- an account that cannot be made ---------------------------------------------------------

start_over
another_repository
ok "a set" backup
mkdir -p back/b.test
printf 'in the way\n' >back/b.test/bob
exits 3 "a host without mail, and a file is in the way" promote
says_so 'mail may start now, but not for 1 account whose folders'
ok "... and does not say more" sh -c "! grep -q 'all accounts and folders' told"

# ---- trees of files that cannot be staged ---------------------------------------------------

start_over
printf 'in the way\n' >staged
ok "a set without any" follow --trees "$work/staged"
says_so 'holds no trees of files'
start_over
another_repository
mkdir config
echo yes >config/main.cf
cat >trees.conf <<-CONF
	$(cat empty.conf)
	[store mail]
	type = maildir
	path = $work/mail/%d/%n/Maildir
	trees = $work/config
CONF
ok "a set with one" env BK_CONFIG="$work/trees.conf" bk-backup mail --full
for time in first second; do
	exits 14 "a file is where they are to be, the $time time" follow \
		--trees "$work/staged"
	ok "... and does not say that there are none" sh -c \
		"! cat out err | grep 'no trees of files'"
done
rm staged && mkdir staged
ok "then they are" follow --trees "$work/staged"
ok "... staged" test -e "staged$work/config/main.cf"
start_over
rm -rf staged
printf 'in the way\n' >staged
cp -a repo repo.before
ok "another set" env BK_CONFIG="$work/trees.conf" bk-backup mail --full
exits 14 "its trees are not staged" follow --trees "$work/staged"
rm -rf repo && mv repo.before repo
exits 18 "it is gone when the standby is to take over" promote \
	--accept-older --trees "$work/staged"
says_so "all mail of .* is here, but its trees of files were not all staged"
ok "... and the next command" grep -q \
	"bk restore [0-9a-f]* --trees --to $work/staged" told
exits 3 "without the trees it does" promote --accept-older
says_so 'bk restore [0-9a-f]* --trees --to FOLDER'
ok "... and mail may start" grep -q \
	'mail may start now: all mail of the set is here' told
start_over
rm staged
cp -a repo repo.before
ok "another set" env BK_CONFIG="$work/trees.conf" bk-backup mail --full
ok "it follows" follow
rm "$ann/cur/1000.a.mx:2,S"
rm -rf repo && mv repo.before repo
exits 18 "it is gone, and mail is, too" promote --accept-older
says_so 'nobody can tell what they lack'
ok "... and the next command" grep -q \
	'run bk standby promote --fenced-primary --to' told

# ---- a message that cannot be written -------------------------------------------------------

start_over
another_repository
ok "a set" backup
ok "it follows" follow
letter mail/b.test/bob/Maildir/cur/8000.a.mx:2,S 8000 "cannot be written"
ok "a set" backup
rm -rf "$bob/tmp"
printf 'in the way\n' >"$bob/tmp"
exits 3 "it is promoted as far as that goes" promote
says_so '1 messages are NOT here'
ok "... and does not say more" sh -c "! grep -q 'all mail\|systemctl' told"
rm "$bob/tmp" && mkdir "$bob/tmp"
ok "it is promoted again" promote
says_so 'all mail of the set is here'
ok "... which is true" as_primary

# ---- what it remembers --------------------------------------------------------------------

state=$(echo standby.state/standby-*/state)
cp "$state" whole
# shellcheck disable=SC2016 # of sed
for damage in '$d' '/^promoted/d' '2d' 's/^promoted/promotid/'; do
	sed "$damage" whole >"$state"
	exits 13 "a state that is damaged ($damage) is refused" follow
	says_so 'follow --adopt'
done
: >"$state"
exits 13 "... and an empty one" status
cp whole "$state"
exits 18 "whole it says that it was promoted" follow

# ---- a set of a newer version -----------------------------------------------------------------

start_over
ok "it follows" follow
another_repository
ok "a set" backup
set=$(bk-list --json | sed -n 's/.*"set":"\([0-9a-f]*\)".*/\1/p' | tail -n 1)
ok "the newest set is one of bk 3.1.0" \
	"$top/tests/reader/newer.py" repo "$work/password" "$set"
for verb in follow promote; do
	start_over
	case $verb in
	follow) exits 18 "follow refuses it" follow ;;
	promote) exits 18 "promote refuses it" promote ;;
	esac
	says_so 'upgrade this host first'
	ok "... and nothing was made" test ! -e back
done

# ---- settings that come late --------------------------------------------------------------------

start_over
another_repository
ok "a set" backup
ok "it follows" follow
echo Nowhere >>mail/a.test/ann/Maildir/subscriptions
ok "a subscription to no folder" backup
# For two minutes, which pass at once.
touch -d '+1 hour' "$ann/subscriptions.lock"
exits 3 "somebody has the file locked" env NO_FAKE_STAT=1 \
	BK_STATE_DIR="$work/standby.state" faketime -f '+0 x300' \
	bk-standby promote --fenced-primary --to "$to"
says_so 'its settings are not restored'
rm "$ann/subscriptions.lock"
printf 'Mine\n' >"$ann/subscriptions"
ok "it is promoted again" promote
says_so 'all mail of the set is here'
ok "... and it came" grep -qx Nowhere "$ann/subscriptions"
ok "... beside people's own" grep -qx Mine "$ann/subscriptions"
ok "... and what they unsubscribed stays so" \
	sh -c "! grep -qx Sent '$ann/subscriptions'"
sed -i '/Nowhere/d' mail/a.test/ann/Maildir/subscriptions

# ---- cut off when all but the last word is written --------------------------------------------

start_over
another_repository
ok "a set" backup
mkdir near
cat >from.conf <<-CONF
	$(cat empty.conf)
	[target near]
	url = file://$work/near
	password = keyblock:$work/repo.key
	[repo mine]
	path = $work/mine
	password = keyblock:$work/repo.key
CONF
# from TOOL VERB...
from() {
	BK_CONFIG=$work/from.conf BK_STATE_DIR=$work/standby.state "$@" \
		--to "$to" --from near -r mine
}
takes_over() {
	from "$1" promote --fenced-primary
}
ok "it is at a target" env BK_CONFIG="$work/from.conf" bk-ship push near
ok "it is followed from there" from bk-standby follow --once
cp -a back followed && cp -a standby.state followed.state
export BK_FAULT_LIST=1
ok "it is promoted" takes_over "$BK_BUILD/cut/bk-standby"
BK_FAULT_AT=$(sed -n 's/^fault \([0-9]*\): standby: marked as live$/\1/p' err |
	tail -n 1)
export BK_FAULT_AT
start_over
mv followed back && mv followed.state standby.state
exits 99 "... or cut off once it is live" \
	takes_over "$BK_BUILD/cut/bk-standby"
unset BK_FAULT_LIST BK_FAULT_AT
ok "... and is promoted again" takes_over bk-standby
says_so 'all mail of the set is here'
ok "... which is true" as_primary
ok "... and a third time" takes_over bk-standby
says_so 'it was promoted already'

done_testing
