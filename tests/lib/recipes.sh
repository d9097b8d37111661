# The recipes of bk.conf(5) for a `command` route, cut out of the page and run:
# logins at a Dovecot proxy, and deliveries of a Postfix, that ask a directory.
# shellcheck shell=sh disable=SC2154 # `work` and `top` are e2e.sh's
#
#	. "$top/tests/lib/recipes.sh"	after moves.sh and front.sh
#	page_file NAME		that file, as the page has it, for here
#	page_program NAME	makes $program of /usr/local/lib/bk/NAME
#	edits="s,a,b,;..."	of sed: what of it is otherwise here
#	choose_places		$place_a and $place_b are hosts of a and b then, by
#				the same port at both for IMAP, $place_port, and the
#				next one for LMTP
#	places_up MAP ACCOUNT...	front_up; the proxy asks what stands in
#				$work/front/local.conf, Postfix the MAP, after a file
#	routes PROGRAM		the sections of all
#
# And of a directory that is up, which people()
# prints, sorted, a line or more for each account:
#
#	recipe_acts		each act, by hand
#	recipe_is_safe ACCOUNT...  with these names, which are there
#	is_nobody NAME...	with these, which are not
#	recipe_moves		accounts change servers and go back
#	recipe_breaks STOP WORDS START [ROUTE]   bk is killed, and the directory is away:
#				it says so with these WORDS; ROUTE is not logins

act=${BK_BUILD:-$top/build/release}/drivers/act_route
place_a=127.0.0.11
place_b=127.0.0.12
edits=
program=
ann=ann@a.test
bob=bob@a.test
eve=eve@a.test

# cut_out NAME WHOLE: what stands below "# NAME" in a display; or all of the display.
cut_out() {
	awk -v name="# $1" -v whole="$2" '
	/^\.Bd -literal/ { text = ""; on = 0; shown = 1; next }
	/^\.Ed/ { if (on) printf "%s", text; shown = on = 0; next }
	!shown { next }
	{ gsub(/\\e/, "\\") }
	$0 == name { on = 1; if (!whole) { text = ""; next } }
	on && !whole && /^# [^ ]*$/ { printf "%s", text; on = 0 }
	{ text = text $0 "\n" }
	' "$top/man/bk.conf.5" | sed "$edits"
}

page_file() {
	cut_out "$1" ''
}

page_program() {
	program=$work/recipe.$1
	cut_out "/usr/local/lib/bk/$1" whole >"$program" && chmod +x "$program"
}

# listens_at SIDE HOST
listens_at() {
	mkdir -p "$work/$1"
	cat >"$work/$1/local.conf" <<-CONF
	service imap-login {
	  inet_listener place {
	    address = $2
	    port = $place_port
	  }
	}
	service lmtp {
	  inet_listener place {
	    address = $2
	    port = $((place_port + 1))
	  }
	}
	CONF
}

choose_places() {
	place_port=$("$top/tests/lib/free_ports" 2)
	listens_at a $place_a
	listens_at b $place_b
}

places_up() {
	map=$1
	shift
	front_up "$@" || return
	"$top/tests/servers/dovecot_proxy" "$work/front" stop
	: >"$work/front/users"
	"$top/tests/servers/dovecot_proxy" "$work/front" start
	postconf -c "$work/mx/etc" \
		"transport_maps = hash:$work/mx/etc/transport, proxy:$map"
}

routes() {
	front_server a "place = $place_a" \
		"transport = lmtp:inet:$place_a:$((place_port + 1))"
	front_server b "place = $place_b" \
		"transport = lmtp:inet:$place_b:$((place_port + 1))"
	front_server front "smtp = smtp://127.0.0.1:$(port mx SMTP)"
	cat >>"$BK_CONFIG" <<-CONF
	[route deliveries]
	type = postfix-transport
	file = $work/mx/etc/transport
	config = $work/mx/etc
	[route logins]
	type = command
	command = $program
	CONF
}

# ---- by hand -----------------------------------------------------------------------

by_hand() {
	"$act" type=command command="$program" source=$place_a \
		destination=$place_b "$@"
}

# is ACCOUNT STATE
is() {
	by_hand look "$1" | sed -n 1p | grep -qx "$2"
}

recipe_acts() {
	ok "$ann is at the source" is $ann source
	was=$(by_hand look $ann | sed -n 2p)
	ok "... where a login ends" reaches a $ann
	people >people.first
	reason="it's 100% \"moving\" \\ (*)"
	ok "... held" by_hand hold $ann "$reason"
	ok "... it is" is $ann held
	people >people.held
	exits 1 "... logins are refused" at_the_front $ann NOOP
	cp err refused
	ok "... with the reason" grep -q "it's.*100%.*moving" refused
	ok "... others log in" reaches a $bob
	ok "... held once more" by_hand hold $ann "$reason"
	ok "... it goes to the destination" by_hand point $ann destination
	ok "... is there" is $ann destination
	ok "... where a login ends" reaches b $ann
	ok "... to the source" by_hand point $ann source
	ok "... held and given back" by_hand hold $ann moving
	ok "... as it was" by_hand back $ann "$was"
	ok "... it is" is $ann source
	ok "... where a login ends" reaches a $ann
	people >people.last
	ok "... nothing else has changed" cmp people.first people.last
	ends_sessions
}

ends_sessions() {
	cat >idle.py <<-'PY'
	import sys
	sys.path.insert(0, sys.argv[1])
	import imap_client
	with imap_client.Imap(imap_client.env_ports(sys.argv[2])[0], sys.argv[3]) as one:
	    open("idle.in", "w").close()
	    one.sock.settimeout(20)
	    while one.sock.recv(1000):
	        pass
	    open("idle.out", "w").close()
	PY
	python3 idle.py "$top/tests/lib" "$work/front/env" $ann 2>idle.err &
	idler=$!
	until [ -e idle.in ] || ! kill -0 $idler; do sleep 0.02; done
	ok "sessions are ended" by_hand kick $ann
	wait $idler
	ok "... at once" test -e idle.out
	ok "... and where there are none" by_hand kick $bob
}

# shown NAME: which echo prints so.
shown() {
	printf "'%s'\\n" "$1" | sed 's/\\/&&/g'
}

recipe_is_safe() {
	people >people.before
	for account; do
		is "$account" source && was=$(by_hand look "$account" | sed -n 2p) &&
			by_hand hold "$account" moving && is "$account" held
		ok "$(shown "$account") is held" test $? -eq 0
		people | diff people.before - | grep '^>' >changed
		ok "... alone" test "$(wc -l <changed)" -eq 1
		ok "... and goes there" by_hand point "$account" destination
		ok "... and back" by_hand back "$account" "$was"
		people >people.after
		ok "... to where it was" cmp people.before people.after
	done
}

# is_nobody NAME...: none of them is an account.
is_nobody() {
	people >people.before
	for account; do
		exits 1 "$(shown "$account") is nobody" by_hand look "$account"
		says_like 'refused: .* ended with status 3: 0 (entries|rows) have this address'
		exits 1 "... to be held" by_hand hold "$account" moving
		people >people.after
		ok "... nothing has changed" cmp people.before people.after
	done
}

# ---- for real ----------------------------------------------------------------------

# leads_to SIDE ACCOUNT: it lives there, as all who are asked say.
leads_to() {
	state=source
	[ "$1" = a ] || state=destination
	ok "... $2 is at the $state" is "$2" "$state"
	ok "... where a login ends" reaches "$1" "$2"
	ok "... with its mail" same --extra "$(login "$work/a" "$2")" \
		"$(login "$work/b" "$2")"
}

# mail_comes_to SIDE ACCOUNT SUBJECT
mail_comes_to() {
	printf 'From: x@y.test\nTo: %s\nSubject: %s\n\nqueued\n' "$2" "$3" |
		/usr/sbin/sendmail -C "$work/mx/etc" -f x@y.test "$2"
	queue_runs_out
	subjects "$1" "$2" | grep -qx "$3"
}

move() {
	bk-move "$@" --from a --to b
}

recipe_moves() {
	for account in $ann $bob $eve; do
		makes ordinary "$(login "$work/a" "$account")" --messages 10
	done
	ok "two accounts change servers" move --account $ann --account $bob \
		--stages data,account --front front
	leads_to b $ann
	leads_to b $bob
	ok "... mail comes to the destination" mail_comes_to b $ann 1
	ok "one of them goes back" move rollback --account $bob
	leads_to a $bob
	leads_to b $ann
	: >"$work/mx/etc/transport"
	front postfix "$work/mx" tool postmap "hash:$work/mx/etc/transport"
	front postfix "$work/mx" tool postfix reload 2>reload.err
	ok "Postfix knows it from the directory" mail_comes_to b $ann 2
	ok "... for both" mail_comes_to a $bob 3
}

# does_next: the command that was named.
does_next() {
	next=$(sed -n 's/.*\(bk move .*\)$/\1/p' said | tail -n 1)
	# shellcheck disable=SC2086 # words
	[ -n "$next" ] && bk-${next#bk }
}

# is_up_again START: the proxy would ask it again only after a while.
is_up_again() {
	sh -c "$1" && "$top/tests/servers/dovecot_proxy" "$work/front" stop &&
		"$top/tests/servers/dovecot_proxy" "$work/front" start
}

recipe_breaks() {
	file_route
	echo hold >route.kills
	exits 137 "killed when $eve is held" move --account $eve \
		--stages data,account
	ok "... it is" is $eve held
	exits 1 "... logins are refused" at_the_front $eve NOOP
	ok "... the next run ends it" move --account $eve --stages data,account
	leads_to b $eve
	echo back >route.kills
	exits 137 "killed on its way back" move rollback --account $eve
	ok "... the next run ends it" move rollback --account $eve
	leads_to a $eve

	echo "$1" >route.at-hold
	exits 18 "the directory goes away when it is held" move --account $eve \
		--stages data,account
	cat out err >said
	ok "... it says which and what to do" grep -Eq \
		"$eve can be used on neither server, .*route ${4:-logins}: .*$2.*: bk move" said
	ok "... it is there again" is_up_again "$3"
	ok "... it is held" is $eve held
	ok "... what it says ends that" does_next
	leads_to b $eve
	ok "the directory is away" sh -c "$1"
	exits 1 "... nothing is begun" move rollback --account $eve
	cat out err >said
	ok "... and it says so" grep -Eq "route ${4:-logins}.*$2" said
	ok "... it is there again" is_up_again "$3"
	ok "... and back" move rollback --account $eve
	leads_to a $eve
}
