#!/bin/sh
# Who can open a repository: passwords and key blocks come and go, and nobody
# locks himself out.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key

repo=$work/repo
export BK_REPO="$repo"

# prints REGEX: a line of what the last ok or exits printed matches as a whole.
prints() {
	tests=$((tests + 1))
	if grep -qxE -e "$1" "$work/out"; then
		echo "ok $tests - it prints: $(grep -m 1 -xE -e "$1" "$work/out")"
	else
		echo "not ok $tests - it should print: $1"
		sed 's/^/# /' "$work/out"
	fi
}

# password NAME TEXT: a file that only its owner may read.
password() {
	(umask 077 && printf '%s\n' "$2" >"$work/$1")
}

# opens NAME: with that file's password.
opens() {
	bk-key sheet --password-from "file:$work/$1"
}

slots() {
	[ "$(find "$repo/keys" -type f | wc -l)" -eq "$1" ]
}

password escrow "a sealed envelope"
password second "another horse"
unset BK_PASSWORD_FILE

ok "a repository is made" \
	bk-init -r "$repo" --password-from "file:$work/password" --label first

# ---- listing -------------------------------------------------------------------

ok "slots are listed without a password" bk-key list
prints 'first +password +[-0-9]+ [0-9:]+  [0-9a-f]{8} *'
quiet
ok "... as JSON too" bk-key list --json
prints \
	'\{"v":1,"type":"slot","id":"[0-9a-f]{32}","label":"first","opens_with":"password","made":"[0-9T:.Z-]+"\}'

# ---- the last slot -------------------------------------------------------------

exits 18 "the last slot stays" \
	bk-key remove first --password-from "file:$work/password"
says "bk-key: 'first' is the last key slot of $repo: without it nobody could ever read the repository"
ok "... and opens" opens password

# ---- adding --------------------------------------------------------------------

ok "a second password is added" bk-key add escrow \
	--password-from "file:$work/password" \
	--new-password-from "file:$work/escrow"
says "bk-key: added key slot 'escrow'"
ok "it opens" opens escrow
ok "so does the first" opens password
ok "there are two slots" slots 2
exits 1 "two slots do not have one label" bk-key add escrow \
	--password-from "file:$work/password" \
	--new-password-from "file:$work/second"
exits 12 "who has no password adds none" bk-key add third \
	--password-from "file:$work/second" \
	--new-password-from "file:$work/second"
says "bk-key: wrong password for $repo (slots: first, escrow)"
exits 12 "of two slots one can be tried alone" bk-key sheet --slot first \
	--password-from "file:$work/escrow"
says "bk-key: wrong password for $repo (slots: first)"
exits 2 "a slot that is not there cannot be tried" bk-key sheet --slot none \
	--password-from "file:$work/escrow"
ok "there are still two" slots 2

# ---- changing ------------------------------------------------------------------

exits 12 "a password is not changed without the old one" bk-key change \
	--password-from "file:$work/second" \
	--new-password-from "file:$work/second"
exits 2 "nor to none" bk-key change --no-input \
	--password-from "file:$work/password"
ok "the old one still opens" opens password
ok "a password is changed" bk-key change \
	--password-from "file:$work/password" \
	--new-password-from "file:$work/second"
says "bk-key: changed the password of key slot 'first'"
ok "the new one opens" opens second
exits 12 "the old one does not" opens password
ok "the other slot's does" opens escrow
ok "there are two slots" slots 2

# ---- key blocks ----------------------------------------------------------------

ok "a key block is exported" bk-key export "$work/cron.key" --label cron \
	--password-from "file:$work/second"
ok "... for its owner only" test "$(stat -c %a cron.key)" = 600
ok "it opens without a password" \
	bk-key sheet --password-from "keyblock:$work/cron.key"
cp -p cron.key kept.key
exits 1 "a file that is there is not overwritten" \
	bk-key export "$work/cron.key" --label again \
	--password-from "file:$work/second"
ok "... it is as it was" cmp cron.key kept.key
ok "... and no slot was made" slots 3

chmod 640 cron.key
exits 2 "a key block that others may read is refused" \
	bk-key sheet --password-from "keyblock:$work/cron.key"
says "bk-key: key file $work/cron.key: others may read it (mode 640); run: chmod 600 $work/cron.key"
chmod 600 cron.key

ok "another repository is made" \
	bk-init -r "$work/two" --password-from "file:$work/password"
exits 12 "a key block opens no other repository" \
	bk-key -r "$work/two" sheet --password-from "keyblock:$work/cron.key"
exits 2 "a key block has no password to change" bk-key change \
	--password-from "keyblock:$work/cron.key" \
	--new-password-from "file:$work/escrow"

# ---- removing ------------------------------------------------------------------

exits 2 "a slot that is not there is not removed" bk-key remove none \
	--password-from "file:$work/second"
says "bk-key: there is no key slot 'none' (slots: escrow, first, cron)"
exits 18 "the slot that opened it stays" bk-key remove first \
	--password-from "file:$work/second"
ok "another one goes" bk-key remove escrow --password-from "file:$work/second"
exits 12 "... and opens no more" opens escrow
exits 18 "the last password stays, though there is a key block" \
	bk-key remove first --password-from "keyblock:$work/cron.key"
says "bk-key: 'first' is the last key slot of $repo with a password; add another one first: bk key add"
ok "the slot of a key block goes" \
	bk-key remove cron --password-from "file:$work/second"
exits 12 "... and makes the file worthless" \
	bk-key sheet --password-from "keyblock:$work/cron.key"
says "bk-key: the slot of key file $work/cron.key was removed from $repo"
ok "one slot is left" slots 1

# ---- the recovery sheet ----------------------------------------------------------

ok "a recovery sheet is printed" opens second
prints "Repository   $repo"
prints 'Key slots +[0-9a-f]{8}  password .* first'
prints " +bk restore -r $repo SET --to maildir:.*"
cp out sheet
exits 1 "... without the password" grep -f "$work/second" sheet

# ---- damage --------------------------------------------------------------------

slot=$(find "$repo/keys" -type f)
torn=$repo/keys/00000000000000000000000000000001.bkk
head -c 1000 "$slot" >"$torn"
ok "a torn slot does not hide a good one" opens second
ok "it is named in the list" bk-key list
says_like "bk-key: 1 damaged: keys/0*1.bkk: .*"
printf 'xxxxxxxx' | dd of="$slot" bs=1 seek=300 conv=notrunc 2>/dev/null
exits 13 "damage is not taken for a wrong password" opens second

# ---- words ---------------------------------------------------------------------

exits 2 "an unknown word is told" bk-key frobnicate
says "bk-key: 'frobnicate' is none of list, add, remove, change, export and sheet; see: bk key --help"
exits 2 "a slot must be named" bk-key remove
says "bk-key: it is: bk key remove SLOT"

done_testing
