#!/bin/sh
# promote is run a second time while people work: what was missing comes, what they
# deleted, moved, renamed and unsubscribed stays so, and no UIDVALIDITY changes.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/far_standby.sh
. "$top/tests/lib/far_standby.sh"
needs bk-init bk-backup bk-standby dovecot openssl
cd "$work" || exit 1

ann=ann@a.test
bob=bob@a.test

# spoil: the packs that came since `before` cannot be read; mend: they can again.
spoil() {
	cp -a repo repo.whole
	find repo/data -name '*.bkp' -newer before >packs
	while read -r pack; do
		python3 -c 'import sys
path = sys.argv[1]
raw = bytearray(open(path, "rb").read())
for at in range(64, len(raw)):
	raw[at] ^= 0x55
open(path, "wb").write(raw)' "$pack"
	done <packs
	test -s packs
}
mend() {
	rm -rf repo
	mv repo.whole repo
}
# subjects ACCOUNT FOLDER: what is there, at the standby.
subjects() {
	dovecot "$work/b" doveadm -f flow fetch -u "$1" hdr.subject mailbox "$2" |
		sed 's/^hdr.subject=//' | sort | tr '\n' ' '
}
# has ACCOUNT FOLDER SUBJECT...
has() {
	subjects "$1" "$2" >is
	shift 2
	printf '%s\n' "$@" | sort | tr '\n' ' ' >should
	cmp is should || {
		sed 's/^/# is: /' is
		return 1
	}
}
validities() {
	for account in $ann $bob; do
		dovecot "$work/b" doveadm -f flow mailbox status -u "$account" \
			uidvalidity '*' | grep -v Archive
	done | sort
}
folders() {
	dovecot "$work/b" doveadm mailbox list -u "$1" | sort
}
subscribed() {
	dovecot "$work/b" doveadm mailbox list -s -u "$1"
}

work_at_primary() {
	letters a $ann INBOX one two three
	does a $ann 'CREATE Post' 'CREATE Kept' 'CREATE Gone' 'SUBSCRIBE Post' \
		'SUBSCRIBE Kept' 'SELECT INBOX' 'COPY 1:2 Post' 'COPY 1:3 Kept' \
		'COPY 1:2 Gone'
	letters a $bob INBOX bobs
}
more_at_primary() {
	letters a $ann INBOX four
	letters a $ann Post five
	# So much is kept in packs of its own.
	{
		printf 'Subject: big\n\n'
		head -c 12000000 /dev/urandom | base64
	} | dovecot "$work/a" doveadm save -u $bob -m INBOX
}
# people_work ACCOUNT: at the standby.
people_work() {
	letters b "$1" INBOX new
	dovecot "$work/b" doveadm expunge -u "$1" mailbox INBOX subject one
	dovecot "$work/b" doveadm mailbox create -u "$1" Archive
	dovecot "$work/b" doveadm move -u "$1" Archive mailbox INBOX subject two
	dovecot "$work/b" doveadm expunge -u "$1" mailbox Kept subject three
	dovecot "$work/b" doveadm mailbox delete -u "$1" Gone
	dovecot "$work/b" doveadm mailbox unsubscribe -u "$1" Post Kept
	dovecot "$work/b" doveadm flags add -u "$1" '\Flagged' mailbox INBOX \
		subject three
}
as_people_left_it() {
	ok "... what people deleted or moved stays so" has $ann INBOX three \
		four new
	ok "... in folders that had been whole, too" has $ann Kept one two
	ok "... what they moved is where they put it" has $ann Archive two
	ok "... what was missing elsewhere came, too" has $ann Post one two five
	ok "... the folder that they deleted is no more" sh -c "! grep -qx Gone" <<-END
	$(folders $ann)
	END
	ok "... nothing is subscribed to again" test -z \
		"$(subscribed $ann | grep -x 'Post\|Kept')"
	ok "... flags are theirs" test -n "$(dovecot "$work/b" doveadm search \
		-u $ann mailbox INBOX flagged subject three)"
	validities >validities.after
	ok "... no UIDVALIDITY is another" cmp validities.before validities.after
}

promote() {
	bk-standby promote --to "$to" --fenced-primary
}

# cut_off PLACE: promote dies where it comes to there first.
cut_off() {
	BK_FAULT_STOP="standby: $1" "$BK_BUILD/cut/bk-standby" promote \
		--to "$to" --fenced-primary >out 2>err &
	pid=$!
	until grep -q '^State:.T' /proc/$pid/status; do
		[ -e /proc/$pid ] || return
		sleep 0.05
	done
	kill -KILL $pid
	wait $pid
	test $? -eq 137
}
as_after_a_cut() {
	people_work $ann
	validities >validities.before
	exits 3 "... it is live by then" bk-standby status --to "$to"
	tells '^promoting'
	ok "again" promote
	as_people_left_it
	ok "it is promoted" bk-standby status --to "$to"
}

# ---- a mail server ------------------------------------------------------------------

far_dovecots 'mdbox:~/mdbox' $ann $bob
to=copy
work_at_primary
printf 'keep;\r\n' >keep.sieve
ok "a full set" bk-backup mail --full
ok "it follows" follow
sleep 1.1 && touch before
more_at_primary
for account in $ann $bob; do
	ok "scripts of $account" sieve a "$account" put sorts <keep.sieve
done
ok "a differential" bk-backup mail --differential
ok "its mail cannot be read" spoil
exits 13 "it is promoted without that" promote
tells 'run promote again'
ok "... the rest is there" has $ann INBOX one two three
people_work $ann
ok "... scripts are" sieve b $ann get sorts
ok "people switch theirs off" sieve b $ann activate ''
ok "... and delete it" sieve b $ann delete sorts
validities >validities.before
exits 13 "again, before it is mended" promote
ok "... no more came" has $ann INBOX three new
mend
ok "again, after that" promote
tells 'people deleted or moved them'
as_people_left_it
ok "... the script that they deleted is no more" sh -c '! grep sorts' <<-END
	$(sieve b $ann list)
END
ok "... others have theirs" sieve b $bob get sorts
ok "... what came has a UID that the primary had not given" test "$(dovecot \
	"$work/b" doveadm -f flow fetch -u $ann uid mailbox INBOX subject four |
	sed 's/uid=//')" -gt 100000
ok "it is promoted" status
tells '^promoted'
ok "a third time" promote
as_people_left_it
stop_servers
servers=
rm -rf a b repo repo.key state cache before
: >"$BK_CONFIG"

# ---- ... and one that was cut off -----------------------------------------------------

far_dovecots 'mdbox:~/mdbox' $ann $bob
work_at_primary
ok "a full set" bk-backup mail --full
ok "it follows" follow
more_at_primary
ok "a differential" bk-backup mail --differential
exits 18 "promote refuses without a fence" bk-standby promote --to "$to"
ok "... and nothing is noted" sh -c \
	'! grep -rq "^promoting" state/standby-*/state'
ok "promote is cut off before it writes anything" cut_off 'marked as live'
as_after_a_cut
stop_servers
servers=
rm -rf a b repo repo.key state cache before
: >"$BK_CONFIG"

# ---- Maildirs ---------------------------------------------------------------------------

far_dovecots 'maildir:~/Maildir' $ann $bob
store="maildir:$work/a/mail/%d/%n/Maildir"
to="maildir:$work/b/mail/%d/%n/Maildir"
work_at_primary
ok "Maildirs: a full set" bk-backup "$store" --full
ok "it follows" bk-standby follow --once --to "$to"
sleep 1.1 && touch before
more_at_primary
ok "a differential" bk-backup "$store" --differential
ok "its mail cannot be read" spoil
exits 13 "it is promoted without that" promote
tells 'run promote again'
ok "... the rest is there" has $ann INBOX one two three
people_work $ann
validities >validities.before
exits 13 "again, before it is mended" promote
mend
ok "again, after that" promote
tells 'people deleted or moved them'
as_people_left_it
ok "a third time" promote
as_people_left_it

# ---- ... and one that was cut off -----------------------------------------------------

for place in 'marked as live' 'roll written' 'rolls settled' 'state written'; do
	stop_servers
	servers=
	rm -rf a b repo repo.key state cache before
	: >"$BK_CONFIG"
	far_dovecots 'maildir:~/Maildir' $ann $bob
	store="maildir:$work/a/mail/%d/%n/Maildir"
	to="maildir:$work/b/mail/%d/%n/Maildir"
	work_at_primary
	ok "a full set" bk-backup "$store" --full
	ok "it follows" bk-standby follow --once --to "$to"
	more_at_primary
	ok "a differential" bk-backup "$store" --differential
	ok "$place: promote is cut off" cut_off "$place"
	as_after_a_cut
done

done_testing
