#!/bin/sh
# What bk-move(7) says is taken as it stands there: its configuration, each
# command, each option and each setting that it names for somebody's servers.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk bk-move
page=$top/man/bk-move.7
export BK_CONFIG="$work/bk.conf"
unset BK_PASSWORD_FILE

# knows COMMAND...: it is no wrong use, whatever else comes of it: nobody is there,
# which some try for long.
knows() {
	timeout 20 "$@" >said 2>&1
	got=$?
	cat said
	[ $got -ne 2 ] && [ $got -le 124 ]
}

# ---- the configuration -------------------------------------------------------------

awk '/^\.Bd/ { text = ""; next }
	/^\.Ed/ { if (text ~ /\[server mx1\]/) printf "%s", text; next }
	{ text = text $0 "\n" }' "$page" >page.conf
ok "the page has a configuration" grep -q '^\[route deliveries\]' page.conf
# Nobody answers at its hosts here, and at once.
sed "s/example\.\(org\|net\)/invalid/;s,/etc/,$work/etc/,
s,smtp://localhost,smtp://127.0.0.1:1,
s,^file = .*/transport,&\nconfig = $work/etc/postfix," page.conf >"$BK_CONFIG"
printf '[repo main]\npath = %s/main\n' "$work" >>"$BK_CONFIG"
mkdir -p etc/bk etc/dovecot etc/postfix
for file in mx1.pass mx2.pass mx2.doveadm front.pass; do
	(umask 077 && echo pw >etc/bk/$file)
done
printf '%s\n' ann@a.example admin@a.example >etc/bk/mx1.accounts
: >etc/dovecot/users
: >etc/postfix/transport
exits 5 "it is understood" bk-move status --from mx1 --to mx2

# ---- the commands ------------------------------------------------------------------

# Those of lines of their own, and those within sentences.
{
	sed -n 's/^\.Dl bk/bk/;/^bk /{
	:more
	/\\e$/{
	N
	s/ *\\e\n */ /
	b more
	}
	p
	}' "$page"
	sed -n 's/^\.Ql \(bk move [a-z]*\)$/\1 --from mx1 --to mx2/p' "$page"
} | sort -u >commands
ok "the page has commands" test "$(wc -l <commands)" -ge 12
# As the page has it, but for what is outside of here.
here() {
	echo "$1" | sed "s/2026-11-28T22:00/$soon/;s/imap\.gmail\.com/imap.invalid/
s,/usr/local/lib/bk/token,/bin/pwd,"
}
soon=$(date -d '+4 seconds' +%Y-%m-%dT%H:%M:%S)
while read -r line <&3; do
	# shellcheck disable=SC2046 # words
	ok "$line" knows $(here "$line")
done 3<commands

# ---- options and settings ----------------------------------------------------------

bk-move --help >help
sed -n 's/^\.Fl -\([a-z-]*\).*/\1/p' "$page" | sort -u >options
while read -r option <&3; do
	ok "there is --$option" grep -q -- "--$option\\>" help
done 3<options

sed -n '/^\.Sh SERVERS/,$s/^\.Ql \([a-z-]* = [^ ]*\).*/\1/p' "$page" |
	sed '/^acl_user/d;s/NAME/bk/;s/ADMIN/admin/;s,PROGRAM,/bin/true,' | sort -u >settings
ok "the page has settings" test "$(wc -l <settings)" -ge 8
while read -r line <&3; do
	printf '[server x]\nurl = imaps://imap.invalid\n%s\n' "$line" >"$BK_CONFIG"
	exits 5 "[server] takes: $line" bk-move status --from x --to maildir:/nowhere/%u
done 3<settings

done_testing
