#!/bin/sh
# From a host with mail to backups that run by themselves, by answering
# questions: on a host with nothing, one with a bare Maildir tree and cron, one
# with Dovecot and systemd, and on a terminal.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/bare_host.sh"
needs bk bk-init bk-backup bk-doctor bk-list bk-key python3 doveconf ldd
[ "$(id -u)" = 0 ] || unshare -r true 2>/dev/null || skip "it takes root"
unset BK_STATE_DIR BK_CACHE_DIR BK_PASSWORD_FILE
python3 -B "$top/demo/mail.py" mail

# answers LINE...: what `init` is told.
answers() {
	printf '%s\n' "$@" >answers
}

# init ROOT [OPTION...]: the dialogue there, with these answers.
init() {
	on_host "$1" bk init <answers
}

# everything ROOT: what is there, by name and size.
everything() {
	(cd "$1" && find . ! -type d -printf '%p %s\n' | sort)
}

# untouched ROOT: it is as it was when `before` was written.
untouched() {
	everything "$1" | diff before -
}

# ---- a host with nothing -------------------------------------------------------

bare_host nothing bk bk-init sh
everything nothing >before
: >answers
exits 2 "nobody answers" init nothing
says "bk-init: nothing was made: the answers ended before the questions"
says_like " *No mail was found at the usual places."
ok "... and nothing was made" untouched nothing

answers '' 3 /var/none/%d imap 'maildir:relative'
exits 2 "no mail is where it was said to be" init nothing
says_like '.* an answer is needed here'
says_like '.* there is no number 3'
says_like '.* there is no Maildir at /var/none/%d: .*'
says_like ".* 'imap' is no path from / on.*"
ok "... and nothing was made" untouched nothing

mkdir -p nothing/srv/post
cp -a mail/. nothing/srv/post/
everything nothing >before
answers '/srv/post/%d/%n/Maildir' '' '' one one no no '' '' '' '' no
exits 2 "all is answered, and it is not right" init nothing
says "bk-init: nothing was made: as you said"
ok "... and nothing was made" untouched nothing

# ---- a bare Maildir tree, and cron ---------------------------------------------

bare_host tree env bk bk-init bk-backup bk-doctor bk-list bk-key sh
mkdir -p tree/etc/cron.d tree/var/vmail tree/mnt/usb tree/var/log
cp -a mail/. tree/var/vmail/
everything tree >before
answers '' /var/vmail/backup file:///var/vmail/backup file /etc/passwd/x '' \
	ftp://nowhere.test/bk '' spread:2+1:a,b,c /mnt/usb/bk ''
exits 2 "the answers end at the password" init tree
says_like '  1  Maildir tree, /var/vmail/%d/%n/Maildir: [0-9]+ accounts, .*iB'
says_like ".*'/var/vmail/backup' lies in the mail: .*"
says_like ".*'file' is neither a path .* nor a URL.*"
says_like '.*/etc/passwd/x: .*[Nn]ot a (directory|folder).*'
says_like '.*ftp://nowhere.test/bk: .*allow-cleartext.*'
says_like '.*spread: stands for targets.*'
says_like '.*  It is \[target bk\].'
ok "what lies in the mail does so by whatever name" test "$(grep -c "'/var/vmail/backup' lies in the mail" err)" -eq 2
ok "... and nothing was made" untouched tree
ok "... not a folder either" test ! -e tree/mnt/usb/bk -a ! -e tree/etc/bk

answers 1 '' /mnt/usb '' '' '' one two 'correct horse' 'correct horse' \
	perhaps yes safe safe '' \
	'sat 25:00' '' 'mon-sat 6' '' 3x '' ann ann@a.example http://x '' '' ''
ok "everything as proposed, after some mistakes" init tree
cp out sheet
cp err said
for wrong in 'the password is empty' 'the two passwords differ' \
	"'perhaps' is neither yes nor no" "'25:00' in 'sat 25:00' is .*" \
	"'6' in 'mon-sat 6' .*" "'3x' is not a rule .*" "'ann' is no address.*" \
	"'http://x' is no way to send mail.*"; do
	says_like ".*  $wrong"
done
awk '/^#/ { on = /^## Ten minutes/ } on && /^    .*[?]/ { sub(/[?].*/, "?"); print substr($0, 5) }' \
	"$top/README.md" | grep -v -e systemd -e 'How is it reached' >questions
ok "README has its questions" sh -c "test \$(wc -l <questions) -ge 8 &&
	while read -r line; do grep -F \"\$line\" said || { echo \"\$line\"; exit 1; }; done <questions"
ok "the recovery sheet is printed" grep -q '^RECOVERY SHEET$' sheet
ok "... with the slots" sh -c "grep -q 'password .* admin$' sheet &&
	grep -q 'password .* escrow$' sheet && grep -q 'key block' sheet"
ok "... and without a secret" sh -c "! grep -e 'correct horse' -e safe sheet"
cp tree/etc/bk/bk.conf first.conf
ok "the configuration is for root alone" \
	test "$(stat -c %a tree/etc/bk/bk.conf tree/etc/bk/main.key | paste -sd ' ')" = "600 600"
ok "... and no password in it" sh -c "! grep -r -e horse -e safe tree/etc tree/var/lib"
sed -n '/^[0-9]/p' tree/etc/cron.d/bk >cron
ok "cron has the times of the file that comes with bk" \
	sh -c "sed -n '/^[0-9]/p' '$top/schedule/bk.cron' | diff - cron"
grep '^PATH=' tree/etc/cron.d/bk >path
sed 's/.* root  //' cron | sort -u >words
ok "... and its command works" on_host tree env "$(cat path)" sh -c "$(cat words)"
quiet
ok "... so that there is a set" sh -c "on() { env -i PATH=/usr/bin:/usr/sbin TZ=UTC $(
	[ "$(id -u)" = 0 ] || echo unshare -r) chroot tree \"\$@\"; }; on bk list --json | grep -q '\"kind\": *\"full\"'"
doctored() {
	on_host tree bk doctor -v >doctored 2>&1
	grep -q "job nightly: $1 starts it" doctored
}
ok "bk doctor finds what starts it" doctored 'systemd or cron'
mv tree/etc/cron.d/bk tree/etc/cron.d/bk.dpkg-old
ok "... not in a file that cron passes over" doctored 'neither systemd nor cron'
sed 's/^[0-9]/# &/' tree/etc/cron.d/bk.dpkg-old >tree/etc/cron.d/bk
ok "... nor in a comment" doctored 'neither systemd nor cron'
mv tree/etc/cron.d/bk.dpkg-old tree/etc/cron.d/bk
printf 'safe\n' >tree/root/safe
chmod 600 tree/root/safe
ok "the second password opens it too" on_host tree bk key list \
	--slot escrow --password-from file:/root/safe

exits 1 "a second bk init makes nothing twice" on_host tree bk init --no-input
exits 2 "... and the first one's configuration stays, unless it is said otherwise" \
	sh -c ". '$top/tests/lib/bare_host.sh'; echo no | on_host tree bk init --ask"
says "bk-init: nothing was made: /etc/bk/bk.conf stays as it is"
answers yes 1 '' /var/lib/bk/other '' one one '' '' '' '' '' '' '' ''
ok "a new one takes its place, in another repository" \
	sh -c ". '$top/tests/lib/bare_host.sh'; on_host tree bk init --ask <answers"
says_like '  there is a repository at /var/lib/bk/main already'
ok "... and the old one is kept" cmp first.conf tree/etc/bk/bk.conf.old
ok "... as is its key" test -s tree/etc/bk/main.key -a -s tree/etc/bk/main2.key

echo '0 0 * * *  root  mine' >tree/etc/cron.d/bk
rm -rf tree/etc/bk
answers '' /var/lib/bk/third '' one one '' '' '' '' '' '' '' ''
exits 1 "what somebody else wrote for cron stays" init tree
says "bk-init: all is made but the schedule: /etc/cron.d/bk is there already, and not made by bk init: it stays as it is"
ok "... and the rest is there" on_host tree bk list

rm tree/etc/cron.d/bk
answers '' /var/lib/bk/fourth '' one one '' '' '' '' '' '' '' ''
ok "a configuration in the folder that one is in" \
	on_host tree sh -c "cd /etc && bk init -c bk/own.conf" <answers
ok "... is named from the root on" grep -q ' -c /etc/bk/own.conf --auto' tree/etc/cron.d/bk
ok "... as is its key" grep -qxF 'password = keyblock:/etc/bk/main2.key' tree/etc/bk/own.conf
sed -n 's/^0 22 .* root  //p' tree/etc/cron.d/bk >words
ok "... so that cron can start it" on_host tree sh -c "$(cat words)"

# ---- Dovecot, and systemd ------------------------------------------------------

bare_host dovecot bk bk-init bk-backup bk-list sh doveconf
mkdir -p dovecot/etc/dovecot dovecot/run/systemd/system \
	dovecot/srv/post dovecot/lib/systemd/system dovecot/backup dovecot/copies
cp -a mail/. dovecot/srv/post/
cp "$top/schedule/bk@.timer" dovecot/lib/systemd/system/
cat >dovecot/etc/dovecot/dovecot.conf <<-'CONF'
	mail_location = maildir:~/Maildir:LAYOUT=maildir++:INDEX=/var/index/%Ld/%n
	passdb {
	  driver = static
	  args = nopassword=y home=/wrong
	}
	userdb {
	  driver = static
	  args = uid=mail gid=mail home=/srv/post/%d/%n
	}
CONF
cat >dovecot/usr/bin/systemctl <<-'SH'
	#!/bin/sh
	echo "$*" >>/systemctl
SH
chmod 755 dovecot/usr/bin/systemctl
answers '' /backup/bk file:///copies/bk '' one one '' '' 'sun 03:00' 'daily 12:00' '' \
	root@localhost sendmail: '' ''
ok "a Dovecot says where its mail is" init dovecot
says_like '  1  Dovecot, /srv/post/%d/%n/Maildir: [0-9]+ accounts, .*iB'
conf=dovecot/etc/bk/bk.conf
ok "... its index too" grep -qxF 'index = /var/index/%Ld/%n' $conf
ok "... and its layout" grep -qxF 'layout = maildir++' $conf
units=dovecot/etc/systemd/system
ok "the timer has the times that were said" sh -c "
	grep '^OnCalendar' $units/bk@nightly.timer.d/bk-init.conf | paste -sd ' ' |
	grep -qxF 'OnCalendar= OnCalendar=Sun *-*-* 03:00 OnCalendar=*-*-* 12:00'"
ok "... the service may write to the repository" \
	grep -qxF 'ReadWritePaths="-/backup/bk"' $units/bk@nightly.service.d/bk-init.conf
ok "... and to the copy, whether it is there or away" \
	grep -qxF 'ReadWritePaths="-/copies/bk"' $units/bk@nightly.service.d/bk-init.conf
ok "... and hand mail to a sendmail that becomes its own user" \
	grep -qxF 'SystemCallFilter=@setuid @chown' $units/bk@nightly.service.d/bk-init.conf
ok "... whose folder is there before it starts" test -d dovecot/copies/bk
ok "... and systemd was told" sh -c "paste -sd ' ' dovecot/systemctl |
	grep -qx 'daemon-reload enable --now bk@nightly.timer'"
ok "the job runs" on_host dovecot bk backup nightly -q

printf '#!/bin/sh\necho "no such unit" >&2\nexit 1\n' >dovecot/usr/bin/systemctl
rm -rf dovecot/etc/bk dovecot/backup/bk
mkdir -p dovecot/usr/sbin
: >dovecot/usr/sbin/postdrop
exits 1 "a systemd that refuses is told of" init dovecot
says "bk-init: all is made but the schedule: systemctl daemon-reload: no such unit"
ok "Postfix gets what its postdrop needs, and no more" sh -c "
	sed -n '/^# For sendmail/,\$p' $units/bk@nightly.service.d/bk-init.conf | paste -sd ' ' |
	grep -qxF '# For sendmail: [Service] ReadWritePaths=-/var/spool/postfix CapabilityBoundingSet=CAP_DAC_OVERRIDE'"

# ---- on a terminal -------------------------------------------------------------

export BK_STATE_DIR="$work/state" BK_CACHE_DIR="$work/cache"
mkdir fake
printf '#!/bin/sh\nexit 1\n' >fake/doveconf
chmod 755 fake/doveconf
export PATH="$work/fake:$PATH"

# The first answers, typed.
start_typing() {
	printf '%s\t%s\n' '%u, or' "$work/mail/%d/%n/Maildir" \
		'repository go?' "$work/main" 'elsewhere' ''
}
on_terminal() {
	"$top/tests/lib/on_terminal.py" "$@"
}

{
	start_typing
	printf '%s\t%s\n' 'new password' 'hunter2 hunter2' 'same again' other \
		'new password' 'hunter2 hunter2' 'same again' 'hunter2 hunter2' \
		'second person?' '' 'by themselves?' '' 'full set' '' 'since?' '' \
		'kept here?' '' 'mail when' ''
	[ ! -w /etc/cron.d ] || printf '%s\t%s\n' 'at these times?' no
	printf '%s\t%s\n' 'right?' ''
} >script
ok "on a terminal" on_terminal bk init -c "$work/typed/bk.conf" <script
ok "... a password is not shown" sh -c "! grep hunter2 out"
ok "... and opens what was made" sh -c "umask 077; echo 'hunter2 hunter2' >hunter
	bk key list -c '$work/typed/bk.conf' --slot admin --password-from file:$work/hunter"
rm -rf main
{
	start_typing
	printf '%s\t%s\n' 'new password' ^C
} >script
exits 130 "somebody leaves at the password" on_terminal bk init -c "$work/left/bk.conf" <script
ok "... and nothing was made" test ! -e left -a ! -e main
printf '%s\t%s\n' '%u, or' ^C >script
exits 130 "... or at a question" on_terminal bk init -c "$work/left/bk.conf" <script
exits 2 "a file that -c names must be there for a repository" \
	bk init -c "$work/left/bk.conf" -r "$work/main" --password-from "file:$work/hunter"

done_testing
