# Mail that comes in while a server is rebuilt.
# shellcheck shell=sh disable=SC2154 # e2e.sh's
#
#	. "$top/tests/lib/flows.sh"	after e2e.sh

# aged ROOT: the three accounts of it have mail of three ages.
aged() {
	"$top/tests/lib/aged_mail.py" "$1/mail" "$corpus"
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$1/mail"
}

# deliver ROOT ACCOUNT SUBJECT: into the inbox, as the mail server would.
deliver() {
	printf 'Subject: %s\n\nflows\n' "$3" |
		dovecot "$1" doveadm save -u "$2" -m INBOX
}

# nothing_lost OLD NEW EXTRA: the one's mail is there, and so much besides.
nothing_lost() {
	contents "$1/mail" >want
	contents "$2/mail" >all
	comm -13 want all >extra
	comm -23 want all >lacks
	ok "nothing is lost, not even a twin" test ! -s lacks
	ok "nothing is there twice" test "$(wc -l <extra)" -eq "$3"
}

# until_said TEXT PID: in the file `told`, while the process runs.
until_said() {
	until grep -qs "$1" told; do
		kill -0 "$2" || break
		sleep 0.01
	done
}
