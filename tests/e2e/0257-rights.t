#!/bin/sh
# What an ordinary user meets who may not read or write something: what, where,
# and what to do.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key bk-backup bk-list bk-restore bk-check
[ "$(id -u)" = 0 ] || skip "only root can become somebody else"

store="maildir:$work/mail/%d/%n/Maildir"
/usr/bin/python3 "$top/demo/mail.py" "$work/mail"
new_repository repo
chmod -R a+rX mail
ok "a set" bk-backup "$store"
mkdir home bin
cp "$(command -v bk-backup | xargs dirname)"/bk* bin/
chmod 755 bin home
chmod 644 bk.conf repo.key
chown 65534 repo.key
chmod 600 repo.key
chown -R 65534 repo home
export BK_STATE_DIR="$work/home/state"

# user COMMAND...: as nobody.
user() {
	tool=$1
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups "$work/bin/$tool" "$@"
}
me="(it runs as user 65534)"
owner="run it as root, or as whoever owns the repository $me"
ok "nobody can do all of it" user bk-backup "$store"

# taken PATH: from the user, until given back.
taken() {
	chown 0 "$1"
	chmod go= "$1"
}
given() {
	chown 65534 "$1"
}

# ---- the repository -----------------------------------------------------------

taken repo
for tool in bk-list bk-check "bk-backup $store" "bk-restore latest" \
	"bk-key list" "bk-init -r $work/repo"; do
	# shellcheck disable=SC2086 # words
	exits 14 "a repository that is not one's own: ${tool%% *}" user $tool
	says "${tool%% *}: $work/repo: Permission denied; $owner"
done
given repo
taken repo/sets
exits 14 "a folder of it" user bk-list
says "bk-list: $work/repo: list sets: Permission denied; $owner"
given repo/sets
for slot in repo/keys/*; do
	taken "$slot"
done
exits 14 "its key slots" user bk-list
says_like "bk-list: keys/[0-9a-f]+.bkk: .*: Permission denied; run it as root, or as whoever owns the repository \(it runs as user 65534\)"
for slot in repo/keys/*; do
	given "$slot"
done
sets=$(user bk-list -q | wc -l)
for file in repo/sets/*.bks repo/data/*.bkb; do
	taken "$file"
	exits 13 "a file of it: ${file#repo/}" user bk-check
	says_like ".*: Permission denied  nothing says that it is damaged: run it as root, or as whoever owns the repository"
	given "$file"
done
data=$(printf '%s\n' repo/data/*.bkb | tail -n 1)
for file in repo/sets/*.bks "$data"; do
	taken "$file"
	for dry in "" -n; do
		# shellcheck disable=SC2086 # an option or none
		exits 14 "no set is made without ${file#repo/}${dry:+ (-n)}" \
			user bk-backup -q $dry "$store"
		says_like "bk-backup: .*: Permission denied; run it as root, or as whoever owns the repository \(it runs as user 65534\)"
	done
	given "$file"
done
ok "... nor was one made meanwhile" test "$(user bk-list -q | wc -l)" -eq "$sets"
chmod -R a+rX repo
chown -R 0 repo
exits 14 "it can be read, but not written" user bk-backup "$store"
says "bk-backup: $work/repo: make folder open: Permission denied; $owner"
ok "... and reading is enough to list" user bk-list
chown -R 65534 repo

# ---- a base that is lost --------------------------------------------------------

cp -a repo kept
rm -f repo/data/*.bkb
for dry in -n ""; do
	# shellcheck disable=SC2086 # an option or none
	ok "a base that is lost makes a full set ${dry:+(-n)}" \
		user bk-backup -q $dry "$store"
	says_like "bk-backup: cannot stand on an earlier set: .*: No such file or directory; run: bk check"
done
rm -rf repo
mv kept repo

# ---- the store ----------------------------------------------------------------

chmod 700 mail/alder.example
exits 16 "mail that is not one's own" user bk-backup "$store"
says "bk-backup: $work/mail/alder.example: .: Permission denied; run it as root, or as whoever owns the mail $me"
chmod 755 mail/alder.example

# ---- what the host remembers --------------------------------------------------

taken home/state
exits 2 "the state directory" user bk-backup "$store"
says "bk-backup: $work/home/state/host-id: Permission denied; run it as root, or set BK_STATE_DIR to a folder of this user's own $me"
rm -rf home/state
taken home
chmod 755 home
exits 2 "... that cannot be made" user bk-backup "$store"
says "bk-backup: make folder $work/home/state: Permission denied; run it as root, or set BK_STATE_DIR to a folder of this user's own $me"
given home

# ---- the destination ----------------------------------------------------------

mkdir -p back
exits 3 "a destination that cannot be written" user bk-restore latest \
	--to "maildir:$work/back/%d/%n"
says_like " *anna@alder.example .*Permission denied +not restored"
cat out err >said
ok "... and what to do" grep -qx \
	"NEXT  run it as root, or as whoever owns the mail there, then restore again: what is there is not restored twice" said
chmod 600 bk.conf
exits 2 "the configuration" user bk-list
says "bk-list: $work/bk.conf: Permission denied; run it as root, or as whoever owns this $me"

done_testing
