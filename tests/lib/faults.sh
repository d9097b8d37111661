# TAP for end-to-end tests: a small store, and tools whose Nth act on the disk
# goes wrong.
# shellcheck shell=sh
#
#	. "$top/tests/lib/faults.sh"	after e2e.sh

"${CC:-cc}" -D_GNU_SOURCE -O1 -shared -fPIC -o "${work:?}/faults.so" \
	"${top:?}/tests/lib/preload/faults.c" -ldl 2>cc.err ||
	skip "no library to preload: $(head -n 1 cc.err)"

# faulty N HOW COMMAND...: its status in $status, stderr in err.fault, the act in
# $hit.  Fails when there are less than N acts.
faulty() {
	at=$1 how=$2
	shift 2
	rm -f hit
	env LD_PRELOAD="$work/faults.so" FAULT_AT="$at" FAULT_HOW="$how" \
		FAULT_MARK="$work/hit" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
		"$@" >out.fault 2>err.fault
	# shellcheck disable=SC2034 # for who calls this
	status=$?
	hit=$(cat hit 2>/dev/null)
	[ "$hit" ]
}

# letter FILE DATE WORD: a message of its own.
letter() {
	mkdir -p "${1%/*}"
	printf 'Received: by mx\nDate: x\nSubject: %s\n\n%s\n' "$3" "$3" >"$1"
	touch -d "@$2" "$1"
}

# uids FOLDER UIDVALIDITY: a UID for each of its messages, as Dovecot notes them.
uids() {
	(
		cd "$1" || exit 1
		echo "3 V$2 N100 G0123456789abcdef0123456789abcdef"
		uid=2
		for file in cur/* new/*; do
			[ -f "$file" ] || continue
			uid=$((uid + 3))
			name=${file#*/}
			echo "$uid :${name%%:*}"
		done
	) >"$1/dovecot-uidlist"
}

# small_store ROOT: ROOT/DOMAIN/NAME/Maildir.
small_store() {
	ann=$1/a.test/ann/Maildir bob=$1/b.test/bob/Maildir
	for folder in "$ann" "$ann/.Sent" "$ann/.Empty" "$bob"; do
		mkdir -p "$folder/cur" "$folder/new" "$folder/tmp"
	done
	letter "$ann/cur/1000.a.mx:2,S" 1000 one
	letter "$ann/cur/1001.a.mx:2,FSa" 1001 two
	letter "$ann/new/1002.a.mx" 1002 three
	letter "$ann/.Sent/cur/1003.a.mx:2,S" 1003 four
	letter "$ann/.Sent/cur/1004.a.mx:2,RSab" 1004 five
	letter "$bob/cur/1005.a.mx:2,S" 1005 six
	printf '0 %s\n1 work\n' "\$Label1" | tee "$ann/dovecot-keywords" \
		>"$ann/.Sent/dovecot-keywords"
	echo Sent >"$ann/subscriptions"
	uids "$ann" 11
	uids "$ann/.Sent" 12
	uids "$bob" 13
	if [ "$(id -u)" -eq 0 ]; then
		chown -R mail:mail "$1"
	fi
}

# seen ROOT: its messages: folder, name, flags, time, content.
seen() {
	(
		cd "$1" || exit 1
		find . -path '*/cur/*' -type f -printf '%p %Ts\n' -o \
			-path '*/new/*' -type f -printf '%p %Ts\n'
		find . \( -path '*/cur/*' -o -path '*/new/*' \) -type f \
			-exec sha256sum {} +
	) | sed -E 's,/(cur|new)/,/,; s/(:2,[A-Z]*)[a-z]*/\1/; s/:2,( |$)/\1/' |
		sort
}

# says_why: the last fault is told, in words of this system.
says_why() {
	grep -qE 'Input/output error|No space left' err.fault
}

# step_passes NAME COMMAND: an ok for what follows a fault.
step_passes() {
	tests=$((tests + 1))
	if "$2" >out.step 2>err.step; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		sed 's/^/# /' err.fault out.step err.step
	fi
}
