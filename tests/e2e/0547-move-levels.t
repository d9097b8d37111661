#!/bin/sh
# Names that hold no mail: levels that people subscribe to, and what is left of
# folders that are gone, to servers of two makes.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

format='maildir:~/Maildir:LAYOUT=fs'
two_servers bob@a.test
with_cyrus c bob@a.test

move() {
	to=$1
	shift
	bk-move "$@" --from a --to "$to" --account bob@a.test
}

# names SERVER [LIST]: what another client finds, subscribed to, or there.
names() {
	PYTHONPATH=$top/tests/lib python3 - "$work/$1/env" "${2:-LSUB}" <<-'PY'
		import sys
		from imap_client import Imap, env_ports
		with Imap(env_ports(sys.argv[1])[0], "bob@a.test") as imap:
		    print(*sorted(name for name, words in imap.folders(sys.argv[2])
		                  if "\\Noselect" not in words))
	PY
}

# moves WHAT: a pass to each, which verify agrees with.
moves() {
	for to in b c; do
		ok "$1: a pass from a to $to" move $to
		ok "... verify agrees" move $to verify
		sed 's,^,# ,' out
	done
}

ok "levels, with and without a subscription" does a bob@a.test \
	'CREATE A' 'CREATE A/B' 'SUBSCRIBE A' 'SUBSCRIBE A/B' 'CREATE C' \
	'SUBSCRIBE C' 'CREATE D/E' 'CREATE F/G' 'SUBSCRIBE F' 'CREATE I/J' \
	'CREATE K/'
moves "levels"
for to in b c; do
	ok "$to: F is subscribed to, and I is not" \
		test "$(names $to)" = "A A/B C F"
done

ok "folders become levels, and names of nothing" does a bob@a.test \
	'DELETE A' 'DELETE C' 'RENAME D/E F/E' 'SUBSCRIBE I'
moves "later"
for to in b c; do
	ok "$to: I is, too" test "$(names $to)" = "A A/B F I"
done

ok "levels get other names" does a bob@a.test 'RENAME F H' 'DELETE I/J'
moves "again"

ok "folders within folders" does a bob@a.test 'CREATE M' 'CREATE M/N' \
	'CREATE M/N/O' "APPEND M/N $(message '' one)" 'CREATE P' 'CREATE P/Q'
moves "within"
ok "they go, and get another name" does a bob@a.test 'DELETE M/N/O' 'DELETE M/N' \
	'DELETE M' 'RENAME P R'
moves "gone"
for to in b c; do
	names $to LIST >left
	ok "$to: nothing is left of them: $(cat left)" \
		test "$(grep -oE '\b[M-R](/[A-Z])*\b' left | xargs)" = "R R/Q"
done

done_testing
