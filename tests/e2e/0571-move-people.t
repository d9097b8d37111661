#!/bin/sh
# People are told, by a mail each, before their account is held and after it has
# moved: through the front that their mail comes through, and never twice, also
# when a cutover is undone, killed, or killed while the mail goes.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test
bob=bob@b.test
eve=eve@b.test
leda=leda@a.test

ok "two servers, a proxy and a Postfix run" front_up $ann $bob $eve $leda
front_sections
file_route
cat >>"$BK_CONFIG" <<-CONF
	[notify]
	from = bk@mx1.test
	users-from = help@a.test
	users-before = $work/before.txt
	via = sendmail:$work/sendmail
CONF
cp "$BK_CONFIG" servers
printf 'Subject: %%n moves to %%t\r\n\r\nWhen: %%w, %%%%.\r\n%%u from %%s\r\n' \
	>before.txt
: >route.log

# move ACCOUNT OPTION...
move() {
	account=$1
	shift
	bk-move --from a --to b --account "$account" --stages data,account "$@"
}

# has SERVER ACCOUNT SUBJECT...: these mails are in its INBOX, once each.
has() {
	server=$1 account=$2
	shift 2
	printf '%s\n' "$@" | sort -n >want
	for _ in $(seq 100); do
		subjects "$server" "$account" >have
		[ "$(wc -l <have)" -lt "$(wc -l <want)" ] || break
		sleep 0.1
	done
	diff want have
}

# ---- through the front -----------------------------------------------------------

before="ann moves to b"
after="Your mailbox $ann has moved"
exits 0 "an account moves, and nobody is told" move $bob --route logins,mail \
	--front front
ok "... which is so" test ! -e state/move-*/letters
ok "with mails" move $ann --route logins,mail --front front \
	--notify-users before,after
ok "... both are there, where it lives now" has b $ann "$before" "$after"
ok "... sent by whom the configuration says" grep -rqx "From: help@a.test" \
	b/mail/a.test/ann/Maildir
ok "... with the text of the file" grep -rq 'ann@a.test from a' \
	b/mail/a.test/ann/Maildir
ok "another run" move $ann --route logins,mail --front front \
	--notify-users before,after
ok "... tells nobody twice" has b $ann "$before" "$after"
ok "who moved before has no mail about it either" move $bob \
	--route logins,mail --front front --notify-users after
ok "... none" test -z "$(subjects b $bob)"

# ---- told long before ------------------------------------------------------------

exits 0 "who would be told" bk-move announce --from a --to b --account $eve \
	--front front -n
says_like '.*1 of 1 people would be told'
ok "... is not" test -z "$(subjects a $eve)"
ok "announced" bk-move announce --from a --to b --account $eve \
	--front front --cutover-at 2099-11-30T22:00
ok "... in the mailbox" has a $eve "eve moves to b"
ok "... with the time" grep -rq 'When: 2099-11-30 22:00, %' \
	a/mail/b.test/eve/Maildir
exits 0 "nobody would be told again" bk-move announce --from a --to b \
	--account $eve --front front -n
says_like '.*0 of 1 people would be told'
ok "announced again" bk-move announce --from a --to b --account $eve \
	--front front
ok "... she has one" has a $eve "eve moves to b"

# ---- a route that fails, and who is killed ----------------------------------------

cat >sendmail <<'SCRIPT'
#!/bin/sh
cd "$(dirname "$0")" || exit
[ ! -e sendmail.fails ] || exit 75
sed -n 's/^Subject: //p' >>sent
[ ! -e sendmail.kills ] || { rm sendmail.kills; kill -s KILL "$PPID"; }
SCRIPT
chmod +x sendmail

# letters: of what was sent since, how many each.
letters() {
	sed -n 's/.*moves to b/before/p; s/.*has moved/after/p' sent | sort |
		uniq -c | tr -s '\n ' ' ' | sed 's/^ //; s/ $//'
	rm -f sent
}
told() {
	ok "... sent: ${1:-nothing}" test "$(letters 2>&1)" = "$1"
}
echo 'users = before after' >>servers
cp servers "$BK_CONFIG"
leda() {
	move $leda --route file "$@"
}
echo point >route.fails
exits 20 "a cutover that is undone" leda
told "1 before"
rm route.fails
: >sent
echo point-done >route.kills
exits 137 "killed when it has moved" leda
told ""
ok "... the next run" leda
told "1 after"
ok "... and another one" leda
ok "... sends nothing" test ! -e sent
: >sent
ok "back" bk-move rollback --from a --to b --account $leda --route file
: >sendmail.kills
exits 137 "it moves again; killed when the mail was sent" leda
told "1 before"
ok "... the next run" leda
cp err said
told "1 after"
ok "... says that it does not know" grep -q \
	'mail before the move.*whether it went is not known.*left alone' said
: >sent
bk-move rollback --from a --to b --account $leda --route file -q
: >sendmail.fails
exits 0 "no way takes it" leda --notify-users before
says_like '.*mail before the move.*ended with status 75.*'
rm sendmail.fails
bk-move rollback --from a --to b --account $leda --route file -q
: >sendmail.fails
exits 14 "nor who announces" bk-move announce --from a --to b \
	--account $leda
rm sendmail.fails
exits 0 "... but then" bk-move announce --from a --to b --account $leda
told "1 before"

# ---- what is only looked at, and wrong words ---------------------------------------

exits 0 "a plan" bk-move plan --from a --to b --account $eve \
	--stages data,account --route file
ok "... tells nobody" test ! -e sent
exits 2 "nobody of a third kind" leda --notify-users during
says "bk-move: --notify-users: 'during': write before, after, before,after or none"
echo 'from %x' >before.txt
exits 2 "a text with another variable" leda
says_like "bk-move: .*users-before: .*before.txt: '%x': there are .*"

done_testing
