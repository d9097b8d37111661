#!/bin/sh
# Servers at an IPv6 address: copies go there and come back with each protocol, and
# a mail server is read and written.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship dovecot ssh-keygen
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
new_source 1 300000

for name in proftpd nginx sshd samba rgw; do
	"need_$name"
	need_ipv6 $name
done
secret=password=file:$BK_TEST_PASSWORD_FILE

to_server FTPES "$(at_ipv6 "$BK_TEST_FTPES_URL/es")" "$BK_TEST_FTPES_DIR/es" \
	-o "$secret" -o "ca=$BK_TEST_CA"
to_server HTTPS "$(at_ipv6 "$BK_TEST_WEBDAV_URL")" "$BK_TEST_WEBDAV_DIR" \
	-o "$secret" -o "ca=$BK_TEST_CA"
to_server SMB "$(at_ipv6 "$BK_TEST_SMB_URL")" "$BK_TEST_SMB_DIR" -o "$secret"
to_server S3 "$(at_ipv6 "$BK_TEST_S3_URL" | sed "s,://,://$BK_TEST_S3_KEY@,")" \
	'' -o "$secret" -o "ca=$BK_TEST_CA"

# The key of a host is written down as ssh does, and looked for there.
url=$(at_ipv6 "$BK_TEST_SFTP_URL")
: >known
exits 14 'SFTP: a host key that is not known is refused' bk-ship push "$url" \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$work/known"
exits 3 '... and accepted when told so' bk-ship status "$url" -o accept-new=yes \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$work/known"
ok '... as ssh has it' grep -qxF "$(
	head -n 1 "$BK_TEST_KNOWN_HOSTS" | sed 's/127\.0\.0\.1/::1/')" known
ok '... and finds it' ssh-keygen -F "[::1]:$(server_says sshd PORT)" -f known
to_server SFTP "$url" "$BK_TEST_SFTP_DIR" -o "ssh-key=$BK_TEST_SSH_KEY" \
	-o "known-hosts=$work/known"
sed 's/127\.0\.0\.1/::1/' "$BK_TEST_KNOWN_HOSTS_CHANGED" >changed
exits 14 'SFTP: a host key that has changed is refused' bk-ship push "$url" \
	-o "ssh-key=$BK_TEST_SSH_KEY" -o "known-hosts=$work/changed" \
	-o accept-new=yes

# ---- a mail server ---------------------------------------------------------------

mail=$work/servers/dovecot
ann=ann@a.test
dovecot "$mail" full "$pki"
dovecot "$mail" adduser $ann
dovecot "$mail" start
need_ipv6 dovecot
(umask 077 && echo pw >pw)
ok 'mail comes to a server' "$top/tests/lib/imap_world.py" ordinary \
	"$(login "$mail" $ann)" --messages 20
cat >>"$BK_CONFIG" <<CONF
[server tls]
url = imaps://ann%40a.test@[::1]:$(server_says dovecot IMAPS)
ca = $BK_TEST_CA
password = file:$work/pw
[server starttls]
url = imap://ann%40a.test@[::1]:$(server_says dovecot IMAP)
ca = $BK_TEST_CA
password = file:$work/pw
CONF
for server in tls starttls; do
	ok "$server: a backup of it" bk-backup $server --full
	cp out said
	ok '... of all its mail' grep -q '20 messages: 20 new' said
done
ok 'an account comes back there' bk-restore latest --store tls \
	--to starttls --into Restored
ok '... all of it' sh -c "bk-backup tls --full | grep '40 messages: 40 new'"
done_testing
