# Places elsewhere for end-to-end tests: servers on loopback, each started once.
# shellcheck shell=sh
#
#	. "$top/tests/lib/e2e.sh"
#	. "$top/tests/lib/targets.sh"
#	need_proftpd
#
# need_NAME starts tests/servers/NAME in $work/servers/NAME, or skips the file
# where it is not installed, and exports what the test and programs in C want to
# know.  A URL ends in a folder that does not exist yet and holds no secret:
#
#	BK_TEST_PASSWORD_FILE   the password of every login
#	BK_TEST_CA              who signed the servers' certificates
#	BK_TEST_CLIENT_CERT, BK_TEST_CLIENT_KEY
#	BK_TEST_STRANGER_CERT, BK_TEST_STRANGER_KEY   of a CA that nobody trusts
#
# need_proftpd
#	BK_TEST_FTP_URL         no TLS            BK_TEST_FTP_DIR: its files
#	BK_TEST_FTPES_URL       explicit TLS      BK_TEST_FTPES_DIR
#	BK_TEST_FTPS_URL        implicit TLS      BK_TEST_FTPS_DIR
#	BK_TEST_FTPES_NOTLS_URL asks for TLS where there is none
#	BK_TEST_FTPES_APPEND_URL   a login that deletes and overwrites nothing
#	BK_TEST_FTPES_DROP_URL     one that renames nothing, besides
#	BK_TEST_FTPES_TINY_URL     8 MiB  *
#	BK_TEST_SFTP_PASSWORD_URL  SFTP with a password; BK_TEST_SFTP_PASSWORD_DIR,
#				BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS
#	BK_TEST_SFTP_PASSWORD_APPEND_URL, BK_TEST_SFTP_PASSWORD_DROP_URL
#				the same two logins by SFTP
# need_vsftpd (root only)
#	BK_TEST_VSFTPD_URL      explicit TLS, neither MLSD nor HASH; takes any
#				password; BK_TEST_VSFTPD_DIR
# need_nginx
#	BK_TEST_WEBDAV_URL      overwrites whatever one asks; BK_TEST_WEBDAV_DIR
#	BK_TEST_WEBDAV_TINY_URL 8 MiB  *
#	BK_TEST_WEBDAV_DROP_URL the same files; deletes, renames and overwrites
#				nothing
#	BK_TEST_HTTPS_READ_URL  reads BK_TEST_WEBDAV_DIR, lists it in HTML
#	BK_TEST_HTTPS_BARE_URL  reads it, lists nothing
#	BK_TEST_HTTPS_ONE_URL   likewise, and sends one range a request
#	BK_TEST_HTTPS_ELSEWHERE_URL   redirects to another host name
#	BK_TEST_HTTPS_CLEARTEXT_URL   redirects to http://
#	BK_TEST_HTTPS_LOGIN_URL       a login page, status 200, for everything
#	BK_TEST_HTTPS_BUSY_URL        503 for everything
#	BK_TEST_HTTPS_CLIENT_URL      wants a client certificate, no password
#	BK_TEST_HTTPS_WRONGHOST_URL, BK_TEST_HTTPS_EXPIRED_URL,
#	BK_TEST_HTTPS_UNKNOWN_URL     with such a certificate
#	BK_TEST_HTTP_URL              the same without TLS
#	BK_TEST_HTTPS_REQUESTS        file, a line for each: port host method path
#				status authorized|anonymous
#	BK_TEST_HTTPS_SENT    file, likewise: method path range status bytes
# need_apache
#	BK_TEST_WEBDAV2_URL     honours preconditions; BK_TEST_WEBDAV2_DIR
#	BK_TEST_WEBDAV2_DIGEST_URL   the same files, asks for Digest
#	BK_TEST_WEBDAV2_TINY_URL     8 MiB  *
# need_sshd
#	BK_TEST_SFTP_URL        absolute paths; BK_TEST_SFTP_DIR
#	BK_TEST_SSH_KEY         (and .pub) opens it; BK_TEST_KNOWN_HOSTS
#	BK_TEST_KNOWN_HOSTS_CHANGED  another key for the same host
#	BK_TEST_SFTP_TINY_URL   8 MiB  *
#	BK_TEST_SFTP_DROP_URL   the same files; deletes and renames nothing
#	BK_TEST_SFTP_LIAR_URL   the same files, by a server that lies as
#				BK_TEST_SFTP_LIES says
# need_samba (root only)
#	BK_TEST_SMB_URL         wants encryption; BK_TEST_SMB_DIR
#	BK_TEST_SMB_READONLY_URL     the same files, not to be written
#	BK_TEST_SMB_TINY_URL    8 MiB  *
# need_rgw
#	BK_TEST_S3_URL          Ceph; nothing of it is left after `server rgw stop`
#	BK_TEST_S3_KEY          the access key
#	BK_TEST_S3_SECRET_FILE  its secret (the same as BK_TEST_PASSWORD_FILE)
#	BK_TEST_S3_TINY_URL     a bucket with a quota of 8 MiB
#	BK_TEST_S3_HTTP_URL     without TLS
#	BK_TEST_S3_APPEND_URL   a login that deletes nothing, its key in it
#
# * only where root may mount, otherwise not set.
#
# server NAME start|stop|kill   does that to one of them; kill is SIGKILL
# server_root NAME              prints where it lies
# server_says NAME WORD         prints PORT, DATA, ... of its ROOT/env
# hand_over PATH...             gives files to the user that the servers run as
# need_faultproxy NAME          puts a proxy before it, on 127.0.0.2
# through_proxy URL             prints the URL that goes through it
# need_ipv6 NAME                it is reached at ::1, too
# at_ipv6 URL                   prints the URL that goes there
# fault_struck NAME             it did, since it was said
# as_victim NAME COMMAND...   runs it as the one that `fault NAME kill` kills
# fault NAME WHAT [N [TIMES [WORD]]]   what goes wrong there from now on, see
#				tests/lib/fault_proxy.py; a line for each
#				time is in `server_root NAME-faults`/struck

BK_TEST_PASSWORD_FILE=${work:?}/servers/password
export BK_TEST_PASSWORD_FILE
mkdir "$work/servers"
chmod 755 "$work/servers"
(umask 077 && echo swordfish-4711 >"$BK_TEST_PASSWORD_FILE")

server_root() {
	echo "$work/servers/$1"
}

server_says() {
	sed -n "s/^$2=//p" "$work/servers/$1/env"
}

server() {
	program=$1
	shift
	"${top:?}/tests/servers/$program" "$work/servers/$program" "$@"
}

hand_over() {
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$@"
}

# new_server NAME WORD...: with these words for `new`.
new_server() {
	root=$work/servers/$1
	servers="$servers $1:$root"
	program=$1
	shift
	if ! server "$program" new "$@" 2>"$root.err" ||
		! server "$program" start 2>"$root.err"; then
		sed 's/^/# /' "$root.err"
		echo "Bail out! $program does not start"
		exit 1
	fi
	port=$(server_says "$program" PORT)
	data=$(server_says "$program" DATA)
	tiny=$(server_says "$program" TINY)
}

# new: not started yet.
new() {
	[ ! -d "$work/servers/$1" ]
}

need_pki() {
	pki=$work/servers/pki
	new pki || return 0
	needs openssl
	"$top/tests/servers/pki" "$pki"
	export BK_TEST_CA="$pki/ca.crt"
	export BK_TEST_CLIENT_CERT="$pki/client.crt"
	export BK_TEST_CLIENT_KEY="$pki/client.key"
	export BK_TEST_STRANGER_CERT="$pki/stranger.crt"
	export BK_TEST_STRANGER_KEY="$pki/stranger.key"
}

need_proftpd() {
	new proftpd || return 0
	needs proftpd ssh-keygen
	need_pki
	new_server proftpd "$pki"
	base=$(server_says proftpd BASE)
	at=@127.0.0.1:$port$base
	export BK_TEST_FTPES_URL="ftpes://bk$at/repo"
	export BK_TEST_FTPES_DIR="$data/repo"
	export BK_TEST_FTPES_APPEND_URL="ftpes://append$at/repo"
	export BK_TEST_FTPES_DROP_URL="ftpes://drop$at/repo"
	[ -z "$tiny" ] || export BK_TEST_FTPES_TINY_URL="ftpes://tiny$at/repo"
	at=@127.0.0.1:$((port + 1))$base
	export BK_TEST_FTPS_URL="ftps://bk$at/repo" BK_TEST_FTPS_DIR="$data/repo"
	at=@127.0.0.1:$((port + 2))$base
	export BK_TEST_FTP_URL="ftp://bk$at/repo" BK_TEST_FTP_DIR="$data/repo"
	export BK_TEST_FTPES_NOTLS_URL="ftpes://bk$at/repo"
	at=@127.0.0.1:$((port + 3))$base
	export BK_TEST_SFTP_PASSWORD_URL="sftp://bk$at/repo"
	export BK_TEST_SFTP_PASSWORD_DIR="$data/repo"
	BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS=$(server_root proftpd)/known_hosts
	export BK_TEST_SFTP_PASSWORD_KNOWN_HOSTS
	export BK_TEST_SFTP_PASSWORD_APPEND_URL="sftp://append$at/repo"
	export BK_TEST_SFTP_PASSWORD_DROP_URL="sftp://drop$at/repo"
}

need_vsftpd() {
	new vsftpd || return 0
	vsftpd=$("$top/tests/lib/fetch_vsftpd" 2>"$work/vsftpd.err") ||
		skip "no vsftpd: $(tail -n 1 "$work/vsftpd.err")"
	[ "$(id -u)" -eq 0 ] || skip "$vsftpd wants root"
	need_pki
	new_server vsftpd "$pki"
	export BK_TEST_VSFTPD_URL="ftpes://anonymous@127.0.0.1:$port/files/repo"
	export BK_TEST_VSFTPD_DIR="$data/files/repo"
}

need_nginx() {
	new nginx || return 0
	needs nginx
	need_pki
	new_server nginx "$pki"
	at=bk@127.0.0.1:$port
	export BK_TEST_WEBDAV_URL="https://$at/repo"
	export BK_TEST_WEBDAV_DIR="$data/repo"
	[ -z "$tiny" ] || export BK_TEST_WEBDAV_TINY_URL="https://$at/tiny/repo"
	export BK_TEST_WEBDAV_DROP_URL="https://$at/append/repo"
	export BK_TEST_HTTPS_READ_URL="https://$at/read/repo"
	export BK_TEST_HTTPS_BARE_URL="https://$at/bare/repo"
	export BK_TEST_HTTPS_ONE_URL="https://$at/one/repo"
	export BK_TEST_HTTPS_ELSEWHERE_URL="https://$at/elsewhere/repo"
	export BK_TEST_HTTPS_CLEARTEXT_URL="https://$at/cleartext/repo"
	export BK_TEST_HTTPS_LOGIN_URL="https://$at/login/repo"
	export BK_TEST_HTTPS_BUSY_URL="https://$at/busy/repo"
	export BK_TEST_HTTPS_CLIENT_URL="https://127.0.0.1:$((port + 1))/repo"
	export BK_TEST_HTTPS_WRONGHOST_URL="https://bk@127.0.0.1:$((port + 2))/repo"
	export BK_TEST_HTTPS_EXPIRED_URL="https://bk@127.0.0.1:$((port + 3))/repo"
	export BK_TEST_HTTPS_UNKNOWN_URL="https://bk@127.0.0.1:$((port + 4))/repo"
	export BK_TEST_HTTP_URL="http://bk@127.0.0.1:$((port + 5))/repo"
	BK_TEST_HTTPS_REQUESTS=$(server_root nginx)/run/requests
	export BK_TEST_HTTPS_REQUESTS
	BK_TEST_HTTPS_SENT=$(server_root nginx)/run/sent
	export BK_TEST_HTTPS_SENT
}

need_apache() {
	new apache || return 0
	needs apache2
	need_pki
	new_server apache "$pki"
	at=bk@127.0.0.1:$port
	export BK_TEST_WEBDAV2_URL="https://$at/repo"
	export BK_TEST_WEBDAV2_DIR="$data/repo"
	export BK_TEST_WEBDAV2_DIGEST_URL="https://$at/digest/repo"
	[ -z "$tiny" ] || export BK_TEST_WEBDAV2_TINY_URL="https://$at/tiny/repo"
}

need_sshd() {
	new sshd || return 0
	needs sshd ssh-keygen
	new_server sshd
	at=$(server_says sshd LOGIN)@127.0.0.1:$port
	export BK_TEST_SFTP_URL="sftp://$at$data/repo"
	export BK_TEST_SFTP_DIR="$data/repo"
	[ -z "$tiny" ] || export BK_TEST_SFTP_TINY_URL="sftp://$at$tiny/repo"
	export BK_TEST_SFTP_DROP_URL="sftp://${at%:*}:$((port + 2))$data/repo"
	at=$(server_says sshd LIAR)@127.0.0.1:$((port + 1))
	export BK_TEST_SFTP_LIAR_URL="sftp://$at$data/repo"
	export BK_TEST_SFTP_LIES="$root/lies"
	export BK_TEST_SSH_KEY="$root/user_key"
	export BK_TEST_KNOWN_HOSTS="$root/known_hosts"
	export BK_TEST_KNOWN_HOSTS_CHANGED="$root/changed_hosts"
}

need_samba() {
	new samba || return 0
	needs smbd smbpasswd
	[ "$(id -u)" -eq 0 ] || skip "Samba wants root"
	new_server samba
	at=bk@127.0.0.1:$port
	export BK_TEST_SMB_URL="smb://$at/share/repo" BK_TEST_SMB_DIR="$data/repo"
	export BK_TEST_SMB_READONLY_URL="smb://$at/readonly/repo"
	[ -z "$tiny" ] || export BK_TEST_SMB_TINY_URL="smb://$at/tiny/repo"
}

need_rgw() {
	new rgw || return 0
	needs radosgw ceph-mon ceph-osd curl
	need_pki
	new_server rgw "$pki"
	export BK_TEST_S3_URL="s3:https://127.0.0.1:$port/bucket/repo"
	export BK_TEST_S3_TINY_URL="s3:https://127.0.0.1:$port/tiny/repo"
	export BK_TEST_S3_HTTP_URL="s3:http://127.0.0.1:$((port + 1))/bucket/repo"
	export BK_TEST_S3_KEY=BKTESTKEY
	at=BKAPPENDKEY@127.0.0.1:$port
	export BK_TEST_S3_APPEND_URL="s3:https://$at/append/repo"
	export BK_TEST_S3_SECRET_FILE="$BK_TEST_PASSWORD_FILE"
}

# proxy ROOT SERVER_ROOT [ADDRESS]
proxy() {
	servers="$servers faultproxy:$1"
	if ! "$top/tests/servers/faultproxy" "$1" new "$2" ${3:+"$3"} ||
		! "$top/tests/servers/faultproxy" "$1" start; then
		echo "Bail out! no proxy before $2"
		exit 1
	fi
}

# The proxy before NAME lies in $work/servers/NAME-faults.
need_faultproxy() {
	! new "$1-faults" ||
		proxy "$(server_root "$1-faults")" "$(server_root "$1")"
}

need_ipv6() {
	python3 -c 'import socket
socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>ipv6.err ||
		skip "no IPv6: $(tail -n 1 ipv6.err)"
	! new "$1-ipv6" ||
		proxy "$(server_root "$1-ipv6")" "$(server_root "$1")" ::1
}

at_ipv6() {
	echo "$1" | sed 's/127\.0\.0\.1/[::1]/'
}

through_proxy() {
	echo "$1" | sed 's/127\.0\.0\.1/127.0.0.2/'
}

fault_struck() {
	[ -s "$(server_root "$1-faults")/struck" ]
}

as_victim() {
	victim=$(server_root "$1-faults")/victim
	shift
	# shellcheck disable=SC2016 # for the shell that the command takes over
	sh -c 'echo $$ >"$0"; exec "$@"' "$victim" "$@"
}

fault() {
	root=$(server_root "$1-faults")
	shift
	: >"$root/struck"
	echo "$*" >"$root/fault.new"
	mv "$root/fault.new" "$root/fault"
}

# acts URL ACT...: a line of what came of each in `came`, see drivers/acts.
acts() {
	timeout 100 "$BK_BUILD/drivers/acts" "$@" >came 2>came.err
}

# acts_until_full URL ACT...: a ProFTPD says ENOSPC where a write fails, and EIO
# where it could write a part, as chance has it.
acts_until_full() {
	for _ in 1 2 3 4 5; do
		acts "$@"
		grep -q ' BUSY .*Input/output error' came || break
	done
}
