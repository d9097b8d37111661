# TAP for moves between mail servers.
# shellcheck shell=sh disable=SC2154 # `top` is e2e.sh's
#
#	. "$top/tests/lib/moves.sh"	after e2e.sh

unset BK_PASSWORD_FILE
export BK_CONFIG="${work:?}/bk.conf"
(umask 077 && echo pw >"$work/pw" && : >"$BK_CONFIG")

# section NAME PORT [ADDRESS]: a server where accounts log in by themselves.
section() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imap://${3:-127.0.0.1}:$2
	ca = $work/pki/ca.crt
	password = file:$work/pw
	CONF
}

# port_of SERVER: that of IMAP.
port_of() {
	sed -n 's/^IMAP=//p' "$work/$1/env"
}

# at SERVER ACCOUNT: its LOGIN.
at() {
	login "$work/$1" "$2"
}

makes() {
	"$top/tests/lib/imap_world.py" "$@" >made
}

# does SERVER ACCOUNT COMMAND...
does() {
	server=$1
	shift
	"$top/tests/lib/imap_client.py" "$work/$server/env" "$@" >does.out 2>&1 &&
		return
	sed 's/^/# /' does.out
	return 1
}

# same OPTION... LOGIN LOGIN
same() {
	"$top/tests/lib/same_mail.py" --without acl,metadata,special-use "$@"
}

# message FLAGS WORD: the words of an APPEND behind the folder's name.
message() {
	crlf=$(printf '\r\n_')
	crlf=${crlf%_}
	text="Subject: $2$crlf$crlf$2"
	echo "($1) \"01-Jan-2001 00:00:00 +0000\" {${#text}+}$crlf$text"
}
