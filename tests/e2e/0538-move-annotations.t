#!/bin/sh
# Annotations that an account itself has (RFC 5464, the mailbox ""), as it moves:
# they come as scripts do, changed only where the source's changed since, and what
# the other server does not take is told one by one.  What is there is asked by
# Python's imaplib.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl python3
need_cyrus
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test

two_servers $ann bob@a.test
# One without annotations, and one with rules of its own.
dovecot "$work/d" full "$work/pki"
dovecot "$work/d" adduser $ann
cat >d/local.conf <<-'CONF'
imap_metadata = no
imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ UIDPLUS MULTIAPPEND CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE NAMESPACE ESEARCH QUOTA MOVE UNSELECT
CONF
dovecot d start
section d "$(port_of d)"
cyrus "$work/c" new "$work/pki"
cyrus "$work/c" start
cyrus "$work/c" adduser $ann bob@a.test
section c "$(port_of c)"

# says SERVER COMMAND [ACCOUNT]: what the server answers, in `said`.
says() {
	"$top/tests/lib/imap_logins.py" --command "$2" "$(port_of "$1")" \
		"${3:-$ann}" pw >said || {
		sed 's/^/# /' said
		return 1
	}
}

# has SERVER ENTRY VALUE: so it is there.
has() {
	says "$1" "GETMETADATA \"\" ($2)" && tr -d '\r\n"{}' <said | grep -qF -- "$3"
}

# lacks SERVER ENTRY...
lacks() {
	server=$1
	shift
	for entry; do
		says "$server" "GETMETADATA \"\" ($entry)" || return
		! grep -vE "NIL|OK" said | grep -F "$entry" || return
	done
}

puts() { # SERVER ENTRY VALUE: a quoted one, or NIL
	says "$1" "SETMETADATA \"\" ($2 $3)"
}

# moves FROM TO OPTION...: what it says is in `told`.
moves() {
	from=$1
	to=$2
	shift 2
	bk-move --from "$from" --to "$to" --account $ann "$@" >out 2>told
	status=$?
	sed 's/^/# /' told
	return $status
}

verify() {
	bk-move verify --from "$1" --to "$2" --account $ann >table
	status=$?
	tr -s ' ' <table >differs
	return $status
}

# row FROM TO BECAME NUMBER [WHY]: the report has it, of the account.
row() {
	bk-move report --from "$1" --to "$2" --json >rows
	python3 - "$3" "$4" "${5:-}" <<'PYTHON'
import json, sys
became, number, why = sys.argv[1:]
rows = [json.loads(line) for line in open("rows")]
rows = [row for row in rows if row.get("what") == "account annotations"]
print("#", rows)
sys.exit(not any(row["became"] == became and row["number"] == int(number) and
                 why in (row.get("why") or "") for row in rows))
PYTHON
}

# ---- between two of a make ---------------------------------------------------------

long=$(printf '%0600d' 7)
ok "an account with annotations" puts a /private/comment '"of Ann"'
ok "... in other letters" puts a /Private/Vendor/Kolab/Color '"f00"'
ok "... that are empty, long, and have quotes" says a \
	"SETMETADATA \"\" (/private/filters/values/a \"\" /shared/vendor/x/long \"$long\" /private/vendor/x/q \"a \\\"b\\\" \\\\\")"
ok "... and one of the INBOX, which is another" says a \
	'SETMETADATA INBOX (/private/comment "of the INBOX")'
does a $ann "APPEND INBOX $(message '' one)"
ok "a dry run" moves a b --dry-run
ok "... says what is to move" grep -q 'account annotations: 5 to move' told
ok "... and moves none" lacks b /private/comment
ok "they move" moves a b
ok "... which is told" grep -q 'account annotations: 5 moved' told
ok "... they are there" has b /private/comment 'of Ann'
ok "... in small letters" has b /private/vendor/kolab/color f00
ok "... one without a value too" has b /private/filters/values/a \
	'/private/filters/values/a 0'
ok "... a long one" has b /shared/vendor/x/long "$long"
ok "... one with quotes" has b /private/vendor/x/q "a b \\\\"
ok "... and it is in the report" row a b moved 5
ok "... no difference" verify a b

# ---- later passes ------------------------------------------------------------------

ok "nothing new" moves a b
exits 1 "... nothing is told" grep annotation told
ok "... the report is as it was" row a b moved 5
puts a /private/comment '"of Ann now"'
puts a /private/vendor/x/q NIL
exits 17 "changes at the source are differences" verify a b
ok "... one" grep -q 'different annotation /private/comment' differs
ok "... another" grep -q 'extra annotation /private/vendor/x/q' differs
ok "the next pass" moves a b
ok "... brings what changed" has b /private/comment 'of Ann now'
ok "... takes away what is gone" lacks b /private/vendor/x/q
ok "... and tells of those alone" grep -q '1 moved, 1 taken away' told
puts b /private/comment '"mine"'
puts b /shared/vendor/x/long NIL
puts b /private/vendor/y/own '"mine too"'
puts a /private/vendor/kolab/color '"0f0"'
ok "after people were at the destination" moves a b
ok "... what they did not touch comes" has b /private/vendor/kolab/color 0f0
ok "... what they changed stays" has b /private/comment mine
ok "... what they took away stays away" lacks b /shared/vendor/x/long
ok "... what they made stays" has b /private/vendor/y/own 'mine too'
puts a /private/comment '"of Ann again"'
ok "... where both changed one, theirs stays" moves a b
ok "... as it is" has b /private/comment mine
ok "... and that is told" grep -q 'annotation /private/comment: it was changed at both ends' told
ok "... and in the report" row a b skipped 1 'changed at both ends'
exits 17 "... and a difference" verify a b

# ---- who was there before ----------------------------------------------------------

says a 'SETMETADATA "" (/private/comment "source" /private/vendor/x/y "same")' bob@a.test
says b 'SETMETADATA "" (/private/comment "there" /private/vendor/x/y "same")' bob@a.test
does a bob@a.test "APPEND INBOX $(message '' one)"
ok "an account that had some" bk-move --from a --to b --account bob@a.test
ok "... keeps its own" says b 'GETMETADATA "" (/private/comment)' bob@a.test
ok "... as they were" grep -q there said

# ---- where it cannot be ------------------------------------------------------------

puts a /private/vendor/x/long "\"$long\""
ok "to a server that has none" moves a d
ok "... told" grep -q 'account annotations: not possible here, the destination has none' told
ok "... each" row a d 'not possible here' 1 'annotation /private/comment: the destination has none'
ok "... of them" row a d 'not possible here' 1 'annotation /shared/vendor/x/long'
ok "the next pass" moves a d
exits 1 "... is silent about it" grep annotation told
ok "... the report is not" row a d 'not possible here' 1 'annotation /private/comment'
ok "to a Cyrus" moves a c
ok "... those of the account come" has c /private/comment 'of Ann again'
ok "... those that it shares with all do not, in its words" \
	grep -qi 'annotation /shared/vendor/x/long: not possible here:.*denied' told
ok "... the report has both" row a c 'not possible here' 1 /shared/vendor/x/long
ok "... one without a value, which a Cyrus takes for none" \
	row a c 'not possible here' 1 '/private/filters/values/a: not possible here: without'
ok "... and those that came" row a c moved 3
exits 17 "... which is a difference" verify a c
ok "... as are these two alone" [ "$(grep -c annotation differs)" -eq 2 ]
ok "the next pass" moves a c
exits 1 "... does not ask again" grep annotation told
ok "--full does" moves a c --full
ok "... and is told so again" grep -qi 'long: not possible here:.*denied' told

# ---- from a Cyrus ------------------------------------------------------------------

"$top/tests/lib/imap_logins.py" --command \
	'SETMETADATA "" (/shared/comment "of the server" /shared/vendor/x/all "all")' \
	"$(port_of c)" cyrus pw >said
ok "an account on a Cyrus, which shares some with all" has c /shared/vendor/x/all all
puts c /private/vendor/z/cyr '"from Cyrus"'
dovecot "$work/e" full "$work/pki"
dovecot "$work/e" adduser $ann
dovecot e start
section e "$(port_of e)"
ok "moves to a Dovecot" moves c e
ok "... with its own" has e /private/vendor/z/cyr 'from Cyrus'
ok "... and no other" lacks e /shared/vendor/x/all /private/vendor/cmu/cyrus-imapd/usermodseq
ok "... no difference" verify c e

# ---- cut off -----------------------------------------------------------------------

done_testing
