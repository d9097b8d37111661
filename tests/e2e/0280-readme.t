#!/bin/sh
# README's way to the first backup and to a nightly one, word by word: only its
# folders are other ones.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk bk-init bk-key bk-backup bk-check bk-list
bin=$(dirname "$(command -v bk)")
export BK_CONFIG="$work/etc/bk/bk.conf"

python3 -B "$top/demo/mail.py" mail
mkdir -p etc/bk var/lib var/vmail
cp -a mail/. var/vmail/

# The lines of README that are set off, of a section, with our folders.
set_off() {
	awk -v from="$1" '/^#/ { on = $0 == from } on && /^    / { print substr($0, 5) }' \
		"$top/README.md" |
		sed "s: /etc/: $work/etc/:; s:keyblock\:/etc:keyblock\:$work/etc:
			s: /var/: $work/var/:; s:/usr/local/bin:$bin:"
}

set_off '## Two minutes to the first backup' >first
set_off '### Every day, from cron' >nightly
ok "README has a configuration" grep -q '^\[store mail\]$' first
grep -vE '^(make|sudo) ' first >etc/bk/bk.conf

# commands FILE: those that an administrator types, who knows the password.
commands() {
	sed -n 's/^sudo \(.*\)/\1/p' "$1" | grep -v '^make'
}

commands first >typed
while read -r line; do
	ok "$line" sh -c "$line"
done <typed
ok "... three commands were typed" test "$(wc -l <typed)" -eq 3
ok "bk key sheet" bk key sheet

commands nightly >typed
while read -r line; do
	ok "$line" sh -c "$line"
done <typed
ok "... one command was typed" test "$(wc -l <typed)" -eq 1
password=$(grep '^password = ' nightly)
sed -i "s|^\[repo main\]\$|&\n$password|" etc/bk/bk.conf

# Cron knows no password.
path=$(sed -n 's/^PATH=//p' nightly)
sed -n 's/^.* root  //p' nightly >cron
ok "README has lines for cron" test "$(wc -l <cron)" -eq 3
while read -r line; do
	ok "cron: $line" env -i PATH="$path" BK_CONFIG="$BK_CONFIG" \
		BK_STATE_DIR="$BK_STATE_DIR" BK_CACHE_DIR="$BK_CACHE_DIR" \
		sh -c "$line"
	ok "... without a word" test ! -s out -a ! -s err
done <cron
unset BK_PASSWORD_FILE
ok "bk backup nightly -n" bk backup nightly -n
bk list --json >listed
ok "a full set, two differentials upon it, and a full one" sh -c \
	"grep -o '\"kind\": *\"[a-z]*' listed | sed 's/.*\"//' | paste -sd ' ' >kinds
	cat kinds && grep -qx 'full differential differential full' kinds"

# What is in the way where the steps are taken in another order.
mv etc/bk/main.key elsewhere
exits 2 "a key block that is not there" bk list
says_like ".*main.key is not there; .*--password-from=prompt.*"

# A copy elsewhere.
cat >>etc/bk/bk.conf <<-CONF
	keep = 14d
	ship = nas
	[target nas]
	url = file://$work/nas
	keep = daily:14
CONF
mv elsewhere etc/bk/main.key
ok "keep and ship" bk backup nightly --differential -q
quiet
ok "... and a copy is there" bk ship status nas

ok "the same mail by its path" bk backup "maildir:$work/var/vmail/%d/%n/Maildir" -r main
sed -i 's/^\[store mail\]/[store post]/; s/^store = mail/store = post/' etc/bk/bk.conf
ok "a new name for it" bk backup nightly --differential
says_like ".*no set of store 'post' yet: making a full one; .*--store 'maildir:.*'.*"

done_testing
