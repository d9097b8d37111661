#!/bin/sh
# Who is told of a run of a job, and when: mails read in a mailbox, a webhook and
# a ping at a web server; what is told when nothing else works.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-init bk-backup faketime dovecot postfix python3 openssl
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

dovecot "$work/a" new && dovecot "$work/a" adduser admin@a.test &&
	dovecot "$work/a" start || exit 1
front postfix "$work/mx" new "port/$(port a LMTP)"
front postfix "$work/mx" start
smtp=smtp://127.0.0.1:$(port mx SMTP)
inbox=$work/a/mail/a.test/admin/Maildir
# shellcheck source=tests/lib/notices.sh
. "$top/tests/lib/notices.sh"

# web NAME WORD...: a web server that writes to `NAME.told`; sets web.
"$top/tests/servers/pki" "$work/pki"
mkfifo web.in
exec 7<>web.in
web() {
	file=$1
	shift
	: >"$work/$file.told"
	"$top/tests/lib/hook_server.py" "$work/$file.told" "$@" <web.in \
		>"$file.port" 7>&- 8>&- &
	until [ -s "$file.port" ]; do sleep 0.02; done
	web=127.0.0.1:$(cat "$file.port")
}
web tls "$work/pki/server.crt" "$work/pki/server.key"
tls=$web
web plain
told() {
	ok "... the web server was told: $2" test "$(sed -n 's/ .*//p' "$1.told" |
		paste -sd ' ')" = "$2"
	cp "$1.told" was
	: >"$1.told"
}

mkdir -p vmail/ann/cur vmail/ann/new
printf 'Subject: x\n\nx\n' >vmail/ann/cur/1.a.mx:2,
new_repository repo
unset BK_REPO
cp "$BK_CONFIG" base
notify() {
	cp base "$BK_CONFIG"
	cat >>"$BK_CONFIG" <<-CONF
	[store mail]
	type = maildir
	path = $work/vmail/%u
	[target nas]
	url = file://$work/nas/bk
	[job nightly]
	store = mail
	ship = nas
	[notify]
	mail = admin@a.test
	from = bk@mx1.test
	CONF
	printf '%s\n' "$@" >>"$BK_CONFIG"
}
nightly() {
	time=$1
	shift
	faketime -f "@2026-12-$time" bk-backup nightly -q "$@"
}
host=$(uname -n)
host=${host%%.*}
nobody() {
	ok "... nobody is told" sh -c "test -z \"\$(ls '$inbox/new')\""
}

# ---- trouble, its repetition, its end --------------------------------------------

mkdir nas
notify "via = $smtp" "webhook = https://$tls/hook?key=1" "web-ca = $work/pki/ca.crt" \
	"ping = http://$web/uuid"
ok "a run that goes well" nightly '07 10:00:00'
quiet
nobody
told tls ''
told plain '/uuid/start /uuid'
mv nas away
touch nas
exits 3 "a target is away" nightly '07 12:00:00'
mailed "INCOMPLETE $host nightly differential: nas has 0 of 2 sets - action needed"
reads '^NEEDS YOU$'
reads '^  nas .*nas/bk'
reads '^This is so since 2026-12-07 12:00: 1 run$'
reads '^SUMMARY$'
reads '^set 20261207T1200-d .*: complete$'
reads '^TARGETS$'
reads '^  NEXT  bk ship push nas$'
reads "^JSON job nightly incomplete 3 \\['nas'\\]\$"
reads '^From: bk@mx1.test$'
reads '^Auto-Submitted: auto-generated$'
sed -n 's/^References: //p' read >thread
told tls '/hook?key=1'
ok "... the same as JSON" grep -q 'application/json {.*"result": *"incomplete"' was
told plain '/uuid/start /uuid/fail'
exits 3 "an hour later it is still away" nightly '07 13:00:00'
nobody
told tls ''
told plain '/uuid/start /uuid/fail'
mv vmail elsewhere && mkdir vmail
exits 16 "another trouble" nightly '07 14:00:00'
mailed "FAILED $host nightly: .*/vmail/%u: there is no account in it.* - action needed"
reads '^NEXT  bk backup nightly$'
reads '^This is so since 2026-12-07 12:00: 3 runs, 1 of them not told$'
ok "... in the same thread" test "$(sed -n 's/^References: //p' read)" = \
	"$(cat thread)"
rmdir vmail && mv elsewhere vmail
exits 3 "... and the first one again" nightly '07 15:00:00'
nobody
exits 3 "a day later it is said again" nightly '08 12:00:00'
mailed "INCOMPLETE $host nightly differential: nas .* - action needed"
reads '^This is so since 2026-12-07 12:00: 5 runs, 1 of them not told$'
rm nas && mv away nas
ok "it is there again" nightly '08 13:00:00'
mailed "RECOVERED $host nightly differential: 1 account, 0 new messages"
reads '^This was so since 2026-12-07 12:00: 5 runs$'
ok "and then nobody is told" nightly '08 14:00:00'
nobody
: >tls.told
: >plain.told

# ---- before there is a set -------------------------------------------------------

mv repo gone
exits 10 "no repository" nightly '09 10:00:00'
mailed "FAILED $host nightly: no repository at .* - action needed"
mv gone repo
: >tls.told
: >plain.told
echo '[job other' >>"$BK_CONFIG"
exits 2 "a line of the configuration that is malformed" nightly '09 11:00:00'
mailed "FAILED $host nightly: .*bk.conf:[0-9]*: the section lacks its ']' - action needed"
told plain '/uuid/fail'
notify "via = $smtp" 'on = failure nonsense' '[job other]' 'full = sat 25:00'
exits 2 "a wrong time in another section, and a wrong word in this one" \
	nightly '11 11:00:00'
says_like "bk-backup: .*: unknown 'nonsense'; see bk.conf\(5\)"
mailed "FAILED $host nightly: .*unknown 'nonsense'.* - action needed"
notify "via = $smtp" '[job nightly2]' 'keep = 3'
exits 2 "a wrong size" nightly '13 11:00:00'
mailed "FAILED $host nightly: .*keep: '3' is not a rule.* - action needed"
exits 2 "... which is not said twice a day" nightly '13 12:00:00'
nobody
notify "via = $smtp"
exits 2 "a job that is not there" bk-backup nigthly -q
mailed "FAILED $host nigthly: no job or store 'nigthly'; did you mean 'nightly'. - action needed"
exits 0 "recovery from the words" nightly '13 13:00:00'
mailed "RECOVERED $host nightly .*"

# ---- what could tell nobody --------------------------------------------------------

cat >hangs <<SCRIPT
#!/bin/sh
echo \$\$ >$work/there
exec sleep 1000 >/dev/null 2>&1
SCRIPT
chmod +x hangs
notify "via = $smtp"
sed -i "s,^ship = nas,&\nbefore = $work/hangs," "$BK_CONFIG"
bk-backup nightly -q >cut.out 2>&1 &
cut=$!
until [ -s there ]; do sleep 0.02; done
ok "the owner of the lock is at it for two days" sed -i \
	"s,^since .*,since $(($(date +%s) - 172800))," state/lock-*
exits 11 "... which is told then" bk-backup nightly -q
mailed "FAILED $host nightly: locked by bk-backup .*"
kill -KILL $cut "$(cat there)"
wait $cut 2>/dev/null
notify "via = $smtp" 'on = failure'
ok "the run after one that was killed" bk-backup nightly -q
mailed "FAILED $host nightly: the run of [-0-9: ]* was cut off: .*"
ok "... and the next one" bk-backup nightly -q
nobody
mv state state.away && : >state
exits 1 "the lock cannot be taken" bk-backup nightly -q
mailed "FAILED $host nightly: .*state.*"
rm state && mv state.away state

# ---- an older state is put back ----------------------------------------------------

notify "via = $smtp"
cp -R repo older
ok "a set" bk-backup nightly -q
mv repo newer && mv older repo
exits 3 "an older state was put back" bk-backup nightly -q
mailed "INCOMPLETE $host nightly .*: sets are gone that were there - action needed"
reads 'set [0-9T]* .* was here and is not any more, though no prune took it: '
reads "bk check; if it is right: bk prune --accept-missing\$"
exits 3 "... which is not said each time" bk-backup nightly -q
nobody
rm -rf repo && mv newer repo
ok "the newer one is back" bk-backup nightly -q
mailed "RECOVERED $host nightly .*"

# ---- always ----------------------------------------------------------------------

notify "via = $smtp" 'on = always'
ok "always" nightly '14 10:00:00'
mailed "COMPLETE $host nightly differential: 1 account, 0 new messages"
reads "^JSON job nightly complete 0 \\[\\]\$"
notify "via = $smtp" 'on = recovery'
mv repo gone
exits 10 "trouble that nobody wants to hear of" nightly '14 11:00:00'
nobody
mv gone repo
ok "... but that it is over" nightly '14 12:00:00'
mailed "RECOVERED $host nightly .*"

# ---- other ways ------------------------------------------------------------------

notify "via = smtp://127.0.0.1:1 $smtp" 'on = always'
ok "the mail server is down: a second one takes it" nightly '15 10:00:00'
mailed "COMPLETE .*"
notify 'via = smtp://127.0.0.1:1' 'on = always' "webhook = http://$web/hook"
ok "the webhook, where no mail goes" nightly '15 11:00:00'
told plain '/hook'
ok "... it is kept, too" test -s state/unsent/job-nightly.eml
notify "via = $smtp" 'on = always'
ok "the next one that goes" nightly '15 12:00:00'
ok "... takes its place" test ! -e state/unsent/job-nightly.eml
mailed "COMPLETE .*"
rm -f state/unsent/*
mv nas away
touch nas
notify 'via = smtp://127.0.0.1:1' "webhook = http://$web/hook"
exits 3 "the webhook takes what no mail does" nightly '15 12:10:00'
told plain '/hook'
exits 3 "... once" nightly '15 12:20:00'
told plain ''
notify "via = $smtp" "webhook = http://$web/hook"
exits 3 "the mail is tried again" nightly '15 12:30:00'
mailed "INCOMPLETE $host nightly .*"
told plain ''
exits 3 "... until it went" nightly '15 12:40:00'
nobody
rm nas && mv away nas
ok "all is well" nightly '15 12:50:00'
mailed "RECOVERED .*"
told plain '/hook'
printf '#!/bin/sh\ncat >>"%s/piped"\necho >>"%s/calls"\nseq 1000\n' "$work" \
	"$work" >loud
chmod +x loud
notify "via = sendmail:$work/loud $smtp" 'on = always'
ok "a program that talks a lot" nightly '15 13:00:00'
quiet
ok "... has the mail" grep -q '^Subject: \[bk\] COMPLETE' piped
ok "... once" test "$(wc -l <calls)" -eq 1
nobody
touch nas.file
notify 'via = smtp://127.0.0.1:1' "webhook = http://$web/refuse" '[job x]' 'full = 1'
exits 2 "nothing works" nightly '16 10:00:00'
says_like 'bk-backup: the webhook did not take it: HTTP 500 .*'
says_like 'bk-backup: admin@a.test has no mail: .*'
cp state/unsent/job-nightly.eml mail1
exits 2 "... an hour later" nightly '16 11:00:00'
ok "... it was tried again, and is kept once" test "$(ls state/unsent)" = \
	job-nightly.eml
exits 2 "a webhook that does not prove who it is" sh -c \
	"sed -i 's,^webhook.*,webhook = https://$tls/hook,' '$BK_CONFIG' &&
	bk-backup nightly -q"
says_like 'bk-backup: the webhook did not take it: .*certificate.*'
: >tls.told

# ---- once a week -----------------------------------------------------------------

notify "via = $smtp" 'on = digest' 'digest = mon 07:00'
ok "the first run begins a week" nightly '17 11:00:00'
nobody
mv repo gone
exits 10 "a run fails" nightly '18 10:00:00'
nobody
mv gone repo
ok "another one does not" nightly '19 10:00:00'
nobody
ok "on Monday" nightly '21 10:00:00'
mailed "DIGEST $host nightly: 4 runs, 1 failed"
reads '^  2026-12-18 10:00  failed, status 10$'
reads '^The last run was complete.$'
reads "^job nightly on $host, 2026-12-17 11:00 to 2026-12-21 10:00: 4 runs, 1 failed\$"
ok "... and no more that week" nightly '22 09:00:00'
nobody

# ---- who refuses -----------------------------------------------------------------

"$top/tests/servers/postfix" "$work/mx" tool postconf -e \
	'smtpd_recipient_restrictions = check_recipient_access inline:{{admin@a.test = REJECT not him}}, permit'
"$top/tests/servers/postfix" "$work/mx" tool postfix reload 2>/dev/null
notify "via = $smtp" 'on = always'
ok "SMTP refuses: the run is what it is" nightly '22 10:00:00'
says_like 'bk-backup: admin@a.test has no mail: .*not him.*'
ok "... and it is kept" test -s state/unsent/job-nightly.eml

# ---- wrong words -----------------------------------------------------------------

for wrong in 'on = sometimes' 'repeat = 5m' 'digest = some day' 'webhook = smtp://x' \
	'ping = https://u@x/y' 'web-ca = x'; do
	notify "$wrong" 'via = smtp://127.0.0.1:1'
	exits 2 "$wrong" bk-backup nightly -n
	says_like "bk-backup: .*:[0-9]+: ${wrong%% *}: .*"
done

notify 'webhook = ftp://x/y?key=secret'
exits 2 "the key of a webhook" bk-backup nightly -n
says_like "bk-backup: .*:[0-9]+: webhook: 'ftp://x/y' is not https://HOST/PATH"

exec 7>&-
done_testing
