# A day behind a front: mail comes in by SMTP for each account all the time, and
# each has somebody at work.
# shellcheck shell=sh disable=SC2154,SC2046 # `work` is e2e.sh's; words
#
#	. "$top/tests/lib/live.sh"	after front.sh
#	live_conf			front_sections, and who is told: admin@a.test
#	day_forth ACCOUNT...		they go from a to b: what must be true then
#	day_back ACCOUNT...		and back, by a run that is killed, and another
#	live_to=b:1,c:2			or to one of several, as --to says
#
#	day_begins ACCOUNT...		until day_ends
#	day_ends			nothing waits to be delivered any more
#	all_at SERVER TOLD ACCOUNT...	each mail is there, once; SERVER is `each`
#					where each account has its own
#	server_of ACCOUNT		that is

day=0
live_to=b

live_conf() {
	front_sections
	cat >>"$BK_CONFIG" <<-CONF
	[notify]
	mail = admin@a.test
	via = smtp://127.0.0.1:$(port mx SMTP)
	CONF
}

at_front() {
	for account; do
		login "$work/front" "$account"
	done
}

day_begins() {
	rm -rf rain.end taken record people.err
	mkdir taken
	day=$((day + 1))
	rains=
	for account; do
		timeout 300 "$top/tests/lib/mail_rain.py" "$(port mx SMTP)" \
			"$account" rain.end "taken/$account" 30 "${day}0000" 2>"rain.$account" 8>&- &
		rains="$rains $!"
	done
	timeout 300 "$top/tests/lib/people.py" work $(at_front "$@") --record record \
		--until people.end 2>people.err 8>&- &
	people=$!
	for account; do
		until [ "$(grep -c . "taken/$account" 2>grep.err)" -gt 9 ] 2>>grep.err; do
			sleep 0.05
		done
	done
}

day_ends() {
	: >rain.end
	for rain in $rains; do
		wait "$rain" || return
	done
	queue_runs_out || return
	: >people.end
	wait "$people" && [ ! -s people.err ]
	# shellcheck disable=SC2181 # of both
	set -- $?
	rm -f people.end
	[ "$1" -eq 0 ] || cat people.err
	return "$1"
}

server_of() {
	bk-move status --from a --to "$live_to" --account "$1" --json |
		sed -n 's/.*"server":"\([^"]*\)".*/\1/p'
}

at_of() {
	case $where in
	each) server_of "$1" ;;
	*) echo "$where" ;;
	esac
}

# moves_of ACCOUNT...: words for bk.
moves_of() {
	printf -- '--from a --to %s\n' "$live_to"
	of "$@"
}

# all_at SERVER TOLD ACCOUNT...: all that was taken, once each, and what people
# did with it; TOLD is a file of read_notice.py or "".
all_at() {
	where=$1 told=$2
	shift 2
	for account; do
		reaches "$(at_of "$account")" "$account" || return
	done
	set -- $(for account; do login "$work/$(at_of "$account")" "$account"; done)
	"$top/tests/lib/people.py" check "$@" --record record --taken taken \
		${told:+--told "$told"}
}

# notice FILE: the administrator's mail is in a mailbox of a; FILE is what who
# opens it reads.
notice() {
	"$top/tests/lib/imap_take.py" "$work/a/env" admin@a.test >mail &&
		"$top/tests/lib/read_notice.py" mail Subject >"$1"
}

# ---- tests ---------------------------------------------------------------------

# of ACCOUNT...: words for bk.
of() {
	printf -- '--account %s\n' "$@"
}

# killed_when WORDS FILE COMMAND...: as soon as the file has them.
killed_when() {
	has=$1 file=$2
	shift 2
	"$@" >killed.out 2>&1 8>&- &
	killed=$!
	until grep -q "$has" "$file"; do
		kill -0 $killed || return
	done
	kill -s KILL $killed
	wait $killed
	[ $? -eq 137 ]
}

day_forth() {
	day_begins "$@"
	ok "they change servers, and a probe finds each there" \
		bk-move $(moves_of "$@") --stages data,account \
		--jobs 2 --front front
	cp out said
	ok "the day ends" day_ends
	ok "it was said for how long they were held" \
		grep -q "^$# accounts changed servers, held for" said
	ok "the administrator has a mail" notice told
	for account; do
		ok "... which says that $account moved" \
			grep -Eq "^$account( \([a-z]\))?: complete \| .* \| moved, held for" told
	done
	ok "... who is not needed" sh -c '! grep -q "NEEDS YOU" told'
	ok "everything is there, once; nobody was cut off for longer than told" \
		all_at "$(case $live_to in b) echo b ;; *) echo each ;; esac)" \
		told "$@"
}

day_back() {
	day_begins "$@"
	ok "they go back, and that is killed on the way" \
		killed_when nologin "$work/front/users" \
		bk-move rollback $(moves_of "$@")
	ok "... and gone on with" bk-move rollback $(moves_of "$@")
	ok "the day ends" day_ends
	ok "the administrator has a mail" notice told
	for account; do
		ok "... which says that $account is back" \
			grep -Eq "^$account( \([a-z]\))?: complete \| .* \| returned, held for" told
	done
	ok "everything is there, once; nobody was cut off for longer than told" \
		all_at a told "$@"
}
