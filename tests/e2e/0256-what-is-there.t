#!/bin/sh
# What a restore finds in the destination: other people's mail, other bytes of
# the same name, messages that share a name.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check

new_repository repo

# ---- two accounts, one place ----------------------------------------------------

for domain in a b; do
	mkdir -p "two/$domain.t/info/Maildir/cur" "two/$domain.t/info/Maildir/new"
	for n in 1 2 3; do
		echo "$domain $n" >"two/$domain.t/info/Maildir/cur/$domain$n:2,S"
	done
done
ok "a set of two accounts" bk-backup "maildir:$work/two/%d/%n/Maildir"
for how in "" -n --replace; do
	# shellcheck disable=SC2086 # a word or none
	exits 2 "two accounts in one place are refused $how" bk-restore latest \
		$how -j1 --to "maildir:$work/mixed/%n/Maildir"
	says "bk-restore: info@a.t and info@b.t would both be written to $work/mixed/info/Maildir: give a path with %d and %n in it, or choose one by --account. Nothing changed."
done
ok "... and nothing is made" test ! -e mixed
mkdir -p linked/a.t/info
ln -s a.t linked/b.t
exits 2 "two links to one place are, too" bk-restore latest \
	--to "maildir:$work/linked/%d/%n/Maildir"
ok "... and nothing is made there" test ! -e linked/a.t/info/Maildir
ok "one of them is restored" bk-restore latest --account info@a.t \
	--to "maildir:$work/mixed/%n/Maildir"

# ---- messages that share a name -------------------------------------------------

new_repository repo2
inbox=$work/same/a.t/ann/Maildir
mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
echo seen >"$inbox/cur/dup:2,S"
echo flagged >"$inbox/cur/dup:2,Fa"
echo fresh >"$inbox/new/dup"
echo alone >"$inbox/new/pair"
echo other >"$inbox/cur/pair"
echo "0 Junk" >"$inbox/dovecot-keywords"
ok "a set of names that are there twice" bk-backup "maildir:$work/same/%d/%n/Maildir"
bk-list latest ann@a.t INBOX --json >rows
ok "all five are listed" test "$(grep -c '"uid"' rows)" = 5
ok "... with their flags" grep -q 'Flagged.*dup:2,Fa' rows
ok "... and keywords" grep -q 'Junk.*dup:2,Fa' rows
ok "they are restored" bk-restore latest --to "maildir:$work/twin/%d/%n/Maildir"
for text in seen:S flagged:F fresh: alone: other:; do
	file=$(grep -rlx "${text%:*}" twin/a.t/ann/Maildir/cur \
		twin/a.t/ann/Maildir/new | grep ":2,${text#*:}a*$\|/new/")
	ok "... $text" test -n "$file"
done
ok "nothing is to be replaced where they come from" \
	bk-restore latest --replace --to "maildir:$work/same/%d/%n/Maildir"
cp err said
ok "... and no flags are in doubt" sh -c '! grep "two files" said'
ls "$inbox/cur" "$inbox/new" >names
ok "... and all are there" test "$(grep -c 'dup\|pair' names)" = 5
ok "nothing changed since" bk-backup "maildir:$work/same/%d/%n/Maildir" --differential
ok "... and all is in it" bk-check --read-data

# ---- what --replace proves ------------------------------------------------------

new_repository repo4
store=maildir:$work/mail/%d/%n/Maildir
inbox=$work/mail/a.t/ann/Maildir/cur
mkdir -p "$inbox"
for n in 1 2 3; do
	echo "message $n" >"$inbox/$n:2,S"
	touch -d "2026-01-0$n" "$inbox/$n:2,S"
done
ok "a set" bk-backup "$store"
spoil() {
	echo "massage 1" >"$inbox/1:2,S"
	touch -d 2026-01-01 "$inbox/1:2,S"
	touch -d 2001-01-01 "$inbox/2:2,S"
}
spoil
ok "what was spoilt is replaced" bk-restore latest --replace --to "$store"
ok "... other bytes of one length are taken away" \
	sh -c '! grep -rl massage mail'
ok "... those of the set are there" grep -qrx "message 1" mail
file=$(grep -rlx "message 2" mail)
ok "... and a date is right again" \
	test "$(date -r "$file" +%F)" = 2026-01-02
ok "... and nothing is there twice" test "$(find mail -type f -path '*/cur/*' | wc -l)" = 3
echo "massage 3" >"$inbox/3:2,S"
ok "a merge" bk-restore latest --to "$store"
ok "... takes no other date for the same message" grep -qrx "message 3" mail
ok "... and leaves what is there" grep -qrx "massage 3" mail

# ---- what --replace would take away ----------------------------------------------

# foretells OPTION...: -n --replace changes nothing, and counts as the run does.
foretells() {
	find mail -printf '%p %T@ %C@ %s\n' | sort >before
	bk-restore latest --replace -n --json --to "$store" "$@" >planned ||
		return 1
	find mail -printf '%p %T@ %C@ %s\n' | sort >after
	cmp before after || return 1
	bk-restore latest --replace --json --to "$store" "$@" >made || return 1
	for run in planned made; do
		"$top/tests/lib/json_lines.py" restored $run >$run.n || return 1
		cat $run.n
	done
	cmp planned.n made.n
}

new_repository repo5
inbox=$work/mail/a.t/ann/Maildir/cur
rm -rf mail
mkdir -p "$inbox" mail/a.t/bob/Maildir/cur "$inbox/../.Old/cur"
for n in 1 2 3; do
	echo "message $n" >"$inbox/$n:2,S"
	echo "old $n" >"$inbox/../.Old/cur/old$n:2,"
	echo "bob's $n" >"mail/a.t/bob/Maildir/cur/$n:2,S"
done
ok "a set of two accounts" bk-backup "$store"
changes() {
	echo "massage 1" >"$inbox/1:2,S"
	mv "$(grep -rlx "message 2" "$inbox")" "$inbox/renamed$1:2,F"
	echo "new 1" >"$inbox/new1:2,"
	echo "new 2" >"$inbox/new2:2,"
	rm -rf "$inbox/../.Old" mail/a.t/bob
	mkdir -p "$inbox/../.Mine/cur"
	echo "mine" >"$inbox/../.Mine/cur/mine:2,"
}
changes 1
ok "a dry run of --replace" bk-restore latest --replace -n --to "$store"
cp out listed
cp err summary
ok "... lists each folder, with what would be taken away" grep -qE \
	'^ann@a.t +INBOX +3 +30 B +ann@a.t +INBOX +1 +2 +3$' listed
ok "... folders that are not there yet" grep -qE \
	'^ann@a.t +Old +3 +18 B +ann@a.t +Old +3 +0 +0$' listed
ok "... and accounts" grep -qE \
	'^bob@a.t +INBOX +3 +24 B +bob@a.t +INBOX +3 +0 +0$' listed
ok "... not what stays as it is" sh -c '! grep Mine listed'
ok "... and counts as the run does" grep -qx \
	"2 accounts | 7 restored, 2 already there, 0 failed, 3 taken away; flags 9, dates 9" \
	listed summary
ok "... and says that it did nothing" grep -q \
	"nothing written, this is what a run would do" listed summary
ok "... nor makes anything" test ! -e mail/a.t/bob
ok "what is foretold comes" foretells
ok "... and then there is nothing left to do" foretells
changes 2
ok "for one account" foretells --account 'bob@*'
changes 3
ok "for one folder" foretells --folder Old
changes 4
bk-restore latest -n --to "$store" >listed 2>&1
ok "a dry run without --replace takes nothing away" sh -c \
	'! grep -i "taken away" listed'
rm -rf nowhere
ok "into a store that is not there" bk-restore latest --replace -n \
	--to "maildir:$work/nowhere/%d/%n"
ok "... which is not made" test ! -e nowhere

# ---- links in the place of accounts ---------------------------------------------

if [ "$(id -u)" = 0 ]; then
	new_repository repo3
	mkdir -p "own/a.t/ann/Maildir/cur" "own/a.t/eve" evil/cur
	echo hers >"own/a.t/ann/Maildir/cur/1:2,S"
	echo secret >"evil/cur/1:2,S"
	ln -s "$work/evil" own/a.t/eve/Maildir
	chown -h 65534 own/a.t/eve/Maildir
	exits 3 "a link that a user could have laid is not read" \
		bk-backup "maildir:$work/own/%d/%n/Maildir"
	says_like ".*eve@a.t.*symbolic link that user 65534 owns is not followed.*"
	bk-list latest >listed
	ok "... the others are in the set" grep -q ann@a.t listed
	mkdir -p back/a.t/ann
	ln -s "$work/evil" back/a.t/ann/Maildir
	chown -h 65534 back/a.t/ann/Maildir
	exits 3 "... and not written through" bk-restore latest \
		--account ann@a.t --to "maildir:$work/back/%d/%n/Maildir"
	ok "... nothing lies there" test "$(ls evil)" = cur
	chown -h 0 back/a.t/ann/Maildir
	ok "an administrator's link is followed" bk-restore latest \
		--account ann@a.t --to "maildir:$work/back/%d/%n/Maildir"
	ok "... to where it leads" grep -qrx hers evil
fi

done_testing
