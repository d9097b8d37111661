#!/bin/sh
# SFTP: the promises of a target kept on OpenSSH and on ProFTPD, and host keys,
# logins and broken connections as a person meets them.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup bk-list
need_sshd
need_proftpd
need_faultproxy sshd

# ---- the promises -------------------------------------------------------------

ok 'the promises of a target: OpenSSH, by a key' \
	env -u BK_TEST_PASSWORD_FILE BK_TEST_URL="$BK_TEST_SFTP_URL" \
	timeout 120 "$BK_BUILD/drivers/test_target"
ok 'the promises of a target: ProFTPD, by a password' \
	env -u BK_TEST_SSH_KEY BK_TEST_URL="$BK_TEST_SFTP_PASSWORD_URL" \
	BK_TEST_KNOWN_HOSTS="$BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS" \
	timeout 120 "$BK_BUILD/drivers/test_target"

# ---- whom we talk to ----------------------------------------------------------

url=$BK_TEST_SFTP_URL/tools
ssh_key=$BK_TEST_SSH_KEY
known=$BK_TEST_KNOWN_HOSTS
# on TOOL ARGUMENT...: with the repository there.
on() {
	tool=$1
	shift
	"$tool" -r "$url" -o ssh-key="$ssh_key" -o known-hosts="$known" \
		-o timeout=2s --password-from "$opened_by" "$@"
}
# made NAME WHERE: a repository, which NAME.key opens from then on: in no time.
made() {
	opened_by=file:$work/password
	exits 0 "a repository is made $2" on bk-init
	exits 0 '... and a key block' on bk-key export "$work/$1.key"
	opened_by=keyblock:$work/$1.key
}
print=$(ssh-keygen -lf "$(server_root sshd)/host_key.pub" | cut -d ' ' -f 2)
other=$(ssh-keygen -lf "$(server_root sshd)/other_key.pub" | cut -d ' ' -f 2)

made tools 'on a server'
exits 0 'it is there' on bk-list
known=$work/known
exits 2 'no file of known hosts, and no leave to begin one' on bk-list
says "bk-list: $url: $known with the keys of known hosts cannot be read; connect once by ssh, or say accept-new = yes"
: >"$known"
exits 14 'a host key that is not known is refused' on bk-list
says "bk-list: $url: the host key $print is not in $known; if it is the right one, say accept-new = yes once"
exits 0 '... and accepted when told so' on bk-list -o accept-new=yes
ok '... it is written down as ssh does' cmp "$known" - <<KNOWN
$(head -n 1 "$BK_TEST_KNOWN_HOSTS")
KNOWN
exits 0 '... and known from then on' on bk-list
known=$BK_TEST_KNOWN_HOSTS_CHANGED
exits 14 'a key that has changed is never accepted' on bk-list -o accept-new=yes
says "bk-list: $url: the host key has changed: it is now $print, and not the one in $known.  Another machine, or somebody in between; ask its administrator, and only then take the old line out"
ok '... and the file is as it was' grep -q . "$known"
ok "... with the other key $other still in it" \
	test "$(ssh-keygen -lf "$known" | cut -d ' ' -f 2 | sort -u)" = "$other"
known=$BK_TEST_KNOWN_HOSTS

# ---- who we are ---------------------------------------------------------------

ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/stranger"
ssh_key=$work/stranger
exits 14 'a key that the server does not know' on bk-list
ssh_key=$work/nothing
exits 2 'a key that is not there' on bk-list
says "bk-list: $url: ssh-key $work/nothing cannot be read"
ssh_key=$BK_TEST_SSH_KEY
exits 2 'no login at all' bk-list -r "$url" -o known-hosts="$known"
says "bk-list: $url: no login; say ssh-key = FILE, or password = file:PATH"
(umask 077 && echo wrong >"$work/wrong")
exits 14 'a wrong password' bk-list -r "$BK_TEST_SFTP_PASSWORD_URL" \
	-o password=file:"$work/wrong" \
	-o known-hosts="$BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS"
says_like "bk-list: $BK_TEST_SFTP_PASSWORD_URL: .*are user and password right.*"

# ---- where --------------------------------------------------------------------

url=$BK_TEST_SFTP_URL/nowhere
exits 10 'a folder that is not there' on bk-list
says_like "bk-list: no repository at $url; run: bk init -r $url -o .*"
if [ -n "${BK_TEST_SFTP_TINY_URL:-}" ]; then
	url=$BK_TEST_SFTP_TINY_URL
	made tiny 'on a small disk'
	mkdir -p "$work/mail/a/cur" "$work/mail/a/new" "$work/mail/a/tmp"
	head -c 12000000 /dev/urandom | base64 >"$work/mail/a/cur/1.1.h:2,S"
	exits 15 'a disk that is full' on bk-backup "maildir:$work/mail/%u"
	says_like "bk-backup: .*no room left there.*"
	exits 0 'nothing was made there' on bk-list
	ok '... not half of it' test ! -s out
	head -c 3000000 /dev/urandom | base64 >"$work/mail/a/cur/1.1.h:2,S"
	exits 0 'what has room goes there' on bk-backup "maildir:$work/mail/%u"
fi

# ---- what breaks on the way ---------------------------------------------------

url=$BK_TEST_SFTP_URL/tools
opened_by=keyblock:$work/tools.key
exits 0 'mail goes there' on bk-backup "maildir:$work/mail/%u"
url=$(through_proxy "$url")
for what in cut reset flip; do
	for n in 0 100 1500 3000; do
		fault sshd "$what" "$n" 1
		exits 0 "$what after $n bytes is tried again" on bk-list
		fault sshd "down-$what" "$n" 1
		exits 0 "$what after $n bytes that come is tried again" on bk-list
	done
done
fault sshd none
url=$BK_TEST_SFTP_URL/tools
server sshd stop
exits 14 'a server that is down' timeout 100 bk-list -r "$url" \
	-o ssh-key="$ssh_key" -o known-hosts="$known" -o timeout=1s
says_like "bk-list: $url: .*is the server running.*"
server sshd start
exits 0 'and up again' on bk-list

done_testing
