#!/bin/sh
# What a move may do, and how fast: how many messages and accounts may fail, how
# many connections a server bears, at what pace, and when; and the files that say
# which accounts are meant.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
people='n1 n2 n3 n4 n5 n6'
dovecot "$work/b" full "$work/pki"
for name in $people scratch; do
	dovecot "$work/b" adduser "$name@a.test"
done
dovecot "$work/b" start
section new "$(port_of b)"

# An account has 40 letters, 80 KiB together.
text=$(printf '%2000s' '' | tr ' ' x)
for name in $people; do
	dir=$work/old/a.test/$name/Maildir
	mkdir -p "$dir/cur" "$dir/new" "$dir/tmp"
	for n in $(seq 101 140); do
		printf 'Subject: %s %s\n\n%s\n' "$name" "$n" "$text" \
			>"$dir/cur/$n.M1P1.mx:2,S"
	done
done
move() {
	bk-move --from "maildir:$work/old/%d/%n/Maildir" --to new "$@"
}

# clean: as if nothing had been moved.
clean() {
	rm -rf b/mail/a.test state/move-*
}

# tells REGEX: the last run did, in a line.
tells() {
	tests=$((tests + 1))
	if grep -qhE -e "$1" out err; then
		echo "ok $tests - ... it tells: $1"
	else
		echo "not ok $tests - ... it should tell: $1"
		sed 's/^/# /' out err
	fi
}

# ---- which accounts ----------------------------------------------------------------

printf '%s\n' '' '# name n1@a.test' 'cn: One' 'zimbraMailHost: mx1' '' \
	'# name n2@a.test' 'mail: n2@a.test' '' >zmprov
ok "what zmprov -v sa says" move --accounts zmprov
tells '2 moved, 0 left \| 80 messages: 80 copied'
printf 'n3@a.test\nn4@a.test\n' >zmprov
ok "what zmprov sa says" move --accounts zmprov
tells '2 moved, 0 left \| 80 messages: 80 copied'
printf '%s\n' 'destination,source,destination password' \
	'"n6@a.test", n5@a.test ,"pw"' >table
echo nonsense >nonsense
chmod 600 table nonsense
ok "a table in another order, with a password" move --accounts table \
	--to-option password=file:nonsense
tells '1 moved, 0 left \| 40 messages: 40 copied'
ok "... of the address that it names" test \
	"$(grep -l '^Subject: n5' b/mail/a.test/n6/Maildir/cur/* | wc -l)" -eq 40
ok "a rehearsal" move --account n1@a.test --as scratch@a.test
ok "... all of it" test \
	"$(grep -l '^Subject: n1' b/mail/a.test/scratch/Maildir/cur/* | wc -l)" -eq 40
ok "... which is thrown away" rm -r b/mail/a.test/scratch
ok "... is no part of the move" move verify --account n1@a.test
clean

# ---- what may fail --------------------------------------------------------------------

# IMAP takes no message without a byte.
for n in 1 2 3; do
	: >"old/a.test/n1/Maildir/cur/20$n.M1P1.mx:2,"
done
exits 3 "three bad messages of two" move --bad-items 2 --jobs 1 \
	--account n1@a.test --account n2@a.test
tells '2 accounts \| 1 moved, 1 left'
tells 'n1@a.test .*more than 2 messages could not be carried over'
exits 3 "... of three" move --bad-items 3 --account n1@a.test
tells '43 messages: [0-9]+ copied'
ok "... all others are there" test \
	"$(find b/mail/a.test/n1 -type f -path '*/cur/*' | wc -l)" -eq 40
rm old/a.test/n1/Maildir/cur/20*
clean
printf '%s@a.test\n' x1 n1 x2 x3 n2 >list
exits 18 "a second account that fails of at most 20 %" move --accounts list \
	--jobs 1 --error-stop 20%
tells '2 of 5 accounts have failed'
ok "... the rest is left alone" test ! -e b/mail/a.test/n2
exits 3 "... of 60 %" move --accounts list --jobs 1 --error-stop 60%
tells '2 moved, 3 left'
clean

# ---- how many at a time, how fast, and when ---------------------------------------------

# counted OPTION...: a run's connections, `most` of them at a time.
counted() {
	"$top/tests/lib/most_connections.py" "$(port_of b)" most \
		bk-move --from "maildir:$work/old/%d/%n/Maildir" --to new "$@"
}

ok "four accounts at a time" counted --jobs 4 --to-option limit=200K
ok "... four connections" test "$(cat most)" -eq 4
clean
ok "a server that bears two" counted --jobs 4 --to-option limit=200K \
	--to-option connections=2
ok "... has two" test "$(cat most)" -eq 2
clean

# took: milliseconds of a command, in `took`.
took() {
	start=$(date +%s%3N)
	"$@" || return
	took=$(($(date +%s%3N) - start))
}

# 160 KiB; a bucket is full at first.
two='--account n1@a.test --account n2@a.test'
# shellcheck disable=SC2086 # words
ok "40 KiB a second" took move $two --to-option limit=40K
ok "... take their time: $took ms" test "$took" -ge 2500
clean
# shellcheck disable=SC2086
ok "... at any time of the day" took move $two \
	--to-option 'limit=00:00-24:00 40K'
ok "... too: $took ms" test "$took" -ge 2500
clean
hour=$((($(date +%-H) + 11) % 24))
other=$(printf '%02d:00-%02d:30' $hour $hour)
# At that pace it would take 160 s.
# shellcheck disable=SC2086
ok "one at another time, now none" took timeout 100 bk-move \
	--from "maildir:$work/old/%d/%n/Maildir" --to new $two \
	--to-option "limit=$other 1K"
clean
ok "from a server, too" move --account n1@a.test
# shellcheck disable=SC2086
ok "... 20 KiB a second" took bk-move --from new --account n1@a.test \
	--to "maildir:$work/back/%d/%n/Maildir" --from-option limit-down=20K
ok "... take their time: $took ms" test "$took" -ge 2500
done_testing
