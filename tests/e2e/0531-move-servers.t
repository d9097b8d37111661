#!/bin/sh
# Moves between two real servers: two domains, passes while mail changes, and a
# verifier that is not ours.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-move dovecot openssl
unset BK_PASSWORD_FILE
export BK_CONFIG="$work/bk.conf"
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
all="ann@a.test bob@a.test eve@b.test"
for server in a b; do
	dovecot "$work/$server" full "$work/pki"
	# shellcheck disable=SC2086 # three addresses
	dovecot "$work/$server" adduser $all
	dovecot "$work/$server" start
done
port() {
	sed -n "s/^$2=//p" "$work/$1/env"
}
(umask 077 && echo pw >pw && echo masterpw >masterpw)
cat >bk.conf <<-CONF
	[server old]
	url = imaps://127.0.0.1:$(port a IMAPS)
	ca = $work/pki/ca.crt
	login = master:master
	password = file:$work/masterpw
	[server new]
	url = imap://127.0.0.1:$(port b IMAP)
	ca = $work/pki/ca.crt
	login = proxy:master
	password = file:$work/masterpw
	connections = 2
CONF
chmod 600 bk.conf
printf '%s\n' ann@a.test bob@a.test eve@b.test >accounts

move() {
	bk-move --from old --to new "$@"
}

# same ADDRESS [ADDRESS]: at both servers.
same() {
	"$top/tests/lib/same_mail.py" --without acl,metadata,special-use \
		"$(login "$work/a" "$1")" "$(login "$work/b" "${2:-$1}")" >said
}

does() {
	"$top/tests/lib/imap_client.py" "$@" >does.out 2>&1
}

for address in $all; do
	"$top/tests/lib/imap_world.py" ordinary "$(login "$work/a" "$address")" \
		--messages 40 --seed "${#address}" >out 2>&1 || cat out
done

# ---- the first pass ------------------------------------------------------------

ok "preflight" move preflight --accounts accounts
cp out said
ok "... finds nothing in the way" test "$(grep -c ' both *ok ' said)" -eq 3
ok "plan" move plan --accounts accounts --domains b.test
cp out said
ok "... is about that domain alone" test \
	"$(grep -c '@a.test' said)" -eq 0 -a "$(grep -c '^eve@b.test ' said)" -gt 5
ok "a domain" move --accounts accounts --domains a.test
cp out said
ok "... has two accounts" grep -q '2 moved, 0 left | 80 messages: 80 copied' said
ok "all of them" move --accounts accounts --jobs 2
cp out said
ok "... but what is there" grep -q '120 messages: 40 copied, 80 there already' said
for address in $all; do
	ok "$address is the same there" same "$address"
done
ok "verify" move verify --accounts accounts
cp out said
ok "... says so" grep -q ': no difference' said

# ---- passes --------------------------------------------------------------------

ok "somebody works" does "$work/a/env" bob@a.test 'SELECT INBOX' \
	'STORE 1 +FLAGS (\Flagged hurry)' 'STORE 2 +FLAGS (\Deleted)' 'EXPUNGE' \
	'CREATE Later' 'COPY 3:4 Later' 'SUBSCRIBE Later'
ok "another pass" move --accounts accounts
cp out said
ok "... copies what is new" grep -q '121 messages: 2 copied, ' said
ok "... and takes away what is gone" grep -q ' 1 taken away' said
ok "bob is the same there" same bob@a.test
ok "verify" move verify --accounts accounts
ok "nothing new" move --accounts accounts
cp out said
ok "... is copied" grep -q '121 messages: 0 copied, 121 there already' said

ok "a folder gets another UIDVALIDITY" dovecot "$work/a" doveadm mailbox update \
	-u bob@a.test --uid-validity 1234567 INBOX
ok "... its mail is known by its content" move --accounts accounts
cp out said
ok "... nothing is copied again" grep -q \
	'121 messages: 0 copied, 121 there already, 0 flags set, 0 taken away' said
ok "... bob is the same there" same bob@a.test
ok "... verify agrees" move verify --accounts accounts

ok "one message goes there" does "$work/b/env" ann@a.test 'SELECT INBOX' \
	'STORE 1 +FLAGS (\Deleted)' 'EXPUNGE'
exits 17 "verify notices it" move verify --accounts accounts
cp out said
ok "... in a line" grep -qE '^ann@a.test +INBOX +[0-9]+ +missing' said
ok "... that programs understand" sh -c "bk-move --from old --to new verify \
	--accounts accounts --json | grep -q '\"type\":\"difference\",\"account\":\"ann@a.test\",\"folder\":\"INBOX\"'"

# ---- who is not let in ----------------------------------------------------------

printf '%s\n' ann@a.test nobody@a.test eve@b.test >some
exits 3 "an account that neither knows" move --accounts some
cp err told
ok "... is named, with what to do" grep -q 'bk move preflight --from old --to new --accounts some --account nobody@a.test' told
exits 16 "a wrong password at the source" move --account ann@a.test \
	--from-option password=file:pw
exits 14 "... at the destination" move --account ann@a.test \
	--to-option password=file:pw
exits 3 "preflight tells of both" move preflight --accounts some
cp out said
ok "... which one" grep -qE '^nobody@a.test +source +PROBLEM ' said

# ---- passwords of their own, other names, and a Maildir --------------------------

dovecot "$work/b" adduser anna@b.test
printf 'source;destination;source password;destination password\n' >table
printf 'ann@a.test;anna@b.test;pw;pw\n' >>table
chmod 600 table
until does "$work/b/env" anna@b.test NOOP; do
	sleep 0.1
done
ok "each by its own password, into another account" move --accounts table \
	--from-option login=user --to-option login=user
ok "... is the same there" same ann@a.test anna@b.test
ok "one account by its URL alone" bk-move -c /dev/null \
	--from "imaps://bob%40a.test@127.0.0.1:$(port a IMAPS)" \
	--to "imap://bob%40a.test@127.0.0.1:$(port b IMAP)" \
	--from-option password=file:pw --from-option "ca=$work/pki/ca.crt" \
	--to-option password=file:pw --to-option "ca=$work/pki/ca.crt"
cp out said
ok "... whose mail is known by its content" grep -q \
	'1 moved, 0 left | 41 messages: 0 copied, 41 there already' said
ok "from a server into a Maildir" bk-move --from old --account eve@b.test \
	--to "maildir:$work/tree/%d/%n/Maildir"
cp out said
ok "... all of it" grep -q '1 moved, 0 left | 40 messages: 40 copied' said
ok "and verify compares them" bk-move verify --from old --account eve@b.test \
	--to "maildir:$work/tree/%d/%n/Maildir"
ok "from a Maildir into a server, below a folder" bk-move \
	--from "maildir:$work/tree/%d/%n/Maildir" --to new --into Back
cp out said
ok "... all of it" grep -q '1 moved, 0 left | 40 messages: 40 copied' said
ok "and verify compares them" bk-move verify --no-extra --into Back \
	--from "maildir:$work/tree/%d/%n/Maildir" --to new
dovecot "$work/a" stop
exits 16 "the source is down" timeout 100 bk-move preflight --from old --to new \
	--account ann@a.test
done_testing
