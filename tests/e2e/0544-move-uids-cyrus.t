#!/bin/sh
# Moves to a Cyrus whose administrator logs in: UIDs and UIDVALIDITY are kept
# through its replication, pass after pass.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl
need_cyrus
cd "$work" || exit 1

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/a" full "$work/pki"
dovecot "$work/a" adduser ann@a.test bob@a.test eve@a.test
dovecot "$work/a" start
section a "$(port_of a)"
cyrus "$work/c" new "$work/pki"
echo 'munge8bit: no' >"$work/c/local.conf"
cyrus "$work/c" start
cyrus "$work/c" adduser ann@a.test bob@a.test eve@a.test
section plain "$(port_of c)"
section c "$(port_of c)"
cat >>"$BK_CONFIG" <<-CONF
	login = proxy:cyrus
	keep-uids = syncapply
CONF

move() {
	bk-move --from a --to c --account "$@"
}

# alike ACCOUNT: at both servers, UIDs and all.
alike() {
	same --uids "$(at a "$1")" "$(at c "$1")" >said && return
	sed "s,^,# ," said
	return 1
}

# apart BOX UID...: messages of bob's with these UIDs alone, at the old server.
apart() {
	box=$1
	shift
	[ "$box" = INBOX ] || dovecot "$work/a" doveadm mailbox create \
		-u bob@a.test "$box"
	for uid; do
		does a bob@a.test 'EXAMINE INBOX'
		dovecot "$work/a" doveadm mailbox update -u bob@a.test \
			--min-next-uid "$uid" "$box"
		printf 'From: a\r\nSubject: %s\r\n\r\nthe one with %s\r\n' \
			"$uid" "$uid" | dovecot "$work/a" doveadm save \
			-u bob@a.test -m "$box"
	done
}

ok "an account" makes ordinary "$(at a ann@a.test)" --messages 40
ok "mail goes, before" does a ann@a.test 'SELECT INBOX' \
	'STORE 2:4,6 +FLAGS (\Deleted)' 'EXPUNGE'
apart INBOX 3 4 6 207 409 100410
apart Far 500
apart 'v1 (x)' 7

ok "a move" move ann@a.test
cp out said
cp err told
ok "... says that UIDs are kept" grep -q 'keep their UIDs' told
ok "every UID and UIDVALIDITY is the same" alike ann@a.test
ok "gaps of every width" move bob@a.test
ok "... are kept" alike bob@a.test
ok "verify" move ann@a.test verify --bodies

ok "somebody works" does a ann@a.test 'SELECT INBOX' \
	'COPY 1:3 INBOX' 'STORE 1 +FLAGS (\Flagged)' \
	'STORE 2,5 +FLAGS (\Deleted)' 'EXPUNGE' 'CREATE Later' 'COPY 3:4 Later'
ok "another pass" move ann@a.test
ok "... keeps all UIDs again" alike ann@a.test
modseq() {
	"$top/tests/lib/imap_logins.py" --command \
		'STATUS INBOX (HIGHESTMODSEQ)' "$(port_of "$1")" ann@a.test pw |
		sed -n 's/.*(HIGHESTMODSEQ \([0-9]*\)).*/\1/p'
}
ok "all of it is newer than what the source had" test \
	"$(modseq c)" -ge "$(modseq a)"
ok "nothing new" move ann@a.test
ok "... changes nothing" alike ann@a.test

ok "somebody else's message" does c ann@a.test \
	"APPEND INBOX $(message '' between)"
ok "mail comes at both" does a ann@a.test 'SELECT INBOX' 'COPY 1:2 INBOX'
ok "a pass" move ann@a.test
cp err told
ok "... says which folder has new UIDs, and why" grep -q \
	'INBOX: new UIDs: [0-9]* is another message' told
ok "one more pass" move ann@a.test
cp out pass
ok "... copies nothing" grep -q ": 0 copied" pass

ok "mail" does a eve@a.test "APPEND INBOX $(message '\Seen' one)"
ok "a login that is no administrator's" bk-move --from a --to plain \
	--account eve@a.test --to-option keep-uids=syncapply
cp err told
ok "... is told, and the mail goes" grep -q \
	'INBOX: new UIDs: the login is no administrator' told
exits 2 "another way" move eve@a.test --to-option keep-uids=yes

dovecot "$work/a" stop
cyrus "$work/c" stop
done_testing
