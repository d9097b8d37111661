#!/bin/sh
# What the tools say, and with which status they end, when they cannot or must
# not do what they were asked.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key bk-backup bk-list bk-restore bk-check
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 60
export BK_REPO="$work/repo"

# ---- repository and password --------------------------------------------------

exits 10 "no repository" bk-list
says "bk-list: no repository at $work/repo; run: bk init -r $work/repo"
ok "a repository" bk-init
exits 1 "a repository is not made over another" bk-init
says "bk-init: there is a repository at $work/repo already"
ok "a full set" bk-backup "$store" --full

(umask 077 && echo wrong >wrong)
for tool in bk-list bk-check "bk-restore latest --to $store" "bk-backup $store"; do
	# shellcheck disable=SC2086 # words of a command
	BK_PASSWORD_FILE=$work/wrong exits 12 "wrong password: ${tool%% *}" $tool
	says "${tool%% *}: wrong password for $work/repo (slots: admin)"
done
chmod 644 wrong
BK_PASSWORD_FILE=$work/wrong exits 2 "a password that others can read" bk-list
says "bk-list: password from file:$work/wrong: others may read it (mode 644); run: chmod 600 $work/wrong"
BK_PASSWORD_FILE=$work/none exits 2 "a password file that is not there" bk-list
says "bk-list: password from file:$work/none: cannot open it: No such file or directory"

# ---- configuration and store --------------------------------------------------

cat >bk.conf <<-CONF
[repo main]
path = $work/repo

pasword = file:$work/password
CONF
exits 2 "an unknown key" bk-list -c bk.conf
says "bk-list: bk.conf:4: unknown key 'pasword' in [repo main]; did you mean 'password'?"
sed -i 's/repo main/repoo main/' bk.conf
exits 2 "an unknown section" bk-list -c bk.conf
says "bk-list: bk.conf:1: unknown section [repoo main]; did you mean [repo main]?"
exits 2 "an unknown option" bk-list --jsn
says "bk-list: unknown option '--jsn'; did you mean '--json'?"
exits 2 "a store of an unknown kind" bk-backup maildri:/var/vmail
says "bk-backup: 'maildri' is no type of store; there are: maildir, mbox, imap, eml, tar, zip"

# From here on a key block opens it: that takes no time.
ok "a key block" bk-key export "$work/main.key"
printf '[repo main]\npath = %s\npassword = keyblock:%s\n' "$work/repo" \
	"$work/main.key" >main.conf
export BK_CONFIG="$work/main.conf" BK_REPO=main
unset BK_PASSWORD_FILE

exits 16 "a store that is not there" bk-backup "maildir:$work/none/%d/%n/Maildir"
says "bk-backup: $work/none: No such file or directory"
mkdir empty
exits 16 "a store that is empty" bk-backup "maildir:$work/empty/%d/%n/Maildir"
says "bk-backup: $work/empty/%d/%n/Maildir: there is no account in it. No set written. Is the path right, and the file system mounted?"

# Accounts that cannot be listed: one of those that were asked for, or all.
ann=mail/a.test/ann
mv $ann ann
if [ "$(id -u)" = 0 ]; then
	ln -s "$work/ann" $ann
	chown -h 65534 $ann
	for how in "" -n; do
		exits 16 "no account that was asked for can be listed $how" \
			bk-backup "$store" --account "ann@*" $how
		says_like "bk-backup: $store: no account that was asked for can be listed. No set written. Mend what is named above, then run it again"
		says_like ".*ann@a.test .*symbolic link that user 65534 owns is not followed; if it is right: chown -h root .*"
	done
	exits 3 "one of two cannot" bk-backup "$store" --account "*@a.test" \
		--account "*@b.test" -n
	rm $ann
fi
exits 18 "a store that shrank" bk-backup "$store" --full
says "bk-backup: store $store shrank from 60 to 30 messages (limit 30 %). No set written, none pruned. If this is right: --accept-shrink"
ok "... unless one says so" bk-backup "$store" --full --accept-shrink
mv ann mail/a.test/ann
ok "it grew again" bk-backup "$store" --full

# ---- what is in no set --------------------------------------------------------

exits 5 "an account in no set" bk-restore latest --account ann@a.tset --to "$store"
says "bk-restore: 'ann@a.tset' is in no set; nearest: ann@a.test (2 sets). Nothing changed."
exits 5 "a folder in no set" bk-restore latest --account ann@a.test \
	--folder Nothing --to "$store"
exits 5 "a message in no set" bk-restore latest --account ann@a.test \
	--folder INBOX --message 4711 --to "$store"
exits 5 "a set that is not there" bk-list 19990101T0000

# ---- a newer format -----------------------------------------------------------

cp -a repo newer
/usr/bin/python3 - newer/bkrepo <<-'PY'
	import struct, sys, zlib
	raw = bytearray(open(sys.argv[1], "rb").read())
	raw[8:10] = b"\2\2"
	raw[60:64] = struct.pack("<I", zlib.crc32(raw[:60]))
	open(sys.argv[1], "wb").write(raw)
PY
exits 18 "a repository of a newer version" bk-list -r "$work/newer"
exits 18 "... is not written to" bk-backup -r "$work/newer" "$store"

# ---- a set whose full is missing ----------------------------------------------

ok "a differential" bk-backup "$store" --differential
bk-list --json | sed -n 's/.*"set":"\([0-9a-f]*\)".*/\1/p' | tail -n 2 >ids
full=$(sed -n 1p ids)
rm "repo/sets/$full.bks"
exits 13 "a set whose full is missing" bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
exits 13 "... is found by a check" bk-check
ok "... and a new differential becomes a full set" \
	bk-backup "$store" --differential

done_testing
