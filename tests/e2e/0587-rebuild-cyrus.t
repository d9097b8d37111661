#!/bin/sh
# A Cyrus is gone, with its mail and the repository.  From a copy at an FTP server
# a new one is rebuilt on other ports, over IMAP as its administrator, while mail
# comes in: what its accounts had is there, and what came, once.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs openssl bk bk-init bk-backup bk-check bk-list bk-restore bk-ship
need_cyrus
need_proftpd
cd "$work" || exit 1

ann=u1@a.test
odd=odd@b.test
busy="$ann $odd"
accounts="$busy u2@a.test u3@a.test u2@b.test"

# new_cyrus NAME: running, with the accounts, and nothing in them.
new_cyrus() {
	cyrus "$work/$1" new "$work/pki"
	echo 'munge8bit: no' >"$work/$1/local.conf"
	cyrus "$work/$1" start
	# shellcheck disable=SC2086 # words
	cyrus "$work/$1" adduser $accounts
}

# server NAME [LINE]: its section, by way of the administrator.
server() {
	cat <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port_of "$1")
	ca = $work/pki/ca.crt
	login = proxy:cyrus
	password = file:$work/pw
	sieve = sieve://127.0.0.1:$(sieve_port "$1")
	${2:-}
	CONF
}

sieve_port() {
	sed -n 's/^SIEVE=//p' "$work/$1/env"
}

# filters NAME: each script of all accounts, and which are active.
filters() {
	for account in $accounts; do
		for script in $(sieve "$1" "$account" list | sed 's/ /:/'); do
			echo "$account: $script: $(sieve "$1" "$account" get \
				"${script%:ACTIVE}" | sha256sum)"
		done
	done | sort
}

# sieve NAME ACCOUNT VERB [SCRIPT]
sieve() {
	port=$(sieve_port "$1")
	shift
	"$top/tests/lib/sieve_client.py" "$port" "$1" pw "$2" ${3:+"$3"}
}

# shown NAME: all that its accounts show over IMAP, but for the METADATA of the
# account itself, which no set has.
shown() {
	# shellcheck disable=SC2086 # words
	"$top/tests/lib/imap_view.py" take "$(port_of "$1")" $accounts |
		grep -v '"kind": "account"'
}

# facts VIEW: of folders, but for what numbers they have.
facts() {
	grep -v '"kind": "message"' "$1" |
		sed -E 's/"(highestmodseq|uidnext|uidvalidity)": [0-9]+,? ?//g' | sort
}

# tells REGEX: the last command did.
tells() {
	cp out said
	cat err >>said
	ok "... it tells: $1" grep -qE -e "$1" said
}

# ---- the server that will be gone ----------------------------------------------------

"$top/tests/servers/pki" "$work/pki"
others=$servers
new_cyrus a
# shellcheck disable=SC2046 # words
ok "a Cyrus has mail in four accounts" makes ordinary \
	$(for account in $accounts; do
		[ "$account" = $odd ] || at a "$account"
	done) --messages 60
ok "... and one of what most do not hold" makes awkward "$(at a $odd)" \
	--large 1
ok "... who lets others read" does a $odd 'SETACL Case u2@b.test lrsw' \
	'SETACL "a  b" anyone lr'
for account in $accounts; do
	printf 'require "fileinto";\r\n# %s\r\nfileinto "Sorted";\r\n' "$account" |
		sieve a "$account" put sorts
	echo 'keep;' | sieve a "$account" put plain
done
sieve a $ann activate plain
filters a >filters.old
ok "everybody has filters" test "$(wc -l <filters.old)" -eq 10

new_repository main "$work/lost"
unset BK_REPO
(umask 077 && cp "$BK_TEST_PASSWORD_FILE" ftp.pass)
{
	server a
	cat <<-CONF
	[store mail]
	type = imap
	server = a
	[target ftp]
	url = $BK_TEST_FTPES_URL
	ca = $BK_TEST_CA
	password = file:$work/ftp.pass
	[job nightly]
	store = mail
	repo = main
	ship = ftp
	CONF
} >>"$BK_CONFIG"
ok "a full set, shipped" bk-backup nightly --full
ok "somebody works" does a $ann 'CREATE Last/thing' 'SELECT INBOX' \
	'COPY 1:3 Last/thing' 'STORE 1:2 +FLAGS.SILENT (\Flagged urgent)' \
	'STORE 4 +FLAGS.SILENT (\Deleted)' 'EXPUNGE' 'UNSUBSCRIBE Sent' \
	'SUBSCRIBE Last/thing'
ok "a differential, shipped" bk-backup nightly --differential
shown a >view.old
messages=$(grep -c '"kind": "message"' view.old)

cyrus "$work/a" kill
servers=$others
rm -rf "$work/a" "$work/lost" "$BK_STATE_DIR" "$BK_CACHE_DIR" "$BK_CONFIG" main.key
ok "all of it is gone" test ! -e "$work/a" -a ! -e "$work/lost"

# ---- a new one, while mail comes in --------------------------------------------------

# rebuilt NAME [LINE]: with the URL and two passwords alone.
rebuilt() {
	new_cyrus "$1"
	export BK_CONFIG="$work/rebuild.conf" BK_REPO=copy
	export BK_STATE_DIR="$work/$1.state" BK_CACHE_DIR="$work/$1.cache"
	cat >"$BK_CONFIG" <<-CONF
	[target nas]
	url = $BK_TEST_FTPES_URL
	ca = $BK_TEST_CA
	password = file:$work/ftp.pass
	[repo copy]
	target = nas
	password = file:$work/password
	CONF
	server "$@" >>"$BK_CONFIG"
}

rebuilt b
ok "the copy is whole" bk-check latest --read-data
mkdir taken
rains=
for account in $busy; do
	timeout 300 "$top/tests/lib/lmtp_rain.py" "$(sed -n 's/^LMTP=//p' b/env)" \
		"$account" rain.end "taken/$account" >"rain.$account" 2>&1 8>&- &
	rains="$rains $!"
done
for account in $busy; do
	until [ -s "taken/$account" ]; do
		# shellcheck disable=SC2086 # words
		kill -0 $rains || break
		sleep 0.05
	done
done
ok "the first pass, while mail comes in" bk-restore latest --accounts-first --to b
tells 'folders are there and take mail'
filters b >filters.new
ok "everybody's filters are there, and ann's is active" diff filters.old filters.new
ok "the second" bk-restore latest --to b
tells " 0 restored, $messages already there, 0 failed"
: >rain.end
for rain in $rains; do
	ok "no mail was refused" wait "$rain"
done

shown b >view.new
facts view.old >want
facts view.new >got
ok "every folder, subscription, right and attribute is there" diff want got
for account in $busy; do
	compare --content --account "$account" --folder INBOX view.old view.new >differ
	ok "$account has all that was in its inbox" sh -c "! grep 'is gone:' differ"
	ok "... and each mail that came, once" test \
		"$(compare --content --account "$account" --folder INBOX \
			view.old view.new | sed -n 's/^\([0-9]*\) differences/\1/p')" \
		-eq "$(wc -l <"taken/$account")"
done
grep -v "\"account\": \"\($ann\|$odd\)\", .*\"folder\": \"INBOX\"" view.old >want
grep -v "\"account\": \"\($ann\|$odd\)\", .*\"folder\": \"INBOX\"" view.new >got
ok "all other folders have every message, flag, keyword, date and byte" \
	compare --content want got
ok "no UID that a mail program knows is another message" \
	"$top/tests/lib/uid_cache.py" view.old view.new
ok "a third run brings nothing" bk-restore latest --to b
tells " 0 restored, $messages already there, 0 failed"
shown b >view.again
ok "... and changes nothing" compare view.new view.again
cyrus "$work/b" stop

# ---- one more, which keeps UIDs --------------------------------------------------------

rebuilt c 'keep-uids = syncapply'
ok "another, by Cyrus's replication" bk-restore latest --to c
tells 'UIDs kept in'
shown c >view.kept
ok "... has every UID and UIDVALIDITY, and all else" compare view.old view.kept
ok "a second run" bk-restore latest --to c
tells " 0 restored, $messages already there, 0 failed"

done_testing
