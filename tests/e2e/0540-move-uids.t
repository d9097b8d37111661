#!/bin/sh
# Moves to a Dovecot whose doveadm lets UIDs and UIDVALIDITY be kept: a mail
# client goes on at the new server with what it knew of the old one.
#
#   0540-move-uids.t [http | local]   how doveadm is reached; usually over HTTP

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
way=${1:-http}
needs bk-move dovecot openssl
unset BK_PASSWORD_FILE
export BK_CONFIG="$work/bk.conf"
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser ann@a.test bob@a.test dan@a.test \
		eve@a.test fay@a.test
	dovecot "$work/$server" start
done
port() {
	sed -n "s/^$2=//p" "$work/$1/env"
}
(umask 077 && echo masterpw >masterpw && echo doveadmkey >key &&
	echo doveadmpw >doveadmpw)
cat >bk.conf <<-CONF
	[server old]
	url = imaps://127.0.0.1:$(port a IMAPS)
	ca = $work/pki/ca.crt
	login = proxy:master
	password = file:$work/masterpw
	[server new]
	url = imaps://127.0.0.1:$(port b IMAPS)
	ca = $work/pki/ca.crt
	login = proxy:master
	password = file:$work/masterpw
	allow-cleartext = yes
CONF
program="doveadm -c $work/b/dovecot.conf"
case $way in
http)
	cat >>bk.conf <<-CONF
	doveadm = http://127.0.0.1:$(port b DOVEADM)
	doveadm-password = file:$work/key
	CONF
	;;
local) echo "doveadm = $program" >>bk.conf ;;
esac
chmod 600 bk.conf

move() {
	bk-move --from old --to new --account "$@"
}

# same ACCOUNT: at both servers, UIDs and all.
same() {
	"$top/tests/lib/same_mail.py" --uids \
		--without acl,metadata,special-use \
		"$(login "$work/a" "$1")" "$(login "$work/b" "$1")" >said
}

does() {
	"$top/tests/lib/imap_client.py" "$@" >does.out 2>&1
}

# apart BOX UID...: messages of bob's with these UIDs alone, at the old server.
apart() {
	box=$1
	shift
	[ "$box" = INBOX ] || dovecot "$work/a" doveadm mailbox create \
		-u bob@a.test "$box"
	does "$work/a/env" bob@a.test 'EXAMINE INBOX'
	for uid; do
		dovecot "$work/a" doveadm mailbox update -u bob@a.test \
			--min-next-uid "$uid" "$box"
		printf 'From: a\r\nSubject: %s\r\n\r\nthe one with %s\r\n' \
			"$uid" "$uid" | dovecot "$work/a" doveadm save \
			-u bob@a.test -m "$box"
	done
}

# state SERVER ACCOUNT ITEM: of its INBOX.
state() {
	dovecot "$work/$1" doveadm -f flow mailbox status -u "$2" "$3" INBOX |
		sed 's/.*=//'
}

"$top/tests/lib/imap_world.py" ordinary "$(login "$work/a" ann@a.test)" \
	--messages 60 >out 2>&1 || cat out
ok "mail goes, before" does "$work/a/env" ann@a.test 'SELECT INBOX' \
	'STORE 2:4,6 +FLAGS (\Deleted)' 'EXPUNGE'
apart INBOX 3 4 6 207 409 100410
apart Far 500
apart 'Entwürfe' 7
does "$work/a/env" bob@a.test 'CREATE Nothing' "CREATE \"-A 'it' -- \\\\\""
printf 'Subject: welcome\r\n\r\nwelcome\r\n' |
	dovecot "$work/b" doveadm save -u eve@a.test -m INBOX

# ---- the first pass ------------------------------------------------------------

ok "a move" move ann@a.test
cp out said
cp err told
ok "... says that UIDs are kept" grep -q 'keep their UIDs' told
ok "every UID and UIDVALIDITY is the same" same ann@a.test
ok "gaps of every width" move bob@a.test
ok "... are kept" same bob@a.test
ok "UIDNEXT is the source's" test "$(state a bob@a.test uidnext)" = \
	"$(state b bob@a.test uidnext)"
ok "no filler is left" test "$(dovecot "$work/b" doveadm search \
	-u bob@a.test all | wc -l)" -eq 8
ok "verify" move ann@a.test verify

# ---- a mail client ---------------------------------------------------------------

# What a client does that was last at the old server, before its last message
# came and the first got a flag.
cat >client.py <<-'PY'
	import sys
	sys.path.insert(0, sys.argv[1])
	from imap_client import Imap
	LOOK = "ENABLE QRESYNC"
	def uids_of(imap):
	    return set(imap.search("ALL"))
	with Imap.at(sys.argv[2]) as old:
	    old.run(LOOK)
	    said = old.run("SELECT INBOX")
	    codes = {w[1].strip("["): w[2].strip("]") for w in said
	             if len(w) > 2 and isinstance(w[1], str)}
	    known = uids_of(old)
	validity, modseq = codes["UIDVALIDITY"], codes["HIGHESTMODSEQ"]
	with Imap.at(sys.argv[3]) as new:
	    new.run(LOOK)
	    said = new.run(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
	    told = {int(w[2][w[2].index("UID") + 1]) for w in said
	            if len(w) > 2 and w[1] == "FETCH"}
	    assert uids_of(new) == known, "other UIDs"
	    assert f"UIDVALIDITY {validity}]" in str(
	        [" ".join(map(str, w)) for w in said]), said
	    assert told == known, (told ^ known, said)
PY
ok "a client goes on, and is told of each message's flags" \
	/usr/bin/python3 client.py "$top/tests/lib" \
	"$(login "$work/a" ann@a.test)" "$(login "$work/b" ann@a.test)"

# ---- the second pass --------------------------------------------------------------

ok "somebody works" does "$work/a/env" ann@a.test 'SELECT INBOX' \
	'COPY 1:3 INBOX' 'STORE 1 +FLAGS (\Flagged)' \
	'STORE 2,5 +FLAGS (\Deleted)' 'EXPUNGE' 'CREATE Later' 'COPY 3:4 Later'
ok "another pass" move ann@a.test
ok "... keeps all UIDs again" same ann@a.test
ok "nothing new" move ann@a.test
ok "... changes nothing" same ann@a.test
modseq=$(state a ann@a.test highestmodseq)
ok "what comes is newer than all that the source had" test \
	"$(state b ann@a.test highestmodseq)" -ge "$modseq"

# ---- what a run that was killed leaves ---------------------------------------------

cat >leave.py <<-'PY'
	import sys
	sys.path.insert(0, sys.argv[1])
	from imap_client import Imap
	with Imap.at(sys.argv[2]) as imap:
	    imap.run('APPEND INBOX (\\Deleted) " 1-Jan-1970 00:00:01 +0000"',
	             b"\r\n")
PY
ok "a filler is left" /usr/bin/python3 leave.py "$top/tests/lib" \
	"$(login "$work/b" bob@a.test)"
apart INBOX 100600
ok "the next pass" move bob@a.test
ok "... takes it away" same bob@a.test

# ---- somebody else's message ---------------------------------------------------------

printf 'Subject: between\r\n\r\nof the new server\r\n' |
	dovecot "$work/b" doveadm save -u ann@a.test -m INBOX
ok "mail comes at both" does "$work/a/env" ann@a.test 'SELECT INBOX' \
	'COPY 1:2 INBOX'
before=$(state a ann@a.test messages)
ok "a pass" move ann@a.test
cp err told
ok "... says which folder has new UIDs, and why" grep -q \
	'INBOX: new UIDs: [0-9]* is another message' told
ok "no client takes one for the other" test \
	"$(state a ann@a.test uidvalidity)" != "$(state b ann@a.test uidvalidity)"
ok "no message is missing" test "$(state b ann@a.test messages)" -eq \
	$((before + 1))
ok "one more pass" move ann@a.test
ok "... copies nothing twice" test "$(state b ann@a.test messages)" -eq \
	$((before + 1))

# ---- a message that is turned down -------------------------------------------------

# uids SERVER ACCOUNT: of its INBOX.
uids() {
	dovecot "$work/$1" doveadm -f flow fetch -u "$2" uid mailbox INBOX
}

inbox=$work/a/mail/a.test/dan/Maildir
mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
long=$(printf 'k%.0s' $(seq 200))
printf '0 %s\n' "$long" >"$inbox/dovecot-keywords"
for n in 1 2 3 4 5 6 7 8 9; do
	flags=S
	[ $n != 4 ] || flags=Sa
	printf 'Subject: %s\n\nletter %s\n' $n $n \
		>"$inbox/cur/100000$n.M1P1.mx:2,$flags"
done
[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$work/a/mail/a.test/dan"
ok "one goes, before" does "$work/a/env" dan@a.test 'SELECT INBOX' \
	'STORE 6 +FLAGS (\Deleted)' 'EXPUNGE'
exits 3 "a message with a keyword that is refused" move dan@a.test
cp err told
ok "... is named" grep -q "INBOX uid 4  keyword $long" told
uids a dan@a.test >expected
uids b dan@a.test >got
ok "... and all keep their UIDs" cmp expected got
ok "... and the folder its UIDVALIDITY" test \
	"$(state a dan@a.test uidvalidity)" = "$(state b dan@a.test uidvalidity)"

# ---- folders with UIDs of their own, and wrong passwords -------------------------------

"$top/tests/lib/imap_world.py" ordinary "$(login "$work/a" eve@a.test)" \
	--messages 10 >out 2>&1 || cat out
over_http() {
exits 14 "a wrong key" move eve@a.test \
	--to-option doveadm-password=file:masterpw
cp err told
ok "... is named" grep -q 'doveadm: the password or key is not taken' told
exits 14 "preflight tries it" move eve@a.test preflight \
	--to-option doveadm-password=file:masterpw
cp out said
ok "... and names it" grep -q \
	'destination  PROBLEM .* doveadm: the password or key is not taken' said
ok "with a user and a password" move eve@a.test --to-option \
	"doveadm=http://doveadm@127.0.0.1:$(port b DOVEADM)" \
	--to-option doveadm-password=file:doveadmpw
cp err told
}

# by DOVEADM [WORD...]: a move of eve's with another doveadm.
by() {
	doveadm=$1
	shift
	move eve@a.test --to-option "doveadm=$doveadm" "$@"
}

# ---- a doveadm of another server ------------------------------------------------------

# every_state: of each folder of fay's, at the old server.
every_state() {
	dovecot "$work/a" doveadm -f flow mailbox status -u fay@a.test \
		'messages uidvalidity uidnext' '*' | sort
}

# refuses_other DOVEADM: it is not the new server's.
refuses_other() {
	every_state >expected
	exits 2 "a doveadm of another server" move fay@a.test \
		--to-option "doveadm=$1"
	cp err told
	ok "... is told" grep -q 'is of another server' told
	every_state >got
	ok "... and changes nothing there" cmp expected got
	ok "... and no mail gets new UIDs" test \
		"$(state b fay@a.test messages)" -eq 0
}

"$top/tests/lib/imap_world.py" ordinary "$(login "$work/a" fay@a.test)" \
	--messages 10 >out 2>&1 || cat out
case $way in
http) refuses_other "http://127.0.0.1:$(port a DOVEADM)" ;;
local) refuses_other "doveadm -c $work/a/dovecot.conf" ;;
esac

# ---- the same, not for long ------------------------------------------------------------

fails_for_now() {
cat >later <<-SH
	#!/bin/sh
	[ "\$2" != update ] || exit 75
	exec $program "\$@"
SH
chmod 755 later
exits 75 "a doveadm that fails for now" move fay@a.test \
	--to-option "doveadm=$work/later"
cp err told
ok "... is named" grep -q 'doveadm could not do it: .*status 75' told
ok "... and no mail gets new UIDs" test "$(state b fay@a.test messages)" -eq 0
exits 14 "what is no doveadm" move fay@a.test --to-option doveadm=/bin/true
cp err told
ok "... is named" grep -q 'is not doveadm' told
exits 14 "preflight sees it" move fay@a.test preflight \
	--to-option doveadm=/bin/true
}
[ "$way" = http ] || fails_for_now
ok "the right one" move fay@a.test
ok "... keeps all UIDs" same fay@a.test

as_program() {
missing='it cannot be run: No such file or directory'
exits 14 "a program that is not there" by "$work/doveadm"
cp err told
ok "... is named" grep -q "doveadm = in bk.conf(5): .*$missing" told
exits 14 "preflight tries it" by "$work/doveadm" preflight
cp out said
ok "... and names it" grep -q "destination  PROBLEM .*$missing" said
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	stranger='/usr/bin/setpriv --reuid nobody --regid nogroup --clear-groups'
	exits 14 "one that may not open the mail" by "$stranger $program"
	cp err told
	ok "... says so" grep -q 'doveadm could not do it: .*User lookup failed.*status 75' \
		told
	exits 14 "... before, too" by "$stranger $program" preflight
	cp out said
	ok "... and what it lacks" grep -q \
		'destination  PROBLEM .*User lookup failed' said
fi
exits 14 "one that does not know the configuration" by 'doveadm -c /nowhere'
cp err told
ok "... says what it lacks" grep -q 'stat(/nowhere) failed: No such file' told
printf '#!/bin/sh\nsleep 600\n' >hangs
chmod 755 hangs
exits 14 "one that hangs is ended" by "$work/hangs" --to-option timeout=8s
cp err told
ok "... and that is said" grep -q 'doveadm: .*: no answer in time' told
ok "nothing was moved" test "$(state b eve@a.test messages)" -eq 1
exits 2 "what is neither is refused" by localhost:8080
cp err told
ok "... with what it could be" grep -q 'neither a URL nor a command' told
if command -v bk-doctor >/dev/null; then
	ok "bk doctor runs it, too" says_of_doveadm 'its doveadm opens the accounts'
	sed "s,^doveadm = .*,doveadm = $work/doveadm," bk.conf >other.conf
	chmod 600 other.conf
	ok "... and names what is wrong" says_of_doveadm "$missing" other.conf
fi
ok "with what the configuration says" move eve@a.test
cp err told
}

# says_of_doveadm WORDS [CONFIG]: what the doctor says of it.
says_of_doveadm() {
	BK_CONFIG="$work/${2:-bk.conf}" bk-doctor -v >said 2>&1
	grep -q "server new: .*$1" said || {
		cat said
		return 1
	}
}

case $way in
http) over_http ;;
local) as_program ;;
esac
ok "a folder with mail keeps its own UIDs, and it is said" grep -q \
	'INBOX: new UIDs: the folder has others already' told
ok "... the rest is moved" grep -q 'keep their UIDs' told

for server in a b; do
	dovecot "$work/$server" stop
done
done_testing
