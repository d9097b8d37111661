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

# with_dovecot NAME ACCOUNT...: a Dovecot that knows them, with a section; it keeps
# mail as `format` says, if that is set.
with_dovecot() {
	[ -e "$work/pki" ] || "$top/tests/servers/pki" "$work/pki"
	server=$1
	shift
	dovecot "$work/$server" full "$work/pki" ${format:+"$format"}
	dovecot "$work/$server" adduser "$@"
	dovecot "$work/$server" start
	section "$server" "$(port_of "$server")"
}

# with_cyrus NAME ACCOUNT...: a Cyrus.
with_cyrus() {
	[ -e "$work/pki" ] || "$top/tests/servers/pki" "$work/pki"
	server=$1
	shift
	cyrus "$work/$server" new "$work/pki"
	cyrus "$work/$server" start
	cyrus "$work/$server" adduser "$@"
	section "$server" "$(port_of "$server")"
}

# two_servers ACCOUNT...: a and b, which know them.
two_servers() {
	with_dovecot a "$@"
	with_dovecot b "$@"
}

# route_at NAME FILE: a section whose route is $work/FILE, see
# tests/lib/route_file.sh.
route_at() {
	cat >>"$BK_CONFIG" <<-CONF
	[route $1]
	type = command
	command = $top/tests/lib/route_file.sh $work/$2
	CONF
}

file_route() {
	route_at file route
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

# ---- two domains of ten accounts each ----------------------------------------------

crowd=$(for n in 1 2 3 4 5 6 7 8 9 10; do
	echo "u$n@a.test"
	echo "u$n@b.test"
done)

# crowd_at SERVER [SERVER]: the LOGINs of all of them, at the one and the other.
crowd_at() {
	for account in $crowd; do
		for server; do
			at "$server" "$account"
		done
	done
}

# crowd_works SERVER MESSAGES: each has an ordinary account there.
crowd_works() {
	# shellcheck disable=SC2046 # words
	makes ordinary $(crowd_at "$1") --messages "$2"
}

# crowd_same FROM TO OPTION...: each has the same mail at both.
crowd_same() {
	pairs=$(crowd_at "$1" "$2")
	shift 2
	# shellcheck disable=SC2086 # words
	same "$@" $pairs
}

# ---- rights ------------------------------------------------------------------------

# grants SERVER FOLDER WHO RIGHTS [ACCOUNT]: ann's folder, or ACCOUNT's.
grants() {
	"$top/tests/lib/imap_logins.py" --command "GETACL $2" "$(port_of "$1")" \
		"${5:-ann@a.test}" pw | tr -d '"' >said
	grep -qE "'ACL'.* $3 $4[ ']" said
}

# ---- while people work ---------------------------------------------------------------

# people_work SERVER ACCOUNT...: each reads, flags, moves and deletes, and gets mail,
# until people_stop; all have begun.
people_work() {
	place=$1
	shift
	at_work=$*
	workers=
	for account; do
		: >"$account.record"
		"$top/tests/lib/imap_world.py" restless "$(at "$place" "$account")" \
			--until stop --rate 15 --record "$account.record" \
			--lmtp "$(sed -n 's/^LMTP=//p' "$work/$place/env")" \
			>"$account.done" 2>"$account.again" &
		workers="$workers $!"
	done
	for account; do
		until [ -s "$account.record" ]; do
			sleep 0.05
		done
	done
}

people_stop() {
	touch stop
	# shellcheck disable=SC2086 # words
	wait $workers
	for account in $at_work; do
		ok "who worked as $account did" test "$(cat "$account.done")" -gt 5
	done
}
