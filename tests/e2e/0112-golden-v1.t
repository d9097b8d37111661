#!/bin/sh
# A repository that the first version of the format was written to: it opens, for
# ever, and what is in it comes back byte for byte.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-list bk-check bk-restore
reader=$top/tests/reader
golden=$top/tests/golden/v1
"$reader/bkread.py" --help >/dev/null 2>err || skip "$(tail -n 1 err)"

cp -r "$golden/repo" "$golden/keyfile" .
chmod -R u+w repo
chmod 600 keyfile
printf '[repo v1]\npath = %s/repo\npassword = keyblock:%s/keyfile\n' "$work" "$work" >bk.conf
export BK_CONFIG="$work/bk.conf" BK_REPO=v1
password=$BK_PASSWORD_FILE
unset BK_PASSWORD_FILE

reads() {
	"$reader/bkread.py" repo --key-file keyfile "$@"
}

# is KIND COMMAND...: it prints, as JSON lines, what the set of this kind holds.
is() {
	want=$golden/$1
	shift
	"$@" >listed && "$reader/expect.py" narrow <listed >found && diff "$want" found
}

# UIDNEXT grows by design: UIDs that were given after the set are not given again.
no_uidnext() {
	sed 's/"uidnext": [0-9]*, //' "$1"
}

restored() {
	rm -rf back
	no_uidnext "$golden/$kind" >want
	bk-restore -q "$set" --to "maildir:$work/back/%d/%n/Maildir" &&
		"$reader/expect.py" list back >listed && no_uidnext listed >found &&
		diff want found
}

for kind in full differential incremental; do
	set=$(reads sets | sed -n "s/ $kind .*//p")
	ok "$kind: the second reader finds everything right" reads verify "$set"
	ok "$kind: and lists what there was" is $kind reads list --hash "$set"
	ok "$kind: bk check finds everything right" bk-check -q --read-data "$set"
	ok "$kind: bk restore brings everything back" restored
done
ok "bk list shows the sets" bk-list
ok "all of them" test "$(wc -l <out)" -gt 3
ok "the password opens it as well" bk-list -r repo --password-from "file:$password"


# ---- a set of a later version, beside them ----------------------------------------

incremental=$set
full=$(reads sets | sed -n "s/ full .*//p")
rm -rf back
ok "the newest set becomes one of bk 3.1.0" \
	"$reader/newer.py" repo "$password" "$incremental"
for how in "" -n --replace --accounts-first; do
	# shellcheck disable=SC2086 # a word or none
	exits 18 "it is refused $how" bk-restore "$incremental" $how \
		--to "maildir:$work/back/%d/%n/Maildir"
	says_like "bk-restore: .*this set was made by bk 3\.1\.0 and needs a reader of format 1\.9: upgrade this host first"
done
exits 18 "... nor are its trees" bk-restore "$incremental" --trees
exits 18 "... as the newest, too: no older one takes its place" \
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
ok "nothing was made" test ! -e back
set=$full kind=full
ok "an older one comes back as before" restored

done_testing
