#!/bin/sh
# Labels, as Gmail has them: one message is in several folders and in All Mail. A
# scripted server has them here, at either end.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move bk-backup bk-init bk-list bk-restore dovecot openssl
cd "$work" || exit 1

ann=ann@a.test
bob=bob@a.test
two_servers $ann $bob
mkfifo stdin
exec 6<>stdin
# gmail NAME MAIL...: a server, as tests/lib/gmail_imap.py has it, and its section.
gmail() {
	name=$1
	shift
	mkdir "$name"
	"$top/tests/lib/gmail_imap.py" "$name/env" "$@" <stdin >"$name/out" 2>&1 \
		6>&- 7>&- 8>&- &
	until [ -s "$name/env" ]; do
		kill -0 $! || return
		sleep 0.02
	done
	section "$name" "$(port_of "$name")"
	echo 'allow-cleartext = yes' >>"$BK_CONFIG"
}

# has SERVER ACCOUNT: its folders are as stdin says.
has() {
	cat >wanted
	"$top/tests/lib/imap_subjects.py" "$(at "$1" "$2")" >found &&
		diff wanted found >differs && return
	sed 's/^/# /' found differs
	return 1
}

# read_of SERVER: what was read of it since the last look.
read_of() {
	cat "$1/env.read" >"read.$1"
	: >"$1/env.read"
	sort "read.$1"
}

ok "a server with labels" gmail g \
	lunch:Inbox,Important plan:Inbox,Work,Starred,Work/R\&AO8-n \
	old: star:Starred answer:Sent,Work secret:Hidden draft:Draft \
	gone:Trash junk:Spam

# ---- from it ------------------------------------------------------------------

ok "what a move would do" eval "bk-move plan --from g --to b --account $ann >plan"
row() {
	tr -s ' ' <plan | grep -qF "$1"
}
ok "... with what is in no other folder as an archive" \
	row 'Alle Nachrichten Archive the rest \All 3'
ok "... and without folders that show others' mail" row 'Wichtig a view \Important 1'
ok "... a label is a folder" row ' Work Work new 2'
ok "preflight counts each message once in each folder" \
	eval "bk-move preflight --from g --to b --account $ann --json >flight"
ok "..." grep -q '"messages":12' flight
read_of g >none.read
ok "a move" bk-move --from g --to b --account $ann
ok "... has each message in the folders of its labels, and the rest in one" \
	has b $ann <<-END
	Archive old, secret, star
	INBOX lunch, plan
	Work answer, plan
	Work/Rïn plan
	[Gmail]/Entwürfe draft
	[Gmail]/Gesendet answer
	[Gmail]/Papierkorb gone
	[Gmail]/Spam junk
	END
read_of g >now.read
exits 1 "... read none of them in All Mail besides" \
	grep -E 'Alle Nachrichten (lunch|plan|answer|draft)' now.read
ok "... but each of the rest, once" eval \
	"[ \"\$(grep -c 'Alle Nachrichten' now.read)\" -eq 3 ]"
ok "... and there is no difference" bk-move verify --from g --to b --account $ann
ok "again" bk-move --from g --to b --account $ann
read_of g >now.read
exits 1 "... and nothing is read" grep . now.read

# in_folder FOLDER SUBJECT COMMAND...: somebody works there; N is the message's UID.
in_folder() {
	folder=$1
	uid=$("$top/tests/lib/imap_subjects.py" "$(at g $ann)" "$1" "$2") || return
	shift 2
	for command; do
		set -- "$@" "$(echo "$command" | sed "s/ N / $uid /")"
		shift
	done
	does g $ann "SELECT \"$folder\"" "$@" NOOP
}
ok "somebody archives one" in_folder INBOX lunch 'UID STORE N +FLAGS (\Deleted)' \
	EXPUNGE
ok "... gives an archived one a label" \
	in_folder '[Gmail]/Alle Nachrichten' old 'UID COPY N Work'
ok "the next pass" bk-move --from g --to b --account $ann
ok "... knows where both went" has b $ann <<-END
	Archive lunch, secret, star
	INBOX plan
	Work answer, old, plan
	Work/Rïn plan
	[Gmail]/Entwürfe draft
	[Gmail]/Gesendet answer
	[Gmail]/Papierkorb gone
	[Gmail]/Spam junk
	END
ok "... and there is no difference" bk-move verify --from g --to b --account $ann
ok "one of the rest goes at the destination" does b $ann 'SELECT Archive' \
	'STORE 1 +FLAGS (\Deleted)' EXPUNGE
exits 17 "... which is a difference" bk-move verify --from g --to b --account $ann

# While a pass runs somebody gives an archived one a label: its folder was looked
# at before, and what no other folder shows is listed after.
archived() {
	"$top/tests/lib/imap_subjects.py" "$(at b $ann)" >found
	grep -qx "$1" found
}
echo 'secret Work' >g/env.then
ok "a pass while another one gets a label" bk-move --from g --to b --account $ann
ok "... which was seen" test ! -e g/env.then
ok "... leaves it where it is until it is seen elsewhere" \
	archived 'Archive lunch, secret, star'
ok "... which the next one does" bk-move --from g --to b --account $ann
ok "..." archived 'Archive lunch, star'
ok "..." archived 'Work answer, old, plan, secret'
ok "... and there is no difference" bk-move verify --from g --to b --account $ann

printf '%s,%s\n' $ann $bob >accounts
ok "who wants all of it" bk-move --from g --to b --accounts accounts --views
"$top/tests/lib/imap_subjects.py" "$(at b $bob)" >found
ok "... has each message in All Mail, too" grep -qx \
	'\[Gmail\]/Alle Nachrichten answer, draft, lunch, old, plan, secret, star' found
ok "... and in what shows others' mail" grep -qx '\[Gmail\]/Wichtig lunch' found
ok "... without a difference" bk-move verify --from g --to b --accounts accounts \
	--views
ok "a rule is for the rest, too" eval "bk-move plan --from g --to b --account $ann \
	--map '[Gmail]/Alle Nachrichten=Old' >plan && row 'Old the rest'"

# ---- to it ---------------------------------------------------------------------

ok "mail of another server" does a $bob 'CREATE Work' 'CREATE Sent' \
	"APPEND INBOX $(message '\Seen' tea)" "APPEND Work $(message '\Seen' tea)" \
	"APPEND Work $(message '' twice)" "APPEND Work $(message '' twice)" \
	"APPEND Sent $(message '' reply)"
ok "a server with labels and no mail" gmail e
ok "it is moved there" bk-move --from a --to e --account $bob
ok "... and what was in two folders has two labels" has e $bob <<-END
	INBOX tea
	Work tea, twice
	[Gmail]/Alle Nachrichten reply, tea, twice
	[Gmail]/Gesendet reply
	END
bk-move verify --from a --to e --account $bob >differs
ok "... what was twice in one is there once, as verify says" \
	eval "tr -s ' ' <differs | grep -c ' Work [0-9]* missing' | grep -qx 1"
exits 1 "... and All Mail is nothing that is too much" grep extra differs
# nothing_new FROM TO ACCOUNT: two passes find nothing, nor does a look.
nothing_new() {
	for how in '' '' --dry-run; do
		# shellcheck disable=SC2086 # words
		bk-move --from "$1" --to "$2" --account "$3" --json $how >pass &&
			grep -q '"type":"summary".*"new":0,' pass || return
	done
}
ok "... and nothing is copied again" nothing_new a e $bob
file_route
echo source >route.$bob
ok "a cutover to one of its kind" gmail k
ok "... ends" env BK_STATE_DIR="$work/state-of-k" bk-move --from a --to k \
	--account $bob --stages data,account
ok "... there" grep -qx destination route.$bob
ok "one of the two goes" does a $bob 'SELECT Work' 'STORE 2 +FLAGS (\Deleted)' EXPUNGE
ok "the next pass" bk-move --from a --to e --account $bob
ok "... leaves the one that there is" has e $bob <<-END
	INBOX tea
	Work tea, twice
	[Gmail]/Alle Nachrichten reply, tea, twice
	[Gmail]/Gesendet reply
	END
ok "... and no difference" bk-move verify --from a --to e --account $bob
ok "... and nothing is copied again" nothing_new a e $bob

# ---- from one to another ----------------------------------------------------------

ok "a third one" gmail h
ok "labels go to labels" bk-move --from g --to h --account $ann
ok "... an archived one is archived there" has h $ann <<-END
	INBOX plan
	Work answer, old, plan, secret
	Work/Rïn plan
	[Gmail]/Alle Nachrichten answer, draft, lunch, old, plan, secret, star
	[Gmail]/Entwürfe draft
	[Gmail]/Gesendet answer
	[Gmail]/Papierkorb gone
	[Gmail]/Spam junk
	END
ok "... without a difference" bk-move verify --from g --to h --account $ann

sed 's/^Work .*/&, star/' wanted >found.g
ok "one whose section alone wants all of it" gmail v
sed -i 's/^\[server v\]$/&\nviews = yes/' "$BK_CONFIG"
ok "... has it" bk-move --from g --to v --account $ann
ok "... once" nothing_new g v $ann

# ---- a backup ------------------------------------------------------------------

cat >>"$BK_CONFIG" <<-CONF
	[store labels]
	type = imap
	server = g
	accounts-file = $work/who.list
CONF
echo $ann >who.list
new_repository repo
read_of g >none.read
echo 'star Work' >g/env.then
ok "a backup, while one gets a label" bk-backup -r repo labels
ok "... which was seen" test ! -e g/env.then
read_of g >now.read
exits 1 "... reads none of them in All Mail besides" \
	grep -E 'Alle Nachrichten (plan|answer|draft|old)|Markiert|Wichtig' now.read
bk-list -r repo latest $ann >list
ok "... has what no other folder shows as that" eval \
	"tr -s ' ' <list | grep -q '^\\[Gmail\\]/Alle Nachrichten 1 1 '"
exits 1 "... and no folder that shows others' mail" grep -E 'Markiert|Wichtig' list
ok "a server to bring it back to" gmail i
ok "it is brought back" bk-restore -r repo latest --account $ann --to i
ok "... with its labels, archived where it was" has i $ann <found.g

done_testing
