# Moves whose connections go through a proxy that breaks them, or kills who moves.
# shellcheck shell=sh disable=SC2154 # `top` is e2e.sh's
#
#	. "$top/tests/lib/breaks.sh"	after moves.sh
#
# It starts a and b, with ann's account at a, where the test makes it, and 60
# empty ones at b, n1@a.test and so on; each move of ann goes into the next.

"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser ann@a.test
done
# shellcheck disable=SC2046 # words
dovecot "$work/b" adduser $(seq -f 'n%g@a.test' 60)
for server in a b; do
	dovecot "$work/$server" start
	faults=$work/$server-faults
	servers="$servers faultproxy:$faults"
	"$top/tests/servers/faultproxy" "$faults" new "$work/$server"
	"$top/tests/servers/faultproxy" "$faults" start
	section $server "$(port_of $server)" 127.0.0.2
	echo 'timeout = 2s' >>"$BK_CONFIG"
done
# fault END WHAT [N [TIMES]]: of tests/lib/fault_proxy.py.
fault() {
	faults=$work/$1-faults
	shift
	: >"$faults/struck"
	echo "$*" >"$faults/fault.new"
	mv "$faults/fault.new" "$faults/fault"
}

# Each goes into an account of its own.
place=0
move() {
	exec bk-move "$@" --from a --to b --account ann@a.test --as "n$place@a.test"
}

journal() {
	dirname "$(grep -lF "n$place@a.test" state/move-*/report 2>/dev/null |
		head -n 1)"
}

# ends_well: whatever was before.
ends_well() {
	(move) && same "$(at a ann@a.test)" "$(at b "n$place@a.test")"
}

# breaks END WHAT N: the connection or the process; it did unless the run was
# over before: $struck is empty then.  $then is done before the next run.
then=
breaks() {
	place=$((place + 1))
	fault "$1" "$2" "$3" 1
	# The proxy kills the process of that number.
	(
		sh -c 'echo $PPID' >"$work/$1-faults/victim"
		move -q
	) >out.broken 2>err.broken
	status=$?
	# shellcheck disable=SC2034 # for who calls this
	struck=$(cat "$work/$1-faults/struck")
	fault "$1" none
	case $status in 0 | 3 | 14 | 16 | 75 | 137) ;; *) status="odd: $status" ;; esac
	tests=$((tests + 1))
	case $status in
	odd*) echo "not ok $tests - $1: $2 $3 ends, but $status" ;;
	*) echo "ok $tests - $1: $2 $3 ends with $status" ;;
	esac
	${then:-:}
	ok "... and the next run well${then:+, its journal $then}" ends_well
}
