# What the servers for tests have in common.  tests/servers/NAME sources it,
# says how many PORTS in a row it wants, defines configure() and launch(), and
# ends with `run "$@"`:
# shellcheck shell=sh
#
#	NAME ROOT new [PKI] [PORT]   a folder with data, a configuration and
#	                             ROOT/env; PKI is what tests/servers/pki made
#	NAME ROOT start              returns when it answers
#	NAME ROOT stop | kill        returns when its last process is gone
#
# All a server has lies in ROOT.  It listens on 127.0.0.1, on ports in a row
# from PORT on, or else on free ones.  Its files are in ROOT/data and belong to
# $owner; the user `bk` with $password sees them.  Where root may mount, a
# server also shows ROOT/tiny: a file system of 8 MiB that it alone has.
#
# shellcheck disable=SC2034,SC2154 # shared with who sources it

set -eu
umask 022
PATH=$PATH:/usr/sbin
lib=$(dirname "$0")/../lib
address=127.0.0.1
user=bk
password=swordfish-4711
owner=$(id -un)
group=$(id -gn)
if [ "$(id -u)" -eq 0 ]; then
	owner=mail
	group=mail
fi

# answers PORT: waits until somebody accepts there; fails after 20 seconds.
answers() {
	/usr/bin/python3 - "$address" "$1" <<-'PY'
	import socket, sys, time
	end = time.monotonic() + 20
	while time.monotonic() < end:
	    try:
	        socket.create_connection((sys.argv[1], int(sys.argv[2]))).close()
	        sys.exit(0)
	    except OSError:
	        time.sleep(0.01)
	sys.exit(1)
	PY
}

# appears FILE: waits until it is there and not empty, 20 seconds at most.
appears() {
	tries=0
	until [ -s "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || return 1
		sleep 0.02
	done
}

# family PID...: those that live of them and of all that descend from them; the
# dead may wait for their parent, once their last thread is gone.
family() {
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/ (.*) / /' |
		awk -v heads="$*" '
		BEGIN { n = split(heads, head); for (i = 1; i <= n; i++) in_it[head[i]] }
		$2 != "Z" || $19 > 1 { parent[$1] = $3 }
		END {
			do {
				more = 0
				for (pid in parent)
					if (!(pid in in_it) && parent[pid] in in_it) {
						in_it[pid]
						more = 1
					}
			} while (more)
			for (pid in in_it)
				if (pid in parent)
					print pid
		}'
}

# hold_still PID...: from now on they have no more children; a server whose
# worker is killed before itself would make another one.
hold_still() {
	known=
	left=$(family "$@")
	until [ "$left" = "$known" ]; do
		known=$left
		# shellcheck disable=SC2086 # one word a process
		kill -s STOP $left 2>/dev/null || :
		left=$(family "$@")
	done
}

# end_family SIGNAL PID...: done when nobody is left: only then does nobody
# write any more.  Who does not listen is killed after five seconds.
end_family() {
	signal=$1
	shift
	tries=0
	left=$(family "$@")
	[ "$signal" != KILL ] || hold_still "$@"
	while [ -n "$left" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || signal=KILL
		[ $tries -lt 200 ] || break
		# shellcheck disable=SC2086 # one word a process
		kill -s "$signal" $left 2>/dev/null || :
		sleep 0.05
		# shellcheck disable=SC2086
		left=$(family $left)
	done
	[ -z "$left" ] || {
		echo "still there after $tries tries: $left" >&2
		return 1
	}
}

may_mount() {
	[ "$(id -u)" -eq 0 ] &&
		unshare -m mount -t tmpfs tmpfs "$root/tiny" 2>/dev/null
}

# with_tiny COMMAND...: runs it with ROOT/tiny mounted for it alone; that goes
# away with its last process.
with_tiny() {
	if [ -d "$root/tiny" ]; then
		# shellcheck disable=SC2016 # expanded by the inner shell
		unshare -m sh -c 'mount -t tmpfs -o "size=8m,mode=700,uid=$1,gid=$2" \
			tmpfs "$3" && shift 3 && exec "$@"' sh \
			"$(id -u "$owner")" "$(id -g "$owner")" "$root/tiny" "$@"
	else
		"$@"
	fi
}

# A server's own files (pids, logs, temporary ones) are in ROOT/run.
make_root() {
	mkdir -p "$root/data" "$root/run" "$root/tiny"
	chmod 755 "$root"
	[ "$(id -u)" -ne 0 ] || chown "$owner:$group" "$root/data"
	may_mount || rmdir "$root/tiny"
	for word; do
		case $word in
		*[!0-9]*) ln -sfn "$(realpath "$word")" "$root/pki" ;;
		*) echo "$word" >"$root/port" ;;
		esac
	done
}

set_up() {
	port=$(cat "$root/port" 2>/dev/null || "$lib/free_ports" "$ports")
	{
		echo "PORT=$port"
		echo "PORTS=$ports"
		echo "DATA=$root/data"
		[ ! -d "$root/tiny" ] || echo "TINY=$root/tiny"
	} >"$root/env"
	configure
}

# Ports that were chosen here may be taken meanwhile: others will do.
start() {
	for attempt in 1 2 3 4 5; do
		: >"$root/run/log"
		rm -f "$root/run/pid"
		if launch </dev/null >>"$root/run/log" 2>&1 &&
			appears "$root/run/pid" && answers "$port" &&
			[ -n "$(family "$(cat "$root/run/pid")")" ]; then
			return 0
		fi
		stop TERM || :
		[ ! -e "$root/port" ] || break
		grep -qi 'already in use' "$root/run/log" || break
		echo "ports were taken, try $attempt" >&2
		set_up
	done
	tail -n 25 "$root/run/log" >&2
	return 1
}

stop() {
	[ -s "$root/run/pid" ] || return 0
	# shellcheck disable=SC2046 # one word a process
	end_family "$1" $(cat "$root/run/pid")
	rm -f "$root/run/pid"
}

run() {
	[ $# -ge 2 ] || set -- . help
	root=$(realpath -m "$1")
	verb=$2
	shift 2
	[ "$verb" = new ] || port=$(sed -n 's/^PORT=//p' "$root/env")
	case $verb in
	new)
		make_root "$@"
		set_up
		;;
	start) start ;;
	stop) stop TERM ;;
	kill) stop KILL ;;
	*)
		sed -n '/^[^#]/q;2,$s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
}
