# TAP for end-to-end tests on real mail: what they have in common beyond tap.sh.
# shellcheck shell=sh
#
#	top=$(cd "$(dirname "$0")/../.." && pwd)
#	. "$top/tests/lib/e2e.sh"
#
# Everything lies in $work; servers that were started are stopped at the end.

TMPDIR=$("${top:?}/tests/lib/tmpdir")
export TMPDIR
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"

servers=
trap 'stop_servers; rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
chmod 755 "$work"

export BK_CACHE_DIR="$work/cache" BK_STATE_DIR="$work/state"
export BK_PASSWORD_FILE="$work/password"
(umask 077 && echo "correct horse" >"$BK_PASSWORD_FILE")

# Ports of our own as long as we live: tests/lib/free_ports gives them out.  Other
# tests run at the same time.
own_ports() {
	first=20000
	mkdir -p "/tmp/bk-test-ports.$(id -u)"
	until exec 8>"/tmp/bk-test-ports.$(id -u)/$first" && flock -n 8; do
		first=$((first + 200))
	done
	echo "$first $((first + 200))" >"$work/ports"
	export BK_TEST_PORTS="$work/ports"
}
own_ports

# skip REASON: the whole file, but never in CI.
skip() {
	if [ "${CI:-}" = true ]; then
		echo "not ok 1 - CI must run this: $1"
		echo "1..1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

# needs TOOL...: in PATH, else the file is skipped.
needs() {
	PATH=$PATH:/usr/sbin
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not here"
	done
}

# Sets corpus, the folder with real mail.
need_corpus() {
	corpus=$("$top/tests/lib/fetch_corpus" 2>"$work/corpus.err") ||
		skip "no mail to test with: $(tail -n 1 "$work/corpus.err")"
	export corpus
}

# quiet: the last ok or exits wrote nothing to stderr.
quiet() {
	tests=$((tests + 1))
	if [ ! -s "$work/err" ]; then
		echo "ok $tests - ... without a word on stderr"
	else
		echo "not ok $tests - ... without a word on stderr"
		sed 's/^/# /' "$work/err"
	fi
}

# says TEXT: its stderr has this very line.
says() {
	tests=$((tests + 1))
	if grep -qxF -e "$1" "$work/err"; then
		echo "ok $tests - it says: $1"
	else
		echo "not ok $tests - it should say: $1"
		sed 's/^/# /' "$work/err"
	fi
}

# says_like REGEX: a line of it matches as a whole.
says_like() {
	tests=$((tests + 1))
	if grep -qxE -e "$1" "$work/err"; then
		printf 'ok %s - it says: %s\n' "$tests" \
			"$(grep -m 1 -xE -e "$1" "$work/err")"
	else
		echo "not ok $tests - it should say: $1"
		sed 's/^/# /' "$work/err"
	fi
}

stop_servers() {
	for server in $servers; do
		"$top/tests/servers/${server%%:*}" "${server#*:}" stop
	done
}

# dovecot ROOT VERB...: as tests/servers/dovecot; what was started is stopped.
dovecot() {
	case $2 in start) servers="$servers dovecot:$1" ;; esac
	"$top/tests/servers/dovecot" "$@"
}

# need_cyrus: its packages are here or can be had, else the file is skipped.
need_cyrus() {
	"${top:?}/tests/lib/fetch_cyrus" >"$work/cyrus.out" 2>"$work/cyrus.err" ||
		skip "no Cyrus: $(tail -n 1 "$work/cyrus.err")"
}

# cyrus ROOT VERB...: as tests/servers/cyrus; what was started is stopped.
cyrus() {
	case $2 in start) servers="$servers cyrus:$1" ;; esac
	"$top/tests/servers/cyrus" "$@"
}

# login ROOT ACCOUNT [MORE]: prints the LOGIN of it on a server of ours, as
# tests/lib/imap_client.py has it; MORE is ?as=... or ?ca=...
login() {
	printf 'imap://%s@127.0.0.1:%s%s\n' "$(echo "$2" | sed 's/@/%40/g')" \
		"$(sed -n 's/^IMAP=//p' "$1/env")" "${3:-}"
}

# hostile WORD...: starts tests/lib/hostile_imap.py, which ends with us; sets
# hostile_port, and hostile_pid to kill it before.  With --all, $work/hostile has
# a line of SCENARIO and port for each.
hostile() {
	[ -p "$work/hostile.in" ] || mkfifo "$work/hostile.in"
	exec 7<>"$work/hostile.in"
	: >"$work/hostile"
	"$top/tests/lib/hostile_imap.py" "$@" <"$work/hostile.in" \
		>"$work/hostile" 2>"$work/hostile.err" 7>&- 8>&- &
	hostile_pid=$!
	until grep -qsx 'ready\|[0-9]*' "$work/hostile"; do
		kill -0 $hostile_pid || return
		sleep 0.02
	done
	hostile_port=$(cat "$work/hostile")
	export hostile_port
}

world() {
	"$top/tests/lib/mail_world.py" "$@"
}

# view ROOT >VIEW: what all its accounts show over IMAP.
view() {
	# shellcheck source=/dev/null
	. "$1/env"
	cut -d: -f1 "$1/users" |
		xargs "$top/tests/lib/imap_view.py" take "$IMAP"
}

compare() {
	"$top/tests/lib/imap_view.py" compare "$@"
}

files() {
	"$top/tests/lib/maildir_files.py" "$@"
}

# contents FOLDER: the digest of each message of the Maildirs in it, in any order.
contents() {
	find "$1" -type f \( -path '*/cur/*' -o -path '*/new/*' \) \
		-exec sha256sum {} + | cut -d ' ' -f 1 | sort
}

# new_repository NAME [PLACE]: makes $work/NAME, or PLACE, the section NAME of $BK_CONFIG and what
# the tools take from then on.  It is opened by a key block, which takes no time.
new_repository() {
	export BK_CONFIG="$work/bk.conf" BK_REPO="$1"
	export BK_PASSWORD_FILE="$work/password"
	: >>"$BK_CONFIG"
	if ! bk-init -r "${2:-$work/$1}" >out 2>err ||
		! bk-key -r "${2:-$work/$1}" export "$work/$1.key" >out 2>err; then
		echo "Bail out! no repository: $(cat err)"
		exit 1
	fi
	cat >>"$BK_CONFIG" <<-CONF
	[repo ${1##*/}]
	path = ${2:-$work/$1}
	password = keyblock:$work/$1.key
	CONF
	BK_REPO=${1##*/}
	unset BK_PASSWORD_FILE
}
