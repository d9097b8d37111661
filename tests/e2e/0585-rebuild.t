#!/bin/sh
# The worst day: a Dovecot and a Postfix are gone, with their mail, their
# configuration and the repository.  On another host, with other paths and ports,
# they are rebuilt from a copy at an FTP server by the commands of
# bk-restore-a-server(7), word by word, while mail comes in; then once more from
# one at an SMB server, with all UIDs.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk bk-init bk-key bk-backup bk-check bk-list bk-restore bk-ship \
	dovecot postfix postmap openssl
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
need_corpus
need_proftpd
need_samba

accounts=$(world accounts | grep -v '@c.test')
ann=ann@a.test
info=info@b.test

# postfix ROOT VERB...: as tests/servers/postfix; what was started is stopped.
postfix() {
	case $2 in start) servers="$servers postfix:$1" ;; esac
	"$top/tests/servers/postfix" "$@"
}

# says_of ROOT NAME: one of its ports.
says_of() {
	sed -n "s/^$2=//p" "$1/env"
}

# install DOVECOT POSTFIX: as packages do, without users and with ports of its own.
install() {
	mkdir -p "${1%/*}" "${2%/*}"
	dovecot "$1" full "$pki" && postfix "$2" new "port/$(says_of "$1" LMTP)"
}

sieve() {
	"$top/tests/lib/sieve_client.py" --ca "$pki/ca.crt" "$(says_of "$1" SIEVE)" \
		"$2" pw "$3" "$4"
}

# ---- the host that will be gone ------------------------------------------------------

old=$work/mx1
others=$servers
install "$old/d" "$old/p"
cat >"$old/d/local.conf" <<-CONF
plugin {
  sieve = file:$old/d/sieve/%d/%n;active=$old/d/sieve/%d/%n/active
}
CONF
mkdir "$old/d/sieve" && chown mail:mail "$old/d/sieve"
# shellcheck disable=SC2086 # one word an account
dovecot "$old/d" adduser $accounts
dovecot "$old/d" start
postfix "$old/p" start
# shellcheck disable=SC2086
ok "a server has mail in fifteen accounts" world fill "$old/d/env" "$corpus" $accounts
printf 'require "fileinto";\nif header :is "X-To" "sent" { fileinto "Sent"; }\n' >script
for account in $ann $info; do
	ok "a script of $account" sieve "$old/d" "$account" put away <script
	ok "... is active" sieve "$old/d" "$account" activate away
done

new_repository main "$old/main"
unset BK_REPO
cp "$work/servers/password" "$old/pass" && chmod 600 "$old/pass"
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = maildir
path = $old/d/mail/%d/%n/Maildir
trees = $old/d/dovecot.conf $old/d/local.conf $old/d/users
	  $old/d/masters $old/d/oauth2.conf $old/d/keys
	  $old/d/sieve $old/p/etc
[target ftp]
url = $BK_TEST_FTPES_URL
ca = $BK_TEST_CA
password = file:$old/pass
[target smb]
url = $BK_TEST_SMB_URL
password = file:$old/pass
[job nightly]
store = mail
repo = main
ship = ftp smb
CONF
ok "a full set, shipped to both" bk-backup nightly --full
# shellcheck disable=SC2086
"$top/tests/lib/imap_client.py" "$old/d/env" $ann 'CREATE "Last thing"' \
	'SELECT INBOX' 'COPY 1:3 "Last thing"' 'STORE 1:2 +FLAGS.SILENT (urgent)' >acts
ok "... then a differential" bk-backup nightly --differential
view "$old/d" >view.old
BK_PASSWORD_FILE=$work/password bk-key sheet -r main >paper
newest=$(sed -n 's/^ *\([0-9a-f]\{32\}\), number .*/\1/p' paper)
ok "a recovery sheet was printed" test -n "$newest"
ok "... which says where copies are" grep -qxF "Copies       ftp: $BK_TEST_FTPES_URL" paper
ok "... all of them" grep -qxF "             smb: $BK_TEST_SMB_URL" paper

"$top/tests/servers/postfix" "$old/p" kill
dovecot "$old/d" stop
cp "$old/d/env" env.old
cp "$old/p/env" smtp.old
servers=$others
rm -rf "$old" "$BK_STATE_DIR" "$BK_CACHE_DIR" "$BK_CONFIG" main.key
ok "all of it is gone" test ! -e "$old"

# ---- a standby host ------------------------------------------------------------------

# The servers' files are those of the old host's paths, below the standby's root.
standby() {
	host=$work/$1
	export BK_STATE_DIR="$host/state" BK_CACHE_DIR="$host/cache"
	dir=$host$old
	mkdir -p "$host/root" "$host/bin"
	(umask 077 && echo "correct horse" >"$host/root/bk.pass" &&
		echo swordfish-4711 >"$host/root/nas.pass")
	install "$dir/d" "$dir/p"
	cat >"$host/bin/systemctl" <<-SH
	#!/bin/sh -e
	case "\$*" in
	"start dovecot") "$top/tests/servers/dovecot" "$dir/d" start ;;
	"start postfix") "$top/tests/servers/postfix" "$dir/p" start ;;
	*) exit 1 ;;
	esac
	SH
	chmod +x "$host/bin/systemctl"
	servers="$servers dovecot:$dir/d postfix:$dir/p"
}

# page SECTION: its blocks in files SECTION.1, SECTION.2, ..., as who follows it
# on this host types them.
page() {
	awk -v section="$1" -v name="$2" '
		/^\.Ss / { on = index($0, ".Ss " section) == 1 }
		/^\.Ed/ { inside = 0 }
		on && inside { print > (name "." n) }
		/^\.Bd/ { inside = 1; n += on }' "$top/man/bk-restore-a-server.7"
	sed -i "s:\\\\e:\\\\:g; s:/root/:$host/root/:g; s:--to /\$:--to $host:
		s:/var/vmail/:$dir/d/mail/:g; s:/mnt/usb/bk:copy:g" "$2".*
}

# typed NAME FILE: what it does is done.
typed() {
	ok "$1" env PATH="$host/bin:$PATH" sh -e "$2"
	cat out err >said
}

# Nobody can know which ports are free here: they are of this host, and so is
# where its files lie.
adapt() {
	lines="s:$old/:$dir/:g"
	for name in IMAP LMTP IMAPS SIEVE DOVEADM SYNC; do
		was=$(sed -n "s/^$name=//p" env.old)
		lines="$lines; s/\\<$was\\>/$(says_of "$dir/d" $name)/"
	done
	sed -i "$lines" "$dir/d/dovecot.conf" "$dir/d/local.conf" \
		"$dir/d/oauth2.conf" "$dir/p/etc/main.cf"
	was=$(sed -n 's/^SMTP=//p' smtp.old | tail -n 1)
	sed -i "s/\\<$was\\>/$(says_of "$dir/p" SMTP)/" "$dir/p/etc/master.cf"
	"$top/tests/servers/postfix" "$dir/p" tool postmap "$dir/p/etc/transport"
}

# facts VIEW: of folders, but for what numbers they have.
facts() {
	grep -v '"kind": "message"' "$1" |
		sed -E 's/"(highestmodseq|uidnext|uidvalidity)": [0-9]+,? ?//g' | sort
}

standby mx2
page 'On a standby host' step
ok "the page has three blocks, and perhaps more" test -s step.3
sed "s,^url = .*,url = $BK_TEST_FTPES_URL," step.1 >"$host/root/rebuild.conf"
sed -i "/^url = /a ca = $BK_TEST_CA" "$host/root/rebuild.conf"
unset BK_CONFIG
cp "$dir/d/dovecot.conf" packaged
typed "configuration comes back, from FTP" step.2
ok "... from the set of the sheet" grep -q "$(echo "$newest" | cut -c 1-8)" said
ok "... it was said what it would overwrite" grep -q "$dir/d/dovecot.conf.* overwrites\|$old/d/dovecot.conf .* overwrites" said
ok "... and what is new" grep -q "$old/d/users .* \(new\|overwrites\)" said
ok "... which is done" sh -c "! cmp -s packaged '$dir/d/dovecot.conf'"
ok "... and no mail is touched" test -z "$(ls "$dir/d/mail")"
adapt

# Mail waits to come in, from the first moment on.
mkdir taken
rains=
for account in $ann $info; do
	timeout 300 "$top/tests/lib/mail_rain.py" "$(says_of "$dir/p" SMTP)" \
		"$account" rain.end "taken/$account" 20 >"rain.$account" 2>&1 8>&- &
	rains="$rains $!"
done
typed "mail comes back while mail comes in" step.3
ok "... both servers were started on the way" test -s taken/$ann -a -s taken/$info
ok "... the second pass had nothing left to fail" grep -q ', 0 failed' said
during=$(cat taken/* | wc -l)
: >rain.end
for rain in $rains; do
	ok "no mail was refused" wait "$rain"
done
ok "... $during came in until it was rebuilt" test "$during" -gt 2
ok "the queue runs empty" sh -c "
	for n in \$(seq 100); do
		'$top/tests/servers/postfix' '$dir/p' tool postqueue -p >queue
		! grep -q 'is empty' queue || exit 0
		sleep 0.1
	done; cat queue; exit 1"

view "$dir/d" >view.new
facts view.old >want
facts view.new >got
ok "every folder, subscription, right and attribute is there" diff want got

# rained ACCOUNT: which of the rain is in its inbox.
rained() {
	find "$dir/d/mail/${1#*@}/${1%@*}/Maildir/cur" \
		"$dir/d/mail/${1#*@}/${1%@*}/Maildir/new" -type f \
		-exec grep -h '^rain [0-9]' {} + | tr -d '\r' | cut -d ' ' -f 2 | sort -n
}
for account in $ann $info; do
	cut -d ' ' -f 1 "taken/$account" >want
	rained "$account" >got
	ok "$account has each mail that was accepted, once" diff want got
	compare --content --account "$account" --folder INBOX view.old view.new >differ
	ok "... and all that was there, with flags, keywords and dates" \
		sh -c "cat differ; ! grep 'is gone:' differ &&
		grep -qx \"\$(wc -l <want) differences\" differ"
done
grep -v "\"account\": \"\($ann\|$info\)\", .*\"folder\": \"INBOX\"" view.old >want
grep -v "\"account\": \"\($ann\|$info\)\", .*\"folder\": \"INBOX\"" view.new >got
ok "all other folders have every message, flag, keyword, date and byte" \
	compare --content want got
ok "no UID that a mail program knows is another message" \
	"$top/tests/lib/uid_cache.py" view.old view.new 50
ok "Sieve works as before" sieve "$dir/d" $ann get away
cp out said
ok "... with the same script" cmp script said
printf 'Subject: sorted\r\nX-To: sent\r\n\r\nsorted\r\n' >letter
ok "... and sorts mail" python3 - "$(says_of "$dir/p" SMTP)" $ann <<-'PY'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
    server.sendmail("x@y.test", [sys.argv[2]], open("letter").read())
PY
ok "... into its folder" sh -c "
	for n in \$(seq 100); do
		! grep -rqs '^sorted' '$dir/d/mail/a.test/ann/Maildir/.Sent' || exit 0
		sleep 0.1
	done; exit 1"
ok "the copy is as it was" bk-check -c "$host/root/rebuild.conf" -r copy latest
"$top/tests/servers/postfix" "$dir/p" kill
dovecot "$dir/d" stop

# ---- another one, by the steps one after the other -----------------------------------

standby mx3
sed "s,^url = .*,url = $BK_TEST_SMB_URL," step.1 |
	sed "s,$work/mx2/,$host/,g" >"$host/root/rebuild.conf"
export BK_CONFIG="$host/root/rebuild.conf"
ok "configuration comes back, from SMB" bk-restore -r copy latest --trees --to "$host"
adapt
page '3. Is it whole' whole
typed "the copy is whole" whole.1
page '4. The mail' mail
typed "mail comes back, by step 4" mail.1
ok "... which was listed before" grep -q "$ann .*Last thing" said
page '6. Let people in' in
sed -i '/doveadm/d' in.1
typed "the servers start" in.1
view "$dir/d" >view.new
ok "the server shows every folder, UIDVALIDITY, UID, flag, keyword, date and byte" \
	compare view.old view.new

done_testing
