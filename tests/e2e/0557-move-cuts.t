#!/bin/sh
# A move is cut off at each place of its code where that could hurt: in a first
# pass, in a later one, on an account's way to the other server, and back.  The
# next run ends well, nothing is lost and nothing is there twice.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
cd "$work" || exit 1

two_servers ann@a.test
dovecot "$work/c" full "$work/pki"
dovecot "$work/c" adduser ann@a.test
dovecot "$work/c" start
section c "$(port_of c)"
for server in a b c; do
	sed -i "/^\[server $server\]/a \\
sieve = sieve://127.0.0.1:$(sed -n 's/^SIEVE=//p' $server/env)\\
proxy-to = proxy=y host=$server" "$BK_CONFIG"
done
cat >>"$BK_CONFIG" <<-CONF
	[route front]
	type = dovecot-passwd
	file = $work/users
	wait = 1ms
	[notify]
	from = bk@mx1.test
	via = sendmail:$work/sendmail
CONF
printf 'ann@a.test:pw::::::proxy=y host=a\n' >users
cat >sendmail <<-'SH'
	#!/bin/sh
	cd "$(dirname "$0")" && sed -n 's/^Subject: //p' >>sent
SH
chmod +x sendmail
: >sent

# script NAME: ann's at the source, whose text is $2.
script() {
	echo "$2" | "$top/tests/lib/sieve_client.py" \
		"$(sed -n 's/^SIEVE=//p' a/env)" ann@a.test pw put "$1"
}

move() {
	"${cut:-bk-move}" -q "$@" --from a --to "$ends" --account ann@a.test
}

# What is there before each run: $things, as they were when `remember` was called.
things='a/mail b/mail c/mail state users sent'
remember() {
	rm -rf before
	mkdir before
	for thing in $things; do
		[ ! -e "$thing" ] || cp -a "$thing" "before/$(echo "$thing" | tr / .)"
	done
}

start_over() {
	for thing in $things; do
		was=before/$(echo "$thing" | tr / .)
		rm -rf "$thing"
		[ ! -e "$was" ] || cp -a "$was" "$thing"
	done
}

# cut_at N COMMAND...: at the Nth place that it passes; 0: nowhere, which lists them.
cut_at() {
	n=$1
	shift
	BK_FAULT_AT=$n BK_FAULT_LIST=1 cut=$BK_BUILD/cut/bk-move \
		"$@" >out.cut 2>err.cut
	status=$?
	[ $status -eq 99 ] && [ "$n" -gt 0 ] && sed -n '$p' err.cut >>places
}

# cuts NAME WELL COMMAND...: at one place after the other; each time WELL must hold
# afterwards.  Those of one name count $most times, and only of names like $only.
: >places
cuts() {
	leg=$1 well=$2
	shift 2
	remember
	cut_at 0 "$@"
	cp err.cut listed
	ok "$leg" "$well"
	ok "... with places to be cut at" grep "$only" listed
	sed -n "/$only/"'s/^fault \([0-9]*\): /\1 /p' listed | awk -v most="$most" '{
		n = $1
		$1 = ""
		if (++times[$0] <= most)
			print n
	}' >numbers
	while read -r at; do
		start_over
		cut_at "$at" "$@" </dev/null
		ok "$leg, cut at $at: $(sed -n '$s/^fault.*: \(.*:\)/\1/p' err.cut)" \
			"$well" </dev/null
		[ $status -eq 99 ] || echo "Bail out! ended with $status"
	done <numbers
}

# is_same SERVER: all is there as it is at a, scripts and all.
is_same() {
	same "$(at a ann@a.test)" "$(at "$1" ann@a.test)" &&
		diff -r a/mail/a.test/ann/sieve "$1/mail/a.test/ann/sieve"
}

has_mail() {
	find "$1/mail" -type f -path '*/[cn][ue][rw]/*' | grep -q .
}

# ---- passes ------------------------------------------------------------------------

# Of two servers it has one.
spread() {
	ends=b,c
	move
}
spread_well() {
	spread && if has_mail b; then
		! has_mail c && is_same b
	else
		is_same c
	fi
}

later() {
	ends=b
	move
}
later_well() {
	later && is_same b
}

script one 'keep;'
script two 'stop;'

# ---- so much that it goes in parts -----------------------------------------------------

many=a/mail/a.test/ann/Maildir/.Many
mkdir -p $many/cur $many/new $many/tmp
for number in $(seq 505); do
	printf 'Subject: %s\r\n\r\n%s\r\n' "$number" "$number" \
		>"$many/cur/$number.x.y:2,S"
done
[ "$(id -u)" -ne 0 ] || chown -R mail:mail $many
most=1 only='passed on'
cuts "a pass of many" later_well later
start_over
rm -rf $many

# ---- so little that it is cut everywhere ---------------------------------------------

does a ann@a.test "APPEND INBOX $(message '\Seen work' one)" \
	"APPEND INBOX $(message '' two)" 'CREATE Work' \
	"APPEND Work $(message '\Flagged later' three)" \
	"APPEND Work $(message '\Flagged later' three)" 'SUBSCRIBE Work'
most=99 only=fault
cuts "a first pass, of two servers" spread_well spread

start_over
ok "a pass" later
does a ann@a.test "APPEND INBOX $(message '' four)" 'SELECT INBOX' \
	'STORE 1 +FLAGS (\Answered late)' 'STORE 2 +FLAGS.SILENT (\Deleted)' \
	EXPUNGE 'RENAME Work Past' 'SUBSCRIBE Past' 'UNSUBSCRIBE Work' \
	'CREATE New' "APPEND New $(message '' five)"
script two 'discard;'
cuts "a later pass" later_well later

# ---- the account -------------------------------------------------------------------

# lives SERVER: it leads there, and both have all its mail; nobody had a mail twice.
lives() {
	[ "$(cat users)" = "ann@a.test:pw::::::proxy=y host=$1" ] &&
		is_same b && ! sort sent | uniq -d | grep .
}

ends=b
forth() {
	move --stages data,account --notify-users before,after
}
back() {
	move rollback
}
forth_well() {
	forth && lives b
}
# Every other one is not gone on with, but taken back.
back_well() {
	if [ $((n % 2)) -eq 0 ]; then
		back && lives a
	else
		forth && lives b
	fi
}
comes() {
	does a ann@a.test "APPEND INBOX $(message '' "$1")"
}

# The places of a pass are known by now.
most=2
comes six
cuts "on its way there" forth_well forth
start_over
ok "it moves" forth
cuts "on its way back" back_well back

# ---- none is left out --------------------------------------------------------------

sed -n 's/.*bk_fault("\([^"]*\)".*/\1/p' "$top"/libbk/sync/*.c \
	"$top"/libbk/job/move_*.c "$top"/libbk/job/cutover_*.c \
	"$top"/libbk/route/*.c | sort >known
sed 's/^fault [0-9]*: //' places | sort -u | comm -23 known - >never
ok "every place of the code was one of them" test ! -s never
sed 's/^/# never: /' never

done_testing
