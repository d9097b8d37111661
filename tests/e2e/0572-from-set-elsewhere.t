#!/bin/sh
# The disk of a dead server was backed up as Maildirs, into a repository at an SFTP
# server: its accounts move from there to a Dovecot and to a Cyrus, and the routes
# lead to these.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-move bk-backup dovecot openssl
need_cyrus
need_sshd
cd "$work" || exit 1
ann=ann@a.test
bob=bob@b.test

two_servers $ann $bob
cyrus c new "$work/pki"
cyrus c start
cyrus c adduser $ann $bob
section c "$(port_of c)"
file_route
(umask 077 && echo 'correct horse' >password)
cat >>"$BK_CONFIG" <<-CONF
	[repo far]
	target = place
	password = file:$work/password
	[target place]
	url = $BK_TEST_SFTP_URL
	ssh-key = $BK_TEST_SSH_KEY
	known-hosts = $BK_TEST_KNOWN_HOSTS
	[store disk]
	type = maildir
	path = $work/a/mail/%d/%n/Maildir
CONF
export BK_REPO=far
exits 0 "a repository at the SFTP server" bk-init
exits 0 "... opened by a key, which takes no time" bk-key export far.key
sed -i "s,file:$work/password,keyblock:$work/far.key," "$BK_CONFIG"
makes ordinary "$(at a $ann)" --messages 40
makes ordinary "$(at a $bob)" --messages 15 --seed 2
exits 0 "a backup of the Maildirs" bk-backup disk --full
does a $ann 'CREATE Later' "APPEND Later $(message '' after-the-backup)"
dovecot a stop

# goes SERVER STAGES [OPTION...]
goes() {
	to=$1 stages=$2
	shift 2
	bk-move --from-set latest --store disk --from a --to "$to" \
		--stages "$stages" "$@"
}

for to in b c; do
	# As if they had not gone anywhere yet.
	rm -f route.$ann route.$bob
	export BK_STATE_DIR="$work/state-$to"
	exits 0 "they go to $to, as the set has them" goes $to data
	exits 0 "... and are led there" goes $to data,account
	cp out told
	for account in $ann $bob; do
		ok "... $account leads there" test "$(cat "route.$account")" = destination
	done
	exits 0 "... a third time" goes $to data --json
	cp out told
	ok "... brings nothing twice" sh -c '! grep -q "\"new\":[1-9]" told'
	exits 0 "... verify finds no difference" bk-move verify \
		--from-set latest --store disk --from a --to $to
done

# ---- the old disk is back: the set was what it had --------------------------------

dovecot a start
does a $ann 'SELECT Later' 'STORE 1 +FLAGS.SILENT (\Deleted)' EXPUNGE CLOSE \
	'DELETE Later'
ok "another client finds all of ann's at b" same "$(at a $ann)" "$(at b $ann)"
ok "... and of bob's" same "$(at a $bob)" "$(at b $bob)"
ok "another client finds all of ann's at c" \
	same --munged "$(at a $ann)" "$(at c $ann)"
ok "... and of bob's" same --munged "$(at a $bob)" "$(at c $bob)"

done_testing
