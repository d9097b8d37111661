#!/bin/sh
# Does the demonstration show what it says, and does it leave mail alone?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/tap.sh"

export TMPDIR="$work/tmp" NO_COLOR=1
mkdir tmp
pattern=%d/%n/Maildir

# Everything about every file of a tree, its inode and times included.
picture() {
	find "$1" -printf '%p %i %m %u %s %T@ %C@\n' | sort
}

same_pictures() {
	cmp before after
}

says() {
	grep -q -- "$1" shown || { cat shown && return 1; }
}

demo() {
	"$top/demo/run" "$@" >shown 2>&1
	status=$?
	cat shown
	return $status
}

differ() {
	! "$top/demo/compare.py" "a/$pattern" "b/$pattern" >shown 2>&1
}

# The comparison is what the demonstration stands on: does it see everything?
python3 -B "$top/demo/mail.py" a
python3 -B "$top/demo/mail.py" b
ok "the mail is the same whenever it is made" diff -r a b
ok "the comparison finds the same mail the same" \
	"$top/demo/compare.py" "a/$pattern" "b/$pattern"
anna=b/alder.example/anna/Maildir
file=$(find $anna/cur -name '*:2,S' | sort | head -n 1)
cp -p "$file" saved

printf x | dd of="$file" bs=1 seek=9 conv=notrunc 2>dd.log
touch -r saved "$file"
ok "it sees one byte that differs" differ
ok "and says where" says 'other bytes: .*anna'
cp -p saved "$file"
touch "$file"
ok "it sees another date" differ
rm "$file"
ok "it sees a missing message" differ
cp -p saved "${file}T"
ok "it sees another flag" differ
rm "${file}T"
cp -p saved "$file"
sed -i '1s/V1/V2/' $anna/dovecot-uidlist
ok "it sees another UIDVALIDITY" differ
sed -i '1s/V2/V1/; 2s/^1 /2 /' $anna/dovecot-uidlist
ok "it sees another UID" differ
sed -i '2s/^2 /1 /' $anna/dovecot-uidlist
sed -i 's/Invoice/Other/' b/alder.example/office/Maildir/dovecot-keywords
ok "it sees another keyword" differ
sed -i 's/Other/Invoice/' b/alder.example/office/Maildir/dovecot-keywords
rm -r $anna/.Trash
ok "it sees a missing folder" differ
rm -r b/quay.example
ok "it sees a missing domain" differ
rm -r b

ok "the demonstration succeeds" demo
ok "it compares what came back" says '=> what came back is the same: 5 accounts'
ok "it brings a deleted message back" says 'same message, byte for byte'
ok "it leaves nothing behind" rmdir tmp
mkdir tmp

picture a >before
ok "it succeeds on mail of one's own" demo "maildir:$work/a/$pattern"
picture a >after
ok "it compares that too" says '=> what came back is the same: 5 accounts'
ok "and has not touched it" same_pictures
ok "it takes one Maildir as well" \
	demo "maildir:$work/a/quay.example/clara/Maildir"
exits 1 "a store that is not there is a failure" demo "maildir:$work/no/%n"
exits 1 "so is one of an unknown kind" demo mbox:/var/mail/%u
ok "nothing is left behind" rmdir tmp

done_testing
