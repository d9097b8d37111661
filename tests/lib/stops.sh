# A server stops while an account changes servers: a table of what stops, when,
# and where the account is then.
# shellcheck shell=sh disable=SC2154 # `work` is e2e.sh's
#
#	. "$top/tests/lib/stops.sh"	after front.sh and moves.sh
#	far=cyrus			what b is, as in front.sh
#	stops_of SERVER VERB...		a whole test: it is killed at each step
#
#	stops_up N			all servers run, with so many accounts
#	stops <<TABLE			a line a try, of the next account each:
#		HOW SERVER STEP VERB END
#	stopped				afterwards: all accounts are whole, and what
#					bk said is to be done ends well
#
# At the STEP this happens, once; VERB says on which way:
#
#	forth		hold kick delta verify point release probe
#	undo		back release: forth, and then back as `point` is refused
#	back		hold kick delta verify back release: of a rollback
#
# delta is the last copy, when sessions have been ended; verify looks whether both
# servers have the same; at release routes are written, and servers do not know
# it yet.  END is what bk must say:
#
#	undone		it is at the source: the command that it names moves it
#	moved		at the destination
#	missed		there, but the probe failed: what it names brings it back
#	stuck		at neither: what it names ends that
#	returned	a rollback did what it should
#	kept		a rollback did not: it is at the destination; what it names
#			ends that
#
# Where each is, of every SERVER and STEP: 0566-stops-SERVER.t; those of the front
# and the mx on the way back in 0566-stops-SERVER-back.t; all with a Cyrus as b in
# 0566-stops-cyrus-SERVER.t.  What is no death is in 0567.
#
# HOW is
#
#	stop, kill	of the SERVER: a, b, front, mx
#	disk, quota	of the SERVER is full: b, which stops_up made for that
#	hang		of the first route's command

with=bk-move

u() {
	echo "u$1@a.test"
}

# may_fill SIDE: a Dovecot whose mail has 8 MiB, and quotas.
may_fill() {
	mkdir -p "$work/$1/mail"
	if is_alone; then
		mount -t tmpfs -o size=8m,mode=755 tmpfs "$work/$1/mail"
		trap 'stop_servers; umount "$work/b/mail"; rm -rf "$work"' EXIT
	fi
	cat >"$work/$1/local.conf" <<-CONF
	mail_plugins = acl zlib quota
	protocol imap {
	  mail_plugins = acl zlib imap_acl quota
	}
	protocol lmtp {
	  mail_plugins = acl zlib quota
	}
	plugin {
	  quota = count:User quota
	  quota_vsizes = yes
	}
	CONF
}

# is_alone: mounts are for this test only, see alone.
is_alone() {
	[ "${BK_TEST_ALONE:-}" = "$$" ]
}

stops_up() {
	[ "${far:-dovecot}" = cyrus ] || may_fill b
	# shellcheck disable=SC2046 # words
	ok "all servers run" front_up $(for n in $(seq "$1"); do u "$n"; done)
	file_route
	front_sections
	route_at last last
	# What is done at a step takes its time, too.
	sed -i "s/^type = command\$/&\ntimeout = ${patience:-20s}/;t
		/^url\|^type/s/\$/\ntimeout = 2s/" "$BK_CONFIG"
	next_account=1
	: >lives
}

# sends ACCOUNT SUBJECT: into the queue, whoever runs.
sends() {
	cat <<-SH
	printf 'From: x@y.test\\nTo: $1\\nSubject: $2\\n\\n$2\\n' |
		/usr/sbin/sendmail -C "$work/mx/etc" -f x@y.test $1
	SH
}

# goes_wrong HOW SERVER ACCOUNT: a script for it.
goes_wrong() {
	case $1 in
	stop | kill) echo "'$top/tests/lib/freeze' '$work/$2' $1" ;;
	disk) echo "head -c 9000000 /dev/zero >'$work/$2/mail/fill'" ;;
	quota)
		cat <<-SH
		printf 'Subject: large\\n\\n%2000d\\n' 1 |
			"$top/tests/servers/dovecot" "$work/a" doveadm save -u $3 -m INBOX
		SH
		;;
	hang) echo 'exec sleep 100' ;;
	esac
}

# A session has the quota that it began with.
has_quota() {
	"$top/tests/servers/dovecot" "$work/$1" user "$2" 'userdb_quota_rule=*:bytes=1500'
	until "$top/tests/servers/dovecot" "$work/$1" doveadm user "$2" |
		grep -q bytes=1500; do
		sleep 0.05
	done
}

# wakes SERVER HOW ACCOUNT
wakes() {
	case $2 in
	disk) rm "$work/$1/mail/fill" ;;
	quota) "$top/tests/servers/dovecot" "$work/$1" user "$3" ;;
	stop) "$top/tests/lib/freeze" "$work/$1" go ;;
	kill)
		case $1 in
		front) set -- front dovecot_proxy ;;
		mx) set -- mx postfix ;;
		*) set -- "$1" "$(kind_of "$1")" ;;
		esac
		"$top/tests/servers/$2" "$work/$1" start
		;;
	esac
}

# moves VERB ACCOUNT...: takes the place of the shell.
moves() {
	verb=$1
	shift
	# shellcheck disable=SC2046 # words
	set -- --from a --to b $(printf -- '--account %s ' "$@")
	case $verb in
	back) exec "$with" rollback "$@" ;;
	probed) exec "$with" "$@" --stages data,account --front front ;;
	*) exec "$with" "$@" --stages data,account ;;
	esac
}

# does_next: the command that was named.
does_next() {
	# shellcheck disable=SC2086 # words
	[ -n "$commands" ] && bk-${commands#bk }
}

# ended END STATUS: what was said fits what is to be.
ended() {
	echo "status $2"
	cat said
	commands=$(grep -o 'bk move .*' said | sort -u)
	case $commands in
	*"
"*)
		echo "which of them is it?"
		return 1
		;;
	esac
	case $1 in
	undone) [ "$2" -eq 20 ] && grep -q 'the source stays active; run: bk' said ;;
	moved) [ "$2" -eq 0 ] || grep -q 'destination is active; run: bk' said ;;
	missed)
		[ "$2" -ne 0 ] && grep -q \
			'moved, but the probe failed: .*destination is active; run: bk move rollback' said
		;;
	stuck) [ "$2" -eq 18 ] && grep -q 'NEITHER\|neither server' said ;;
	returned) [ "$2" -eq 0 ] ;;
	kept)
		[ "$2" -ne 0 ] &&
			grep -q 'destination is active; run: bk move rollback' said
		;;
	esac
}

# at_place PLACE SCRIPT VERB ACCOUNT: as long as it stands at that bk_fault().
at_place() {
	(
		export BK_FAULT_STOP="cutover: $1"
		with=$BK_BUILD/cut/bk-move
		moves "$3" "$4"
	) >said 2>&1 8>&- &
	while grep -q '^State:.[^TZ]' "/proc/$!/status" 2>stat.err; do
		sleep 0.02
	done
	if grep -q '^State:.T' "/proc/$!/status" 2>stat.err; then
		sh "$2" >script.said 2>&1
		rm "$2"
		kill -s CONT $!
	fi
	wait $!
}

# meets STEP VERB ACCOUNT: `script` is run at that.
meets() {
	case $1 in
	delta) at_place 'sessions ended' script "$2" "$3" ;;
	verify) at_place copied script "$2" "$3" ;;
	probe) at_place pointed script probed "$3" ;;
	*)
		case $1:$2 in
		release:forth) at=last.at-point-done ;;
		release:*) at=last.at-back-done ;;
		*) at=route.at-$1 ;;
		esac
		[ "$2" != undo ] || echo point >route.fails
		mv script "$at"
		(moves "$2" "$3") >said 2>&1
		set -- $?
		[ ! -e "$at" ] || mv "$at" script
		rm -f route.fails
		return "$1"
		;;
	esac
}

# one HOW SERVER STEP VERB END
one() {
	account=$(u "$next_account")
	next_account=$((next_account + 1))
	sends "$account" 1 | sh
	[ "$1" != quota ] || has_quota "$2" "$account"
	[ "$4" != back ] || (moves forth "$account") >first 2>&1 || cat first
	{
		sends "$account" 2
		goes_wrong "$1" "$2" "$account"
	} >script
	meets "$3" "$4" "$account"
	status=$?
	ok "$4: $1 $2 at $3: it was" test ! -e script
	ok "... and is awake again" wakes "$2" "$1" "$account"
	ok "... it is: $5" ended "$5" $status
	side=b
	case $5:$4 in
	stuck:back | missed:* | kept:*) side=a ;;
	undone:* | returned:*) side=a ;;
	esac
	case $5 in
	stuck | missed | kept) ok "... what it says ends that" does_next ;;
	undone) echo "$account" >>undone ;;
	esac
	sends "$account" 3 | sh
	echo "$account $side" >>lives
}

stops() {
	: >undone
	while read -r how server step verb end; do
		one "$how" "$server" "$step" "$verb" "$end" </dev/null
	done
}

# has SERVER ACCOUNT LINE: that is there, and nothing else, once, but for what fills
# a quota; those who log in at the front see it, too.
has() {
	reaches "$1" "$2" || return
	for place in "$1" front; do
		"$top/tests/lib/imap_subjects.py" "$(at "$place" "$2")" |
			sed 's/, large$//' >seen
		[ "$(cat seen)" = "$3" ] || {
			echo "$place: $(cat seen)"
			return 1
		}
	done
}

stopped() {
	ok "all mail is delivered" queue_runs_out
	while read -r account side; do
		ok "$account is whole at $side" has "$side" "$account" \
			'INBOX 1, 2, 3' </dev/null
	done <lives
	[ -s undone ] || return 0
	# shellcheck disable=SC2046 # words
	ok "those undone move when they are told to" moves_all $(cat undone)
	while read -r account; do
		ok "$account is whole at b" has b "$account" 'INBOX 1, 2, 3' </dev/null
	done <undone
}

moves_all() {
	(moves forth "$@")
}

# ---- each step of one server ---------------------------------------------------------

# end_of SERVER STEP VERB: where that leaves an account.  Without what leads to it,
# nobody gets to it, and nobody can say that it was let go.
end_of() {
	case $1:$2:$3 in
	a:probe:forth) echo moved ;;
	*:probe:forth) echo missed ;;
	front:* | mx:*) echo stuck ;;
	*:point:forth | *:release:forth) echo moved ;;
	*:forth | *:undo) echo undone ;;
	*:back:back | *:release:back) echo returned ;;
	*:back) echo kept ;;
	esac
}

steps_of() {
	case $1 in
	forth) echo hold kick delta verify point release probe ;;
	undo) echo back release ;;
	back) echo hold kick delta verify back release ;;
	esac
}

# table SERVER VERB...
table() {
	server=$1
	shift
	for verb; do
		for step in $(steps_of "$verb"); do
			echo "kill $server $step $verb" \
				"$(end_of "$server" "$step" "$verb")"
		done
	done
}

stops_of() {
	needs bk-move dovecot postfix postmap
	[ "${far:-dovecot}" != cyrus ] || need_cyrus
	[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
	table "$@" >cells
	stops_up "$(wc -l <cells)"
	stops <cells
	stopped
	done_testing
}
