#!/bin/sh
# bk init, driven at a terminal on hosts whose mail is had from a server: a Cyrus,
# a Dovecot with mdbox; on one with a Courier; and with copies on servers that
# take them, that refuse the login, that rename nothing.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/bare_host.sh
. "$top/tests/lib/bare_host.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk bk-init bk-backup bk-list bk-ship python3 doveconf dovecot ldd
[ "$(id -u)" = 0 ] || skip "it takes root"
need_cyrus
unset BK_STATE_DIR BK_CACHE_DIR BK_PASSWORD_FILE
python3 -B "$top/demo/mail.py" mail

# server_host ROOT PROGRAM...: one with a terminal, a name, and who signed.
server_host() {
	bare_host "$@" bk bk-init bk-backup bk-list sh
	mknod "$1/dev/tty" c 5 0
	echo '127.0.0.1 localhost' >"$1/etc/hosts"
	cp "$work/servers/pki/ca.crt" "$1/etc/ca.crt"
	(umask 077 && echo "${2:-pw}" >"$1/root/pass")
}

# types ROOT: at a terminal there, by the script on stdin.
types() {
	"$top/tests/lib/on_terminal.py" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		TZ=UTC chroot "$1" bk init
}

# expects QUESTION ANSWER [QUESTION ANSWER]...
expects() {
	printf '%s\t%s\n' "$@"
}

# from_there_on: all that is asked after the places.
from_there_on() {
	expects 'new password' horse 'same again' horse 'second person?' '' \
		'by themselves?' '' 'full set' '' 'since?' '' 'kept here?' '' \
		'mail when' '' 'right?' ''
}

# shows REGEX: the terminal did, of which `shown` is kept.
shows() {
	ok "... it shows: $1" grep -q -e "$1" shown
}

# backs_up ROOT ACCOUNTS: so that they are in a set.
backs_up() {
	ok "... and the job runs" on_host "$1" bk backup nightly -q
	on_host "$1" bk list latest --json >listed
	ok "... with all accounts" test "$(grep -c '"type": *"account"' listed)" -eq "$2"
}

# ---- Cyrus ---------------------------------------------------------------------

need_pki
c=$work/c
cyrus "$c" new "$work/servers/pki" && cyrus "$c" start || exit 1
cyrus "$c" adduser ann@a.test bob@b.test
# shellcheck source=/dev/null
. "$c/env"
server_host cyrus
cp "$c/imapd.conf" "$c/cyrus.conf" cyrus/etc/
{
	expects 'Which mail?' 1 'As whom?' '' 'password kept?' file:/root/none \
		'How is it' ca=/etc/ca.crt 'More?' '' \
		'Which mail?' 1 'As whom?' '' 'password kept?' file:/root/pass \
		'How is it' ca=/etc/ca.crt 'More?' '' \
		'repository go?' '' 'elsewhere' ''
	from_there_on
} >script
ok "a Cyrus is found" types cyrus <script
cp out shown
shows "1  Cyrus over IMAP, imap://127.0.0.1:$IMAP"
shows 'As whom?.*\[proxy:cyrus\]'
shows '/root/none: '
shows 'It works: 2 accounts'
backs_up cyrus 2

# ---- a Dovecot whose files are its own -------------------------------------------

d=$work/d
dovecot "$d" full "$work/servers/pki" 'mdbox:~/m' && dovecot "$d" adduser ann@a.test \
	bob@b.test eve@b.test && dovecot "$d" start || exit 1
# shellcheck source=/dev/null
. "$d/env"
server_host mdbox doveconf
(umask 077 && echo masterpw >mdbox/root/pass && echo doveadmkey >mdbox/root/key)
mkdir mdbox/etc/dovecot
for format in sdbox mdbox; do
	cat >mdbox/etc/dovecot/dovecot.conf <<-CONF
		mail_location = $format:~/m
		service imap-login {
		  inet_listener imap {
		    port = $IMAP
		  }
		}
	CONF
	{
		expects 'Which mail?' 1 'As whom?' master:nobody \
			'password kept?' file:/root/pass \
			'How is it' ca=/etc/ca.crt 'More?' '' \
			'Which mail?' ''
		[ $format = mdbox ] || expects 'As whom?' ^C
		[ $format = sdbox ] || expects 'As whom?' master:master \
			'password kept?' file:/root/pass 'How is it' ca=/etc/ca.crt \
			'More?' allow-cleartext=yes 'More?' "doveadm=http://localhost:$DOVEADM" \
			'More?' doveadm-password=file:/root/key 'More?' '' \
			'repository go?' '' 'elsewhere' ''
		[ $format = sdbox ] || from_there_on
	} >script
	case $format in
	sdbox) exits 130 "a Dovecot with $format is found" types mdbox <script ;;
	mdbox) ok "a Dovecot with $format is found" types mdbox <script ;;
	esac
	cp out shown
	shows "keeps mail as '$format': it is read over IMAP"
	shows "1  Dovecot over IMAP, imap://localhost:$IMAP"
done
shows 'It works: 3 accounts'
backs_up mdbox 3

# ---- Courier -----------------------------------------------------------------------

server_host courier
mkdir -p courier/etc/courier courier/home/ann courier/home/bob
printf '# where\nMAILDIRPATH=Post\n' >courier/etc/courier/imapd
set -- mail/*/*/Maildir
cp -a "$1" courier/home/ann/Post
cp -a "$2" courier/home/bob/Post
{
	expects 'Which mail?' '' 'repository go?' /srv/bk 'elsewhere' ''
	from_there_on
} >script
ok "a Courier is found" types courier <script
cp out shown
shows '1  Courier, /home/%u/Post: 2 accounts, '
backs_up courier 2

# ---- copies on servers ---------------------------------------------------------------

need_proftpd
need_vsftpd
need_sshd
need_samba
need_apache
need_nginx
need_rgw
export BK_STATE_DIR="$work/state" BK_CACHE_DIR="$work/cache"
mkdir fake
printf '#!/bin/sh\nexit 1\n' >fake/doveconf
chmod 755 fake/doveconf
export PATH="$work/fake:$PATH"
(umask 077 && echo nonsense >wrong)
password=password=file:$BK_TEST_PASSWORD_FILE

# copy URL NAME OPTION...: an answer, for a folder of that name beside that of
# the URL, and how it is reached.
copy() {
	expects 'opy' "${1%/*}/$2"
	shift
	shift
	before='How is it'
	for option; do
		expects "$before" "$option"
		before=More
	done
	expects "$before" ''
}
with_key() {
	echo "$1" | sed "s,s3:https://,&$BK_TEST_S3_KEY@,"
}
key=ssh-key=$BK_TEST_SSH_KEY
known=known-hosts=$BK_TEST_KNOWN_HOSTS
{
	expects '%u, or' "$work/mail/%d/%n/Maildir" 'repository go?' "$work/main"
	copy "$BK_TEST_FTPES_URL" p1 "$password" "ca=$BK_TEST_CA"
	copy "$BK_TEST_FTPES_URL" p2 "password=file:$work/wrong" "ca=$BK_TEST_CA"
	copy "$BK_TEST_FTPES_URL" p3 "$password"
	copy "$BK_TEST_FTPES_DROP_URL" p4 "$password" "ca=$BK_TEST_CA"
	copy "$BK_TEST_SFTP_URL" p5 "$key" "$known"
	copy "$BK_TEST_SFTP_URL" p6 "$password" "$known"
	copy "$BK_TEST_SFTP_DROP_URL" p7 "$key" "$known"
	copy "$BK_TEST_SMB_URL" p8 "$password"
	copy "$BK_TEST_SMB_URL" p9 "password=file:$work/wrong"
	copy "$BK_TEST_SMB_READONLY_URL" p10 "$password"
	copy "$BK_TEST_WEBDAV2_URL" p11 "$password" "ca=$BK_TEST_CA"
	copy "$BK_TEST_WEBDAV2_URL" p12 "password=file:$work/wrong" "ca=$BK_TEST_CA"
	copy "$BK_TEST_WEBDAV_DROP_URL" p13 "$password" "ca=$BK_TEST_CA"
	copy "$(with_key "$BK_TEST_S3_URL")" p14 "$password" "ca=$BK_TEST_CA"
	copy "$(with_key "$BK_TEST_S3_URL")" p15 "password=file:$work/wrong" "ca=$BK_TEST_CA"
	expects 'Another copy' ''
	expects 'new password' horse 'same again' horse 'second person?' '' \
		'by themselves?' '' 'full set' '' 'since?' '' 'kept here?' '' \
		'mail when' ''
	[ ! -w /etc/cron.d ] || expects 'at these times?' no
	expects 'right?' ''
} >script
ok "copies on servers" "$top/tests/lib/on_terminal.py" bk init -c "$work/typed/bk.conf" <script
cp out shown
at='[a-z0-9:]*//[^ ]*'
shows "^  $at: the server says .530 Login incorrect"
shows "^  $at: SSL certificate problem: .* ca = FILE"
shows "^  $at: the login was refused; are user and password right?"
shows "^  $at: this login may not rename, .* put under their own names"
shows "^  $at: the server turns user bk away"
shows "^  $at: make its folder: Permission denied"
shows "^  $at: HTTP 401 Unauthorized: are user and password right?"
shows "^  $at: the server renames nothing"
shows "^  $at: .*SignatureDoesNotMatch\|^  $at: HTTP 403"
shows "It works: a file was written at the second try, and read back\."
shows "This login deletes nothing: probe\.[0-9a-f]* stays there"
sed -n 's/^ship = //p' typed/bk.conf >ship
ok "each that works has a name" test "$(cat ship)" = \
	'ftpes ftpes2 sftp sftp2 smb https https2 s3'
ok "a set" bk backup -c typed/bk.conf nightly
cp out shown
# shellcheck disable=SC2013 # words
for target in $(cat ship); do
	shows "^$target: complete, 1 of 1 sets"
done
done_testing
