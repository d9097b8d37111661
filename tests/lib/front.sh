# Two mail servers, a and b, behind a Dovecot proxy and a Postfix: what an account
# is moved behind.
# shellcheck shell=sh disable=SC2154,SC2034 # `work` is e2e.sh's; others use these
#
#	. "$top/tests/lib/front.sh"	after e2e.sh
#	near=cyrus			what a is; else it is a Dovecot
#	far=cyrus			what b is
#	front_up ACCOUNT...		all four run; the accounts live at a
#	front_sections			[server]s a, b and front, [route]s logins and mail
#
# Each account has a folder at-a at a, and at-b at b.  $proxy_a and $proxy_b are
# fields of the proxy's passwd-file that lead there, $lmtp_a and $lmtp_b nexthops
# of Postfix.

# front NAME ROOT VERB...: as tests/servers/NAME; what was started is stopped.
front() {
	server=$1
	shift
	case $2 in start) servers="$servers $server:$1" ;; esac
	"$top/tests/servers/$server" "$@"
}

# port SERVER NAME: one of its ports.
port() {
	sed -n "s/^$2=//p" "$work/$1/env"
}

dovecot_up() {
	side=$1
	shift
	dovecot "$work/$side" new && dovecot "$work/$side" adduser "$@" &&
		dovecot "$work/$side" start
}

cyrus_up() {
	side=$1
	shift
	[ -e "$work/pki" ] || "$top/tests/servers/pki" "$work/pki"
	cyrus "$work/$side" new "$work/pki" && cyrus "$work/$side" start &&
		cyrus "$work/$side" adduser "$@"
}

# kind_of SIDE: of a or b.
kind_of() {
	case $1 in
	a) echo "${near:-dovecot}" ;;
	b) echo "${far:-dovecot}" ;;
	esac
}

# proxy_to SIDE: who leaves a Cyrus comes by imaps, which can be denied without
# keeping who moves the mail out.
proxy_to() {
	case $1:$(kind_of "$1") in
	a:cyrus) echo "proxy=y ssl=any-cert host=127.0.0.1 port=$(port a IMAPS)" ;;
	*) echo "proxy=y host=127.0.0.1 port=$(port "$1" IMAP)" ;;
	esac
}

front_up() {
	"$(kind_of a)_up" a "$@" && "$(kind_of b)_up" b "$@" || return
	proxy_a=$(proxy_to a)
	proxy_b=$(proxy_to b)
	lmtp_a="lmtp:inet:127.0.0.1:$(port a LMTP)"
	lmtp_b="lmtp:inet:127.0.0.1:$(port b LMTP)"
	front dovecot_proxy "$work/front" new &&
		front postfix "$work/mx" new "port/$(port a LMTP)" || return
	for account; do
		for side in a b; do
			"$top/tests/lib/imap_client.py" "$work/$side/env" \
				"$account" "CREATE at-$side" || return
		done
		# shellcheck disable=SC2086 # one word a field
		front dovecot_proxy "$work/front" route "$account" $proxy_a
	done
	front dovecot_proxy "$work/front" start && front postfix "$work/mx" start
}

# front_server NAME LINE...: its section; LINEs may need a login of their own.
front_server() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port "$1" IMAP)
	allow-cleartext = yes
	password = file:$work/pw
	CONF
	shift
	printf '%s\n' "$@" >>"$BK_CONFIG"
}

front_sections() {
	for side in a b; do
		case $side in
		a) front_server a "proxy-to = $proxy_a" "transport = $lmtp_a" ;;
		b) front_server b "proxy-to = $proxy_b" "transport = $lmtp_b" ;;
		esac
		[ "$(kind_of $side)" != cyrus ] || printf '%s\n' \
			'login = proxy:cyrus' "ca = $work/pki/ca.crt" >>"$BK_CONFIG"
	done
	front_server front "smtp = smtp://127.0.0.1:$(port mx SMTP)"
	cat >>"$BK_CONFIG" <<-CONF
	[route logins]
	type = dovecot-passwd
	file = $work/front/users
	command = doveadm -c $work/front/dovecot.conf
	[route mail]
	type = postfix-transport
	file = $work/mx/etc/transport
	config = $work/mx/etc
	CONF
}

# cyrus_door SIDE: a [route] there, which keeps people and mail out, but not bk.
cyrus_door() {
	cat >>"$BK_CONFIG" <<-CONF
	[route door-$1]
	type = cyrus-deny
	server = $1
	services = imaps,lmtp,sieve
	command = $top/tests/servers/cyrus $work/$1 tool cyr_deny
	CONF
}

# at_the_door SIDE ACCOUNT: straight to a Cyrus, as people do.
at_the_door() {
	"$top/tests/lib/imap_logins.py" --tls --ca "$work/pki/ca.crt" \
		"$(port "$1" IMAPS)" "$2" pw
}

# at_the_front ACCOUNT COMMAND...: IMAP through the proxy.
at_the_front() {
	"$top/tests/lib/imap_client.py" "$work/front/env" "$@"
}

# reaches SERVER ACCOUNT: a login at the front ends there.
reaches() {
	at_the_front "$2" "SELECT at-$1"
}

# subjects SERVER ACCOUNT: of what was delivered to its INBOX there, a Dovecot,
# sorted.
subjects() {
	find "$work/$1/mail/${2#*@}/${2%@*}/Maildir/new" \
		"$work/$1/mail/${2#*@}/${2%@*}/Maildir/cur" -type f \
		-exec sed -n 's/^Subject: //p;/^\r*$/q' {} \; 2>/dev/null |
		tr -d '\r' | sort -n
}

# delivered FOLDER: a mail came to that Maildir, and is `mail` then.
delivered() {
	for _ in $(seq 100); do
		set -- "$1" "$1"/new/*
		[ ! -e "$2" ] || { mv "$2" mail && return; }
		sleep 0.1
	done
	return 1
}

# queue_runs_out: what was put off is delivered.
queue_runs_out() {
	tries=0
	front postfix "$work/mx" tool postqueue -f
	until front postfix "$work/mx" tool postqueue -p | grep -q 'queue is empty'; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return
		sleep 0.1
		[ $((tries % 20)) -ne 0 ] ||
			front postfix "$work/mx" tool postqueue -f
	done
}
