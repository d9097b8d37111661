#!/bin/sh
# Sieve scripts that go with a move: between servers of two makes, pass after
# pass, with what somebody changed at the destination, and with servers that do
# not take them.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

# scripted NAME LOGIN SECRET: a section where scripts are known, too.
scripted() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imaps://127.0.0.1:$(sed -n 's/^IMAPS=//p' "$work/$1/env")
	sieve = sieve://127.0.0.1:$(sieve_port "$1")
	ca = $work/pki/ca.crt
	login = proxy:$2
	password = file:$work/$3
	CONF
}

sieve_port() {
	sed -n 's/^SIEVE=//p' "$work/$1/env"
}

# sieve SERVER VERB [NAME]: of ann's scripts.
sieve() {
	server=$1
	shift
	"$top/tests/lib/sieve_client.py" "$(sieve_port "$server")" ann@a.test \
		pw "$@"
}

# has SERVER NAME TEXT: it does, and that is its text.
has() {
	sieve "$1" get "$2" | tr -d '\r' | grep -qF "$3"
}

# lists SERVER LINE...
lists() {
	sieve "$1" list | sort >listed
	shift
	printf '%s\n' "$@" | sort | cmp -s - listed || {
		sed 's/^/# /' listed
		return 1
	}
}

move() {
	bk-move --account ann@a.test "$@"
}

# verify WORD...: also what it says, in `differs`.
verify() {
	bk-move verify --account ann@a.test "$@" >table
	status=$?
	tr -s ' ' <table >differs
	return $status
}

"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo masterpw >masterpw)
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser ann@a.test bob@a.test
done
# What the new server's scripts cannot do.
cat >b/local.conf <<-'CONF'
plugin {
  sieve_extensions = -vacation
  sieve_max_script_size = 30k
}
CONF
dovecot a start
dovecot b start
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser ann@a.test
scripted a master masterpw
scripted b master masterpw
scripted c cyrus pw

printf 'keep;\r\n' >keep
printf 'require "fileinto";\r\nfileinto "Rhine";\r\n' >sorts
printf 'require "vacation";\r\nvacation "gone";\r\n' >gone.sieve
printf '# %s\nkeep;' "$(head -c 20000 /dev/zero | tr '\0' x)" >long.sieve

# ---- pass after pass -------------------------------------------------------------

sieve a put main <sorts
sieve a put 'mit Umläuten und mehr' <keep
sieve a put long <long.sieve
sieve a activate main
ok "a dry run" move --from a --to b --dry-run
cp err told
ok "... says what would go" grep -q 'Sieve scripts: 3 to move' told
ok "... and nothing goes" test -z "$(sieve b list)"
ok "a move" move --from a --to b
cp err told
ok "... says that scripts went" grep -qF \
	'ann@a.test: Sieve scripts: 3 moved, 0 taken away; active: main' told
ok "... they are all there" lists b long 'main ACTIVE' \
	'mit Umläuten und mehr'
ok "... with their texts" has b main 'fileinto "Rhine"'
sieve a get long >long.a
sieve b get long >long.b
ok "... to the byte" cmp long.a long.b
ok "... and there is no difference" verify --from a --to b
ok "another pass" move --from a --to b
cp err told
exits 1 "... has nothing to say of them" grep -i -e script -e sieve told

sieve a put main <keep
sieve a delete long
sieve a put more <keep
sieve a activate more
ok "scripts change" move --from a --to b
ok "... and so do they at the destination" lists b main \
	'mit Umläuten und mehr' 'more ACTIVE'
ok "... in their texts" has b main keep

# ---- what somebody changed there ---------------------------------------------------

sieve b put main <sorts
sieve b activate main
sieve b put theirs <sorts
sieve b delete more
ok "scripts are changed at the destination" move --from a --to b
cp err told
ok "... they are not overwritten" has b main fileinto
ok "... which is told" grep -qF \
	'ann@a.test: script main: it was changed at the destination' told
ok "... one that is gone does not come again" lists b 'main ACTIVE' \
	'mit Umläuten und mehr' theirs
ok "... nor does the choice" grep -qF \
	'script more: another one is active at the destination' told
exits 17 "... and verify tells" verify --from a --to b
ok "... one that is another" grep -qF 'different Sieve script main' differs
ok "... one that is missing" grep -qF 'missing Sieve script more' differs
ok "... one that is too much" grep -qF 'extra Sieve script theirs' differs
ok "... and the choice" grep -qF \
	'active Sieve script: more at the source, main at the destination' differs
ok "... but not to who asks for mail alone" verify --from a --to b --mail-only
printf 'discard;\r\n' | sieve a put theirs
ok "one of the same name is made at the source" move --from a --to b
cp err told
ok "... and both stay as they are" has b theirs fileinto
ok "... which is told" grep -qF \
	'script theirs: another one of that name is there already' told

# ---- what a server does not take ------------------------------------------------------

sieve a put gone <gone.sieve
printf '# %s\nkeep;' "$(head -c 40000 /dev/zero | tr '\0' x)" | sieve a put huge
# preflight WORD...: also what it says, in `found`.
preflight() {
	bk-move preflight --account ann@a.test "$@" >table
	status=$?
	tr -s ' ' <table >found
	return $status
}
sieve b list | sort >before
exits 3 "preflight asks the destination about each" preflight --from a --to b
ok "... says what it would not take, in its words" grep -qE \
	'destination PROBLEM .*Sieve script gone: .*CHECKSCRIPT: .*vacation' found
ok "... and what it has no room for" grep -qE \
	'Sieve script huge: HAVESPACE: the server says' found
exits 1 "... and of no other" grep -qE 'Sieve script (main|theirs|mit|more)' found
sieve b list | sort >same
ok "... and writes nothing" cmp before same
exits 3 "where nobody listens" preflight --from a --to b \
	--to-option sieve=sieve://127.0.0.1:1
ok "... it says so" grep -qE 'destination PROBLEM .*Sieve scripts: ' found
exits 3 "at the source, too" preflight --from a --to b \
	--from-option sieve=sieve://127.0.0.1:1
ok "... it says so" grep -qE 'source PROBLEM .*Sieve scripts: ' found
sieve a delete huge
ok "where nobody said where" preflight --from a --to b --to-option sieve=no
ok "... scripts stay behind" grep -qE \
	'destination note .*Sieve scripts stay behind' found
exits 3 "a script for which the server lacks an extension" move --from a --to b
cp err told
cp out pass
ok "... is told, in the server's words" grep -qE \
	'script gone .*PUTSCRIPT: the server says .*vacation' told
ok "... and the account is none the worse" grep -q 'INCOMPLETE' pass

# ---- another make -------------------------------------------------------------------------

sieve a delete gone
sieve a delete theirs
sieve a put gone <gone.sieve
ok "Cyrus takes vacation" preflight --from a --to c
sieve a delete gone
ok "from Dovecot to Cyrus" move --from a --to c
ok "... scripts went" lists c main 'more ACTIVE' \
	'=?UTF-8?Q?mit_Uml=C3=A4uten_und_mehr?='
sieve a put 'mit Umläuten und mehr' <sorts
sieve a activate 'mit Umläuten und mehr'
ok "one with a name that Cyrus spells in its own way" move --from a --to c
ok "... becomes the active one" lists c main 'more' \
	'=?UTF-8?Q?mit_Uml=C3=A4uten_und_mehr?= ACTIVE'
ok "... with its new text" has c '=?UTF-8?Q?mit_Uml=C3=A4uten_und_mehr?=' fileinto
ok "nothing new" move --from a --to c
cp err told
exits 1 "... is written" grep -i -e script -e sieve told
ok "... and there is no difference" verify --from a --to c
sieve c put main <sorts
exits 17 "a text that is another at a Cyrus" verify --from a --to c
ok "... is told" grep -qF 'different Sieve script main' differs
sieve c put main <keep
ok "from Cyrus to Dovecot" move --from c --to a
ok "... finds them there" lists a main 'mit Umläuten und mehr ACTIVE' more

# ---- where there are none ---------------------------------------------------------------

ok "a destination of which nothing is known" move --from a --to b \
	--to-option sieve=no
cp err told
ok "... is told" grep -q 'Sieve scripts: not possible here' told
exits 3 "nobody listens" move --from a --to b --to-option sieve=sieve://127.0.0.1:1
cp err told
ok "... is told, and the mail goes" grep -q 'scripts .*destination' told
exits 2 "a URL that is none" move --from a --to b --to-option sieve=imap://x

dovecot a stop
dovecot b stop
cyrus "$work/c" stop
done_testing
