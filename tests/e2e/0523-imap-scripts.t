#!/bin/sh
# Sieve scripts of accounts on mail servers: in each set, and brought back to the
# byte, with the one that was active; what could not be read is never left out
# without a word.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk bk-init bk-backup bk-check bk-list bk-move bk-restore dovecot openssl
need_cyrus
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test
bob=bob@a.test
carol=carol@a.test

sieve_port() {
	sed -n 's/^SIEVE=//p' "$work/$1/env"
}

# section_of NAME SERVER LOGIN SECRET [LINE]: one that knows where scripts are.
section_of() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port_of "$2")
	ca = $work/pki/ca.crt
	login = proxy:$3
	password = file:$work/$4
	accounts-file = $work/people
	${5-sieve = sieve://127.0.0.1:$(sieve_port "$2")}
	CONF
}

# sieve SERVER ACCOUNT VERB [NAME]
sieve() {
	server=$1
	account=$2
	shift 2
	"$top/tests/lib/sieve_client.py" "$(sieve_port "$server")" "$account" \
		pw "$@"
}

# lists SERVER ACCOUNT LINE...
lists() {
	sieve "$1" "$2" list | sort >listed
	shift 2
	printf '%s\n' "$@" | sort | cmp -s - listed || {
		sed 's/^/# /' listed
		return 1
	}
}

# view SERVER: every script of all accounts, to the byte, and which are active.
view() {
	for account in $ann $bob; do
		sieve "$1" "$account" list | sort | while read -r line; do
			name=${line% ACTIVE}
			echo "$account: $line: $(sieve "$1" "$account" get "$name" |
				sha256sum)"
		done
	done
}

# empty SERVER: they have no scripts any more.
empty() {
	for account in $ann $bob; do
		sieve "$1" "$account" activate ''
		sieve "$1" "$account" list | while read -r name; do
			sieve "$1" "$account" delete "$name"
		done
	done
}

# told REGEX...: the last command did.
told() {
	cp out said
	cat err >>said
	for regex; do
		ok "... it tells: $regex" grep -qE -e "$regex" said
	done
}

# newest: the bytes of the newest set.
newest() {
	find "$work/repo/data" -newer stamp -type f -printf '%s\n' |
		awk '{ n += $1 } END { print n + 0 }'
}

"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo masterpw >masterpw)
printf '%s\n' $ann $bob >people
printf '%s\n' $ann $bob $carol >three
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser $ann $bob
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser $ann $bob $carol
	dovecot "$work/$server" start
	section_of $server $server master masterpw
done
section_of c c cyrus pw
section_of silent a master masterpw ''
section_of none a master masterpw 'sieve = no'
section_of down a master masterpw 'sieve = sieve://127.0.0.1:1'
new_repository repo
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = imap
server = a
CONF

printf 'keep;\r\n' >keep
printf 'require "fileinto";\r\nfileinto "Rhine";\r\n' >sorts
printf 'require "vacation";\n\nvacation "gone";' >gone.sieve
{
	head -c 300000 /dev/urandom | base64 | sed 's/^/# /;s/$/\r/'
	printf 'keep;\r\n'
} >long.sieve

for server in a c; do
	sieve "$server" $ann put main <sorts
	sieve "$server" $ann put gone <gone.sieve
	sieve "$server" $ann put long <long.sieve
	sieve "$server" $ann activate main
	sieve "$server" $bob put asleep <keep
done
sieve a $ann put 'mit Umläuten und mehr' <keep
sieve a $ann put 'a/b' <keep || :
makes ordinary "$(at a $ann)" --messages 5
makes ordinary "$(at c $ann)" --messages 5

# ---- the same server, destroyed -----------------------------------------------------

# rescued SERVER: its scripts come back as they were.
rescued() {
	view "$1" >before
	touch stamp && sleep 1
	ok "a full set of $1" bk-backup "$1" --full --json
	made=$(sed -n 's/.*"set":"\([^"]*\)".*/\1/p' out | tail -n 1)
	touch stamp && sleep 1
	ok "... a differential of what did not change" bk-backup "$1" --differential
	ok "... carries none anew" test "$(newest)" -lt 30000
	ok "... is whole" bk-check --read-data
	empty "$1"
	ok "$1 has lost all scripts" test -z "$(view "$1")"
	ok "a restore" bk-restore latest --store "$1" --to "$1"
	told "Sieve scripts: $(wc -l <before) restored, 0 already there, 0 not restored"
	view "$1" >after
	ok "... every script is there, and the active one active" diff before after
	ok "again" bk-restore latest --store "$1" --to "$1"
	told "Sieve scripts: 0 restored, $(wc -l <before) already there, 0 not restored"
}

rescued a
full=$made
cp after full.view
rescued c

# ---- what changes ---------------------------------------------------------------------

sieve a $ann delete gone
sieve a $ann put main <keep
sieve a $ann activate long
view a >changed
ok "one is gone, one another, one more is active: a differential" \
	bk-backup a --differential
empty a
ok "the newest set has them so" bk-restore latest --store a --to a
view a >after
ok "... to the byte" diff changed after


ok "a dry run" bk-restore "$full" --store a --to a -n
told 'and 5 Sieve scripts of 2 accounts$'
view a | grep -v ': gone:' >after
ok "... changes none" diff changed after
exits 3 "the full set, beside what is there" bk-restore "$full" --store a --to a
told 'script main .*another one of that name is there already; --replace.*not restored' \
	'script main: another one is active at the destination' \
	'Sieve scripts: 1 restored, 3 already there, 1 not restored'
view a | grep -v ': gone:' >after
ok "... what is there stays" diff changed after
ok "in its place" bk-restore "$full" --store a --to a --replace
told 'Sieve scripts: 1 restored, 4 already there, 0 not restored'
view a >after
ok "... it is as the full set has it" diff full.view after
ok "one account under another name" bk-restore "$full" --store a --account $bob \
	--as $ann --to b
ok "... has its scripts" lists b $ann asleep
ok "a folder alone" bk-restore "$full" --store a --account $ann --folder INBOX --to b
ok "... brings none" lists b $ann asleep

# ---- another make ---------------------------------------------------------------------

empty b
ok "from Cyrus to Dovecot" bk-restore latest --store c --to b --accounts-first
view c >want
view b >after
ok "... they are the same" diff want after
sieve b $ann delete gone
ok "a move from the set" bk-move --from-set latest --store c --to b
view b >after
ok "... finds them, and brings what lacks" diff want after
ok "from Dovecot to Cyrus" bk-restore "$full" --store a --account $bob --to c
told 'Sieve scripts: 0 restored, 1 already there'

# ---- where nothing is said, and nobody there ------------------------------------------------

ok "a section that does not say where they are" bk-backup silent --full
told 'Sieve scripts of its accounts are not read: .*sieve = yes.*sieve = no'
ok "one that says there are none" bk-backup none --full
cp err said
exits 1 "... is told nothing" grep -i sieve said
exits 3 "ManageSieve is down" bk-backup down --full
told "$ann  Sieve scripts .*; the same of 1 more account.*not in this set"
ok "... said in one line" test "$(grep -ci 'sieve scripts' said)" = 1
ok "... the mail is there" bk-list latest --store down $ann
sed -i "s|^sieve = sieve://127.0.0.1:1\$|sieve = sieve://127.0.0.1:$(sieve_port a)|" \
	"$BK_CONFIG"
ok "it is up again" bk-backup down --differential
sed -i "/^\[server down\]/,/^sieve/s|^sieve = .*|sieve = sieve://127.0.0.1:1|" \
	"$BK_CONFIG"
exits 3 "and down" bk-backup down --differential
told 'Sieve scripts .*kept as the previous set has them'
section_of away a master masterpw 'sieve = sieve://127.0.0.1:1'
sed -i "/^\[server away\]/,\$s|/people|/three|" "$BK_CONFIG"
exits 3 "with three accounts" bk-backup away --full
told '; the same of 1 more account; 1 more account was not asked'
view a >want
empty a
ok "the set has those of the set before" bk-restore latest --store down --to a
view a >after
ok "... to the byte" diff want after
exits 3 "a restore where it is down" bk-restore latest --store a --to down
told 'Sieve scripts .*not restored'
exits 3 "... where nobody says" bk-restore latest --store a --to silent
told 'Sieve scripts  of 2 accounts: .*sieve = yes.*not restored'
exits 3 "... of one account" bk-restore latest --store a --account $bob --to silent
told 'Sieve scripts  of 1 account: '
for there in none silent; do
	ok "a dry run, to $there" bk-restore latest --store a --to $there -n
	told 'Sieve scripts of 2 accounts, which the destination does not take'
done
ok "where there are none" bk-restore latest --store a --to none
told 'Sieve scripts of 2 accounts are not restored: .*none takes none'
ok "into Maildirs" bk-restore latest --store a --to "maildir:$work/look/%u"
told 'Sieve scripts of 2 accounts are not restored: .*--trees'

# ---- as files -------------------------------------------------------------------------

mkdir files
ok "as files: what would be written" bk-restore "$full" --store a --trees \
	--to "$work/files" -n
told '/sieve/ann@a.test/main.sieve .* new' '/sieve/ann@a.test/active .* new'
ok "... nothing is" test -z "$(ls files)"
ok "as files" bk-restore "$full" --store a --trees --to "$work/files"
ok "... the text" cmp sorts files/sieve/$ann/main.sieve
ok "... of each" test "$(find files -name '*.sieve' | wc -l)" = 5
ok "... and which is active" test "$(cat files/sieve/$ann/active)" = main
ok "... they are nobody else's" test -z "$(find files/sieve -perm /077)"
echo mine >files/sieve/$ann/gone.sieve
ok "again, some of them" bk-restore "$full" --store a --trees \
	--to "$work/files" --path '/sieve/*/gone*'
told '0 new, 1 overwritten, 0 as they are'
ok "... is overwritten" cmp gone.sieve files/sieve/$ann/gone.sieve
exits 5 "without a folder" bk-restore "$full" --store a --trees
told 'Sieve scripts need --to'
ok "bk-list tells how many there are" bk-list "$full" --store a
told "$ann +[0-9]+ +11 +4\$"

# ---- a server that calls them as it likes ---------------------------------------------------

hostile() {
	printf '%s\n' "$@" >names
}
hostile "'keep'"
"$top/tests/lib/hostile_sieve.py" "$work/hostile.port" "$work/names" 8>&- &
hostile=$!
until [ -s hostile.port ]; do
	sleep 0.05
done
section_of wild a master masterpw \
	"sieve = sieve://127.0.0.1:$(cat hostile.port)"
echo 'allow-cleartext = yes' >>"$BK_CONFIG"
ok "it has one script" bk-backup wild --full
n=0
for name in "''" "'a\\0b'" "'a\\nb'" "'x' * 1000000" "'\\x7f'"; do
	hostile "'keep'" "$name"
	n=$((n + 1))
	exits 3 "it calls one what is no name, $n" bk-backup wild --differential
	told 'LISTSCRIPTS: .*kept as the previous set has them'
done
sed -i "/^\[server wild\]/,\$s|/people|/three|" "$BK_CONFIG"
hostile "'keep'"
for account in $ann $bob; do
	seq 1001 | sed "s/.*/'s&'/" >"names.$account"
done
exits 3 "two that have too many" bk-backup wild --full
told "$ann  Sieve scripts .*more than 1000; the same of 1 more account"
ok "... the third is asked" bk-list latest --store wild
told "$carol +[0-9]+ +[0-9]+ +1\$"
rm names.$ann names.$bob
sed -i "/^\[server wild\]/,\$s|/three|/people|" "$BK_CONFIG"
hostile "'../../../evil'" "'/etc/evil'" "'a/b'" "'..'" "'.'" "'active'" \
	"'x' * 1000" "'-rf'" "'NUL'" "'\\u202egnp'" "'Case'" "'case'"
ok "names that lead elsewhere" bk-backup wild --differential
mkdir -p evil/to
ln -s "$work/evil" evil/to/link
find "$work" -path "$work/evil" -prune -o -name '*evil*' -print >was
ok "... as files" bk-restore latest --store wild --trees --to "$work/evil/to"
ok "... all of them, beneath the folder" test \
	"$(find evil/to/sieve/$ann -type f -name '*.sieve' | wc -l)" = 12
ok "... and nowhere else" test -z "$(find evil -path evil/to -prune -o -type f -print)"
find "$work" -path "$work/evil" -prune -o -name '*evil*' -print >is
ok "... at all" diff was is
rm -rf evil/to/sieve
mkdir elsewhere
ln -s "$work/elsewhere" evil/to/sieve
exits 3 "where a link is" bk-restore latest --store wild --trees \
	--to "$work/evil/to"
ok "... it is not followed" test -z "$(ls elsewhere)"
kill $hostile

dovecot a stop
dovecot b stop
cyrus "$work/c" stop
done_testing
