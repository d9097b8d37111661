#!/bin/sh
# Mail files that cannot be read, and names with newlines, "..", invalid UTF-8.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check setpriv
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 60

# Root may read everything: the tools run as somebody else.
if [ "$(id -u)" -eq 0 ]; then
	chown -R nobody:nogroup "$work"
	as_user() {
		setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	}
else
	as_user() {
		"$@"
	}
fi

new_repository repo
[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$work"

# ---- unreadable -----------------------------------------------------------------

first=$(find mail/a.test/ann -path '*/cur/*' -type f | sort | head -n 1)
second=$(find mail/b.test/bob -path '*/cur/*' -type f | sort | head -n 1)
chmod 000 "$first"
exits 3 "a message that cannot be read" as_user bk-backup "$store" --full
says_like " *ann@a.test .*Permission denied .*"
ok "the rest is in the set" as_user bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
files list mail | grep -vF "$(basename "${first%%:2,*}")" >files.before
files list back >files.after
ok "... all of it" cmp files.before files.after
chmod 600 "$first"
ok "now it can be read: a full set without a word" \
	as_user bk-backup "$store" --full
quiet
chmod 000 "$second"
exits 3 "a message that can no longer be read" as_user bk-backup "$store" --full
rm -rf back
ok "... is restored as it was before" as_user bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
chmod 600 "$second"
files contents mail >contents.before
files contents back >contents.after
ok "... with the rest" cmp contents.before contents.after

# ---- odd names ------------------------------------------------------------------

ann=$work/mail/a.test/ann/Maildir
newline=$(printf '.two\nlines')
bad_utf8=$(printf '.bad\377\376utf8')
for folder in "$newline" "$bad_utf8" '...' '....etc.passwd' '.a..b' '.&&&' \
	'.&Jjo' '. ' '.~' ".$(printf 'x%.0s' $(seq 200))"; do
	mkdir -p "$ann/$folder/cur" "$ann/$folder/new" "$ann/$folder/tmp"
	echo "Subject: in an odd folder" >"$ann/$folder/cur/1234567890.M1P1.x:2,S"
done
printf 'Subject: odd\n\nname\n' >"$ann/cur/$(printf 'new\nline'):2,S"
printf 'Subject: odd\n\nbytes\n' >"$ann/cur/$(printf '\377\001\033[31m'):2,F"
printf 'Subject: odd\n\ninfo\n' >"$ann/cur/no-flags:1,experimental"
printf 'Subject: odd\n\nletters\n' >"$ann/cur/flags:2,SXYZz!"
printf 'Subject: odd\n\nempty\n' >"$ann/cur/:2,S"
: >"$ann/cur/empty-file:2,"
ln -s /etc/passwd "$ann/cur/1.link.x:2,S"
mkdir "$ann/cur/1.directory.x:2,S"
mkfifo "$ann/cur/1.fifo.x:2,S"
mkdir -p "$work/mail/$(printf 'new\nline')/x/Maildir/cur" mail/..x/y/Maildir/cur
[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$work/mail"

exits 3 "what is no message is named" as_user timeout 60 bk-backup "$store" --full
says_like ".*: a symbolic link is not followed .*"
says_like ".*: not a regular file .*"
says_like " *x@new\\\\nline .*"
rm "$ann/cur/1.link.x:2,S" "$ann/cur/1.fifo.x:2,S"
rm -r "$work/mail/$(printf 'new\nline')" "$ann/cur/1.directory.x:2,S"
exits 0 "odd names are taken" as_user timeout 60 bk-backup "$store" --full
rm -rf back
exits 0 "... and restored" as_user timeout 60 bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
# Names that no server would give become new ones; mail and dates stay.
files list mail | cut -f1,4,5 | sort >files.before
files list back | cut -f1,4,5 | sort >files.after
ok "... with all their mail" diff files.before files.after
ok "nothing is written beside the destination" test ! -e "$work/etc" -a ! -e "$work/back.etc"
ok "the folders are listed" as_user bk-list latest ann@a.test
cp out listed
exits 1 "... without control characters" grep '[[:cntrl:]]' listed
ok "all is whole" as_user bk-check --read-data

done_testing
