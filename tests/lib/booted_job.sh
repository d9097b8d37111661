#!/bin/sh
# Within a system that systemd runs (tests/lib/booted.py), which has mail in
# /var/vmail, a Postfix, and bk as it is installed: what bk init makes is started
# by its timer, in its sandbox, and mails.  Ends at what is not so.
set -eu

fail() {
	echo "$*"
	systemctl status bk@nightly.service bk@nightly.timer --no-pager || :
	journalctl -u bk@nightly -o cat --no-pager | tail -n 20
	exit 1
}

# until_ COMMAND...: within 30 seconds.
until_() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 150 ] || fail "never: $*"
		sleep 0.2
	done
}

inbox=/home/admin/Maildir
# mailed SUBJECT: one more mail, with that.
mailed() {
	until_ has_mail
	cat "$inbox"/new/* >/root/read
	rm "$inbox"/new/*
	grep -q "^Subject: \[bk\] $1" /root/read || fail "no '$1' in $(cat /root/read)"
}
has_mail() {
	[ -n "$(ls "$inbox/new" 2>/dev/null)" ]
}
sets() {
	bk list -r "$1" --password-from "$2" --json | grep -c '"type": *"set"' || :
}
# ends RESULT: the service has run since `ran`, and did so.
ends() {
	[ "$(systemctl show -P Result bk@nightly.service)" = "$1" ] ||
		fail "it ended with $(systemctl show -P Result bk@nightly.service)"
}

useradd -m admin
postconf -e mydestination=localhost inet_interfaces=127.0.0.1 \
	home_mailbox=Maildir/ myhostname=mx1.test inet_protocols=ipv4
systemctl restart postfix

# ---- by the timer, after times that were missed; mail by sendmail: ----------------

printf '%s\n' yes 1 /backup/bk '' horse horse '' '' '' '' '' admin@localhost \
	sendmail: '' '' | bk init --ask >/root/sheet 2>/root/said ||
	fail "$(cat /root/said)"
grep -q '^Scheduled: bk@nightly.timer' /root/said || fail "$(cat /root/said)"
systemctl is-active -q bk@nightly.timer || fail 'no timer'
key=$(sed -n 's/^password = keyblock:/keyblock:/p' /etc/bk/bk.conf)
conf=/etc/bk/bk.conf
sed -i 's/^via = sendmail:.*/&\non = always/' $conf
[ "$(sets /backup/bk "$key")" = 0 ] || fail 'a set before its time'
systemctl stop bk@nightly.timer
touch -d '8 days ago' /var/lib/systemd/timers/stamp-bk@nightly.timer
systemctl start bk@nightly.timer
has_set() {
	[ "$(sets /backup/bk "$key")" = 1 ]
}
until_ has_set
mailed 'COMPLETE .* nightly full'
until_ systemctl show -P Result bk@nightly.service >/root/result
ends success
echo 'the timer has made up for what was missed: a full set, and a mail by sendmail:'

# ---- it may not write where it should not ------------------------------------------

sed -i "s,^\[job nightly\],&\nbefore = /bin/touch /etc/written," $conf
sed -i 's/ --auto//' /lib/systemd/system/bk@.service
systemctl daemon-reload
! systemctl start bk@nightly || fail 'it wrote to /etc'
[ ! -e /etc/written ] || fail '/etc/written is there'
mailed 'FAILED .* nightly: before: .*Read-only'
sed -i '/^before/d' $conf
echo 'a hook that writes to /etc does not'

# ---- no mail there: it fails, and that is told ---------------------------------------

mv /var/vmail /var/away
! systemctl start bk@nightly || fail 'no mail, and no failure'
mailed 'FAILED .* nightly: .*vmail'
mv /var/away /var/vmail
systemctl start bk@nightly || fail 'it does not recover'
mailed 'RECOVERED .* nightly'
echo 'a failure and its end are told'

# ---- without the drop-in's leave for sendmail: by SMTP; the password a credential ----

mkdir -p /etc/credstore
(umask 077 && echo horse >/etc/credstore/bk-nightly)
sed -i 's/^via = .*/via = smtp:\/\/localhost/
	s/^password = keyblock:.*/password = credential:bk-nightly/' $conf
sed -i '/^# For sendmail/,$d' \
	/etc/systemd/system/bk@nightly.service.d/bk-init.conf
systemctl daemon-reload
systemctl start bk@nightly || fail 'with a credential'
mailed 'COMPLETE .* nightly'
[ -z "$(ls -A /var/lib/bk/unsent 2>/dev/null)" ] || fail 'a mail was left'
echo 'with a credential, and mail by SMTP'

# ---- at the keyboard: accounts, sets and jobs are completed ----------------------------

sed -i "s,^password = credential:.*,password = $key," $conf
fish -c 'complete -C "bk list latest "' | grep -q '@' || fail 'fish: no accounts'
fish -c 'complete -C "bk backup n"' | grep -q '^nightly' || fail 'fish: no job'
bash -ic '. /usr/share/bash-completion/completions/bk; COMP_WORDS=(bk backup n)
	COMP_CWORD=2; COMP_LINE="bk backup n"; COMP_POINT=11; _bk_complete
	echo "${COMPREPLY[@]}"' 2>/root/bash.err | grep -q nightly || fail 'bash: no job'
account=$(bk list latest --json | sed -n 's/.*"account": *"\([^"]*\)".*/\1/p' | head -n 1)
cat >/root/typing <<ZSH
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -U compinit; compinit -u; bindkey "^I" complete-word'
sleep 1
zpty -n -w shell \$'bk list latest ${account%@*}@\t'
sleep 2
zpty -n -w shell \$'\n'
sleep 1
zpty -r shell out
while zpty -rt shell more; do out+=\$more; done
print -r -- "\$out"
ZSH
timeout 30 env TERM=dumb zsh /root/typing >/root/typed 2>&1 || :
grep -q "bk list latest $account" /root/typed || fail "zsh: $(cat /root/typed)"
echo 'fish, bash and zsh complete accounts and jobs'
