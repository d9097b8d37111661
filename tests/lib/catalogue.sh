# What can go wrong at a target: the same for every protocol, shown and counted.
# shellcheck shell=sh
#
#	. "$top/tests/lib/e2e.sh"
#	. "$top/tests/lib/targets.sh"
#	. "$top/tests/lib/catalogue.sh"
#	need_sshd
#	catalogue SFTP sshd "$BK_TEST_SFTP_URL"
#	line_breaks
#	...
#	catalogue_ends
#
# Each fault that is shown has a name of `named` below; the end fails unless every
# name was shown or said not to be possible there, and 25 faults are shown.
#
# shows NAME TEXT COMMAND...    this fault, by a command that succeeds
# shown_by NAME FILE TEST...    by tests of tests/unit/FILE.c or tests/drivers
# not_here NAME WHY             the protocol has no such thing
# acts URL ACT...               what came of each in `came`: see drivers/acts
# refused NAME KIND REGEX URL [SETTING...]   opening it fails so, and names URL
#
# line_breaks                   cuts, resets, flips and stalls at many bytes
# reply_lost                    what was done, and was not heard of
# again_breaks WHAT N           once; all that bk has around a driver mends it
# server_dies                   killed in between, and started again
# disk_fills URL
# clock_is_off DIR URL          a year: what is old is swept, and that alone
#
# what is put through a line that flips bits arrives so, where `clear` is set.

named='cut reset stall flip full password expired wrong-host unknown-ca host-key
killed reply-lost list-cut list-empty size range page redirect clock protocol'

# Where nothing is silent, a slow machine is no fault.
export BK_TEST_TIMEOUT_S=20
length=60000
clear=

catalogue() {
	protocol=$1
	behind=$2
	url=$3
	seen=' '
	faults=0
	puts=0
	need_faultproxy "$behind"
	far=$(through_proxy "$url")
	acts "$url" create "put:g/a.b:$length" put:l/a.b:1 put:l/b.b:2 put:l/c.b:3
	ok "$protocol: a folder there" test "$(grep -c ' ok$' came)" -eq 5
}

counts() {
	faults=$((faults + 1))
	case $seen in *" $1 "*) ;; *) seen="$seen$1 " ;; esac
}

shows() {
	counts "$1"
	shift
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >out 2>err; then
		echo "ok $tests - $protocol: $name"
	else
		echo "not ok $tests - $protocol: $name"
		sed 's/^/# /' came came.err out err
	fi
}

shown_by() {
	fault=$1
	file=$2
	shift 2
	for test; do
		shows "$fault" "$file: $(echo "$test" | tr _ ' ')" grep -qrE \
			"^static void $test\(void" "${top:?}/tests/unit/$file.c" \
			"$top/tests/drivers"
	done
}

not_here() {
	seen="$seen$1 "
	echo "# $protocol: no $1: $2"
}

refused() {
	fault=$1 kind=$2 regex=$3 at=$4
	shift 4
	env BK_TEST_TIMEOUT_S=5 "$@" timeout 60 "$BK_BUILD/drivers/acts" "$at" create >came 2>came.err
	shows "$fault" "$fault is $kind, and says what to do" \
		grep -qE "^create $kind $at: .*$regex" came
}

catalogue_ends() {
	for name in $named; do
		case $seen in
		*" $name "*) ;;
		*) ok "$protocol: $name is shown" false ;;
		esac
	done
	ok "$protocol: $faults faults are shown" test "$faults" -ge 25
}

# ---- the line ----

# Done, or lost: nothing that means that a name is there or is not.
told_well() {
	! grep -vE '^[^ ]* (ok|LOST .*|MISUSE not open)$|^l/[abc][.]b [123]$' came
}

# A list is whole or none.
listed_well() {
	! grep -q '^list:l ok' came || [ "$(grep -c '^l/' came)" -eq 3 ]
}

# Whatever was said of the puts: each is there in full, or not at all, and in
# full if it was said.
puts_are_well() {
	set -- open
	while read -r n said; do
		set -- "$@" "whole:p/$n.b:$length"
	done <said
	acts "$url" "$@"
	while read -r n said; do
		tests=$((tests + 1))
		if grep -q "^whole:p/$n.b:$length ok" came ||
			{ [ "$said" -eq 0 ] && grep -q "^whole:p/$n.b:.* GONE" came; }; then
			echo "ok $tests - $protocol: put $n is whole, or not there"
		else
			echo "not ok $tests - $protocol: put $n, said $said"
			sed 's/^/# /' came
		fi
	done <said
	: >said
}

breaks_put() {
	puts=$((puts + 1))
	fault "$behind" "$1" "$2" "${3:-}"
	BK_TEST_TIMEOUT_S=3 acts "$far" open "put:p/$puts.b:$length"
	fault_was=$(cat "$(server_root "$behind-faults")/struck")
	fault "$behind" none
	[ -n "$fault_was" ] || return 0
	shows "${1#down-}" "$1 after $2 bytes of a put" told_well
	echo "$puts $(grep -c '^put:.* ok' came)" >>said
}

breaks_get() {
	fault "$behind" "$1" "$2" "${3:-}"
	BK_TEST_TIMEOUT_S=3 acts "$far" open "whole:g/a.b:$length" list:l
	fault_was=$(cat "$(server_root "$behind-faults")/struck")
	fault "$behind" none
	[ -n "$fault_was" ] || return 0
	shows "${1#down-}" "$1 after $2 bytes of a get" told_well
	ok '... no list is cut' listed_well
}

# stalls WHAT N ACT: one act, once all is open.
stalls() {
	file=$(server_root "$behind-faults")/fault
	began=$(date +%s)
	BK_TEST_TIMEOUT_S=3 acts "$far" open \
		"run:echo '$1 $2' >'$file.new' && mv '$file.new' '$file'" "$3"
	spent=$(($(date +%s) - began))
	fault "$behind" none
	shows stall "$1 after $2 bytes of $3 is lost" \
		grep -q "^$3 LOST $far.*[;:] [a-z].*" came
	ok '... in time' test "$spent" -le 8
}

line_breaks() {
	for n in 0 2500 4500 30000 61500; do
		breaks_put cut $n
		breaks_put reset $n
		breaks_get down-cut $n
		breaks_get down-reset $n
		[ "$clear" ] || breaks_put flip $n
		[ "$clear" ] || breaks_get down-flip $n
	done
	for n in 900 3500 5500; do
		breaks_put down-cut $n
		breaks_put down-reset $n 1
	done
	puts_are_well
	stalls stall 0 "put:s/a.b:$length"
	stalls stall 30000 "put:s/a.b:$length"
	stalls down-stall 0 list:l
	stalls down-stall 20000 "get:g/a.b:0:$length"
}

again_breaks() {
	puts=$((puts + 1))
	fault "$behind" "$1" "$2" 1
	BK_TEST_TIMEOUT_S=3 acts "$far" again "put:p/$puts.b:$length" flush "whole:p/$puts.b:$length"
	fault_was=$(cat "$(server_root "$behind-faults")/struck")
	fault "$behind" none
	[ -n "$fault_was" ] || return 0
	shows "${1#down-}" "$1 after $2 bytes, once, is tried again" \
		test "$(grep -c ' ok$' came)" -eq 4
}

# is_lost N: of a put whose answers are cut there; `there` says whether it is.
is_lost() {
	puts=$((puts + 1))
	fault "$behind" down-cut "$1"
	BK_TEST_TIMEOUT_S=3 acts "$far" open "put:p/$puts.b:10"
	cp came before
	fault "$behind" none
	acts "$url" open "whole:p/$puts.b:10"
	there=$(grep -c "^whole:p/$puts.b:10 ok" came)
	grep -q '^put:.* LOST ' before
}

# The very last answer is cut: what it told of was done.  Where it lies is found
# by halves; no two conversations have the same length to the byte.
reply_lost() {
	from=0 to=32768
	while [ $((to - from)) -gt 8 ]; do
		n=$(((from + to) / 2))
		if is_lost $n; then from=$n; else to=$n; fi
	done
	n=$((to + 24))
	until { is_lost $n && [ "$there" -eq 1 ]; } || [ $n -lt $((from - 400)) ]; do
		n=$((n - 8))
	done
	shows reply-lost "put, and the answer cut after $n bytes: no success" \
		test "$there" -eq 1
	again_breaks down-cut $n
}

# ---- the server ----

server_dies() {
	program="'$top/tests/servers/$behind' '$(server_root "$behind")'"
	acts "$url" open put:k/a.b:10 "run:$program kill" list:k put:k/b.b:10 \
		"run:$program start" put:k/b.b:10 get:k/b.b:2:8 list:k
	shows killed 'killed, and nothing is listed' \
		grep -q "^list:k LOST $url.*[;:] [a-z].*" came
	shows killed '... nor put' grep -q "^put:k/b.b:10 LOST $url" came
	# The first act after a restart may find out that the session is over.
	grep -q '^put:k/b.b:10 ok' came || acts "$url" open put:k/b.b:10 \
		get:k/b.b:2:8
	shows killed 'started again, it is found again' \
		grep -q '^get:k/b.b:2:8 ok' came
}

disk_fills() {
	[ -n "$1" ] || return 0
	acts_until_full "$1" create put:f/large.b:12000000 list: \
		put:f/small.b:1000 get:f/small.b:0:1000 list:
	shows full 'a full disk is told' \
		grep -q "^put:f/large.b:12000000 FULL $1/f/large.b: " came
	ok '... nothing half is listed' sh -c '! grep large.*12000000$ came'
	ok '... and what is small has room' grep -q '^get:f/small.b:0:1000 ok' came
}

# off BY COMMAND...: our clock is, and so each is wrong by the other's.
off() {
	by=$1
	shift
	FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 \
		faketime -f "$by" timeout 60 "$BK_BUILD/drivers/acts" "$@" \
		>came 2>came.err
}

# swept DIR URL BY: the old is, the new is not, whatever our clock says.
swept() {
	mkdir -p "$1/ours"
	echo half >"$1/ours/old.b.part"
	echo half >"$1/ours/new.b.part"
	touch -d '9 days ago' "$1/ours/old.b.part"
	hand_over "$1/ours"
	off "$3" "$2" open sweep:604800 put:ours/whole.b:10 get:ours/whole.b:0:10
	shows clock "a clock that is off by $3: what is old is swept" \
		test ! -e "$1/ours/old.b.part"
	ok '... what is new stays' test -e "$1/ours/new.b.part"
	ok '... and all else is as ever' \
		grep -q '^get:ours/whole.b:0:10 ok' came
}

clock_is_off() {
	needs faketime
	swept "$1" "$2" +1y
	[ -n "${BK_TEST_CA:-}" ] || swept "$1" "$2" -1y
}
