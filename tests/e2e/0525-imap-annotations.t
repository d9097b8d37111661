#!/bin/sh
# Annotations that accounts on mail servers have (RFC 5464, the mailbox "") and
# those of folders: in each set, brought back as they were, and named where they
# cannot be.  What is there is asked by Python's imaplib.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk bk-init bk-backup bk-list bk-restore bk-check bk-move dovecot openssl python3
need_cyrus
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test
bob=bob@a.test

"$top/tests/servers/pki" "$work/pki"
printf '%s\n' $ann $bob >people
(umask 077 && echo masterpw >masterpw)
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser $ann $bob
# section_of NAME LOGIN SECRET: one that reads no scripts.
section_of() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port_of "$1")
	ca = $work/pki/ca.crt
	login = proxy:$2
	password = file:$work/$3
	accounts-file = $work/people
	sieve = no
	[store at-$1]
	type = imap
	server = $1
	CONF
}
for server in a b d; do
	dovecot "$work/$server" full "$work/pki"
	dovecot "$work/$server" adduser $ann $bob
	dovecot "$work/$server" start
	section_of $server master masterpw
done
section_of c cyrus pw
new_repository repo

# says SERVER COMMAND [ACCOUNT]
says() {
	"$top/tests/lib/imap_logins.py" --command "$2" "$(port_of "$1")" \
		"${3:-$ann}" pw >said || {
		sed 's/^/# /' said
		return 1
	}
}
has() { # SERVER ENTRY VALUE [ACCOUNT]
	says "$1" "GETMETADATA \"\" ($2)" "${4:-$ann}" &&
		tr -d '\r\n"{}' <said | grep -qF -- "$3"
}
lacks() { # SERVER ENTRY
	says "$1" "GETMETADATA \"\" ($2)" && ! grep -v NIL said | grep -F "$2"
}

# told REGEX: the last command that was no question did.
told() {
	grep -qE -e "$1" told || {
		sed 's/^/# /' told
		return 1
	}
}

says a 'SETMETADATA "" (/private/comment "of Ann" /private/vendor/x/y "y" /shared/vendor/x/s "s")'
says a 'SETMETADATA "" (/private/comment "of Bob")' $bob
does a $ann "APPEND INBOX $(message '' one)" 'CREATE Work' \
	'SETMETADATA Work (/private/comment "of Work")'
does a $bob "APPEND INBOX $(message '' two)"

ok "a full set" bk-backup at-a --full
first=$(bk-list | awk '/-f/ { print $1 }' | tail -n 1)
ok "... to another server" bk-restore latest --store at-a --to at-b
cat out err >told
ok "... tells how many" told 'account annotations: 4 restored, 0 already there, 0 not'
ok "... one's" has b /private/comment 'of Ann'
ok "... all of them" has b /private/vendor/x/y y
ok "... that are shared, too" has b /shared/vendor/x/s s
ok "... the other's" has b /private/comment 'of Bob' $bob
says b 'GETMETADATA Work /private/comment'
ok "... and those of folders" grep -q 'of Work' said
ok "once more" bk-restore latest --store at-a --to at-b
cat out err >told
ok "... all is there" told 'account annotations: 0 restored, 4 already there'

says b 'SETMETADATA "" (/private/comment "mine" /private/vendor/x/y NIL /private/vendor/own "o")'
exits 3 "where somebody has made another one of it" \
	bk-restore latest --store at-a --to at-b
cat out err >told
ok "... which is told" told 'annotation /private/comment.*--replace overwrites it'
ok "... it stays" has b /private/comment mine
ok "... what lacked comes back" has b /private/vendor/x/y y
ok "--replace" bk-restore latest --store at-a --to at-b --replace
ok "... overwrites it" has b /private/comment 'of Ann'
ok "... and takes nothing away" has b /private/vendor/own o

# ---- what the next set has ---------------------------------------------------------

says a 'SETMETADATA "" (/private/comment "of Ann, later" /private/vendor/x/y NIL)'
ok "a differential, of nothing but that" bk-backup at-a --differential
ok "... to a third server" bk-restore latest --store at-a --to at-d
ok "... what changed" has d /private/comment 'of Ann, later'
ok "... not what is gone" lacks d /private/vendor/x/y
ok "... the others" has d /private/comment 'of Bob' $bob
ok "the first set has what was" bk-restore "$first" --store at-a --to at-d --replace
ok "... one" has d /private/comment 'of Ann'
ok "... and another" has d /private/vendor/x/y y
ok "the sets are whole" bk-check --read-data
cat out err >told
"$top/tests/servers/dovecot" "$work/a" stop
echo 'mail_attribute_dict = proxy:/nonexistent:metadata' >a/local.conf
dovecot a start
does a $ann "APPEND INBOX $(message '' three)"
exits 3 "a server that cannot tell of them" \
	bk-backup at-a --differential
cat out err >told
ok "... which is told" told 'account annotations.*kept as the previous set has them'
says d 'SETMETADATA "" (/private/comment NIL)'
ok "... keeps what it was told before" bk-restore latest --store at-a --to at-d
ok "... so that it comes back" has d /private/comment 'of Ann, later'

# ---- elsewhere ---------------------------------------------------------------------

exits 3 "to a Cyrus, which shares some with all" bk-restore "$first" --store at-a --to at-c
cat out err >told
ok "... which it does not let him change" told 'annotation /shared/vendor/x/s.*not restored'
ok "... the others come" has c /private/comment 'of Ann'
ok "... to both" has c /private/comment 'of Bob' $bob
ok "a set of it" bk-backup at-c --full
ok "... brings them back" bk-restore latest --store at-c --to at-b --replace
ok "... and not what is the server's" lacks b /private/vendor/cmu/cyrus-imapd/usermodseq
mkdir tree
ok "to Maildirs" bk-restore "$first" --store at-a --to "maildir:$work/tree/%n"
cat out err >told
ok "... it is said what cannot be there" told 'ann@a.test: not possible here: annotation /private/comment, annotation /private/vendor/x/y, annotation /shared/vendor/x/s'
ok "... of each account" told 'bob@a.test: not possible here: annotation /private/comment'
ok "... with how many" told 'account annotations: 0 restored, 0 already there, 4 not restored'
ok "a dry run says so, too" bk-restore "$first" --store at-a --to "maildir:$work/tree/%n" -n
cat out err >told
ok "... before" told 'and 4 annotations of 2 accounts, which the destination does not take'
done_testing
