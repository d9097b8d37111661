#!/bin/sh
# The administrator has a mail at the end of a move, in a mailbox, that says what
# became of each account; by another way where one fails, and in a file where
# all do.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-move dovecot postfix python3
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test

two_servers $ann bob@a.test admin@a.test
front postfix "$work/mx" new "port/$(port a LMTP)"
front postfix "$work/mx" start
smtp=smtp://127.0.0.1:$(port mx SMTP)
cp "$BK_CONFIG" servers
makes ordinary "$(at a $ann)" --messages 12
makes ordinary "$(at a bob@a.test)" --messages 3 --seed 2

# notify LINE...: the section.
notify() {
	cp servers "$BK_CONFIG"
	printf '%s\n' '[notify]' "$@" >>"$BK_CONFIG"
}

inbox=$work/a/mail/a.test/admin/Maildir
# shellcheck source=tests/lib/notices.sh
. "$top/tests/lib/notices.sh"

move() {
	bk-move --from a --to b --account "$@"
}

# ---- nobody is to be told ------------------------------------------------------

exits 0 "a move of which nobody wants to hear" move bob@a.test
ok "... is told to nobody" test ! -e state/unsent

# ---- by SMTP -------------------------------------------------------------------

notify 'mail = admin@a.test' 'from = bk@mx1.test' "via = $smtp"
exits 0 "a move" move $ann
ok "a mail is delivered" delivered "$inbox"
opened
reads '^Subject: \[bk\] COMPLETE move a to b: 1 of 1 accounts$'
reads '^From: bk@mx1.test$'
reads '^To: admin@a.test$'
reads '^Auto-Submitted: auto-generated$'
reads '^ann@a.test: complete | '
reads '^JSON ann@a.test complete  *[1-9]'
sed -n 's/^References: //p' read >thread
ok "... and nobody is needed" sh -c '! grep -q "NEEDS YOU" read'

exits 16 "an account that is not there" move nobody@a.test
ok "a mail is delivered" delivered "$inbox"
opened
reads '^Subject: \[bk\] FAILED move a to b: 0 of 1 accounts - action needed$'
reads '^NEEDS YOU$'
reads '^  nobody@a.test: imap:.*are user and password right'
ok "... once" test "$(grep -c 'are user and password right' read)" -eq 1
ok "... in the same thread" test "$(sed -n 's/^References: //p' read)" = \
	"$(cat thread)"
exits 0 "another one, told to somebody else" move bob@a.test --notify bob@a.test
ok "... and not to the first" test -z "$(ls "$inbox/new")"
exits 0 "a plan" bk-move plan --from a --to b --account $ann
ok "... is told to nobody" test -z "$(ls "$inbox/new")"

# ---- another way ---------------------------------------------------------------

notify 'mail = admin@a.test' "via = smtp://127.0.0.1:1 $smtp"
exits 0 "the first way is down" move $ann
says_like 'bk-move: the mail did not go: smtp://127.0.0.1:1: .*; trying smtp.*'
ok "the second takes it" delivered "$inbox"
cat >sendmail <<'SCRIPT'
#!/bin/sh
echo "$@" >"$(dirname "$0")/sent.to"
cat >"$(dirname "$0")/mail"
SCRIPT
chmod +x sendmail
notify 'mail = admin@a.test other@b.test' "via = sendmail:$work/sendmail" \
	'from = bk@mx1.test'
exits 0 "by sendmail" move $ann
ok "... to whom it goes" grep -qx -- \
	'-i -f bk@mx1.test -- admin@a.test other@b.test' sent.to
opened
reads '^To: admin@a.test, other@b.test$'
exits 1 "... lines end as files have them" grep -q "$(printf '\r')" mail

# ---- no way --------------------------------------------------------------------

# kept: the one that is in the folder is `mail` then.
kept() {
	ls state/unsent >kept
	ok "... it is kept, for us alone" test "$(wc -l <kept)" -eq 1 -a \
		"$(stat -c %a "state/unsent/$(cat kept)")" = 600
	mv "state/unsent/$(cat kept)" mail
	opened
	reads '^ann@a.test: complete | '
}
"$top/tests/servers/postfix" "$work/mx" tool postconf -e \
	'smtpd_recipient_restrictions = check_recipient_access inline:{{no@a.test = REJECT not him}}, permit'
"$top/tests/servers/postfix" "$work/mx" tool postfix reload 2>/dev/null
notify 'mail = no@a.test' "via = $smtp"
exits 0 "a server that refuses" move $ann
says_like 'bk-move: no@a.test has no mail: .*the server says .5.*not him.*kept in .*/unsent/.*'
kept
printf '#!/bin/sh\necho no queue >&2\nexit 75\n' >sendmail
notify 'mail = admin@a.test' "via = sendmail:$work/sendmail"
exits 0 "a sendmail that fails" move $ann
says_like 'bk-move: admin@a.test has no mail: .*ended with status 75: no queue.*'
kept
notify 'mail = admin@a.test' "via = sendmail:$work/none"
exits 0 "a sendmail that is not there" move $ann
kept
: >state/unsent.not
rmdir state/unsent && mv state/unsent.not state/unsent
exits 0 "nor a place to keep it" move $ann
says_like 'bk-move: admin@a.test has no mail: no way took the mail, and it could not be kept .*'

# ---- wrong words ---------------------------------------------------------------

notify 'mail = admin'
exits 2 "an address that is none" move $ann
says_like "bk-move: $BK_CONFIG:.*'admin' is no address; write admin@example.org"
notify 'via = http://a.test'
exits 2 "a way that is none" move $ann
says_like "bk-move: .*'http://a.test' is no way to send mail; .*"
cp servers "$BK_CONFIG"
exits 2 "an address of --notify that is none" move $ann --notify 'a b@'
says_like "bk-move: --notify: 'a' is no address; .*"

done_testing
