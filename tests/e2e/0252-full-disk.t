#!/bin/sh
# The disk fills up in the middle of a pack: the run ends with 15, the sets that
# were there are whole, and the next run with more room completes.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-check bk-restore
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 100
mkdir disk

# With root, a small file system; else a limit to the size of a file, which
# looks the same to the writer.
if mount -t tmpfs -o size=12m tmpfs disk 2>/dev/null; then
	trap 'umount -l "$work/disk"; stop_servers; rm -rf "$work"' EXIT
	limited() {
		"$@"
	}
	more_room() {
		mount -o remount,size=200m disk
	}
else
	limited() {
		sh -c 'ulimit -f 8192 && exec "$@"' sh "$@"
	}
	more_room() {
		:
	}
fi

new_repository disk/repo
ok "a small set" limited bk-backup "$store" --full
ok "the sets" bk-list
cp out sets.before

# Twenty messages of a megabyte that cannot be made smaller.
mkdir -p mail/a.test/anna/Maildir/cur mail/a.test/anna/Maildir/new
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	printf 'Subject: large\n\n' >"mail/a.test/anna/Maildir/cur/$n.x.y:2,S"
	head -c 1000000 /dev/urandom >>"mail/a.test/anna/Maildir/cur/$n.x.y:2,S"
done
files list mail >files.before
exits 15 "a larger one does not fit" limited bk-backup "$store" --full
says_like "bk-backup: .*(No space left on device|File too large).*"
ok "the sets are listed" bk-list
cp out sets.after
ok "... and are what they were" cmp sets.before sets.after
ok "... and whole" bk-check --read-data

more_room
ok "with more room it fits" bk-backup "$store" --full
ok "it is whole" bk-check --read-data
ok "it is restored" bk-restore latest --to "maildir:$work/back/%d/%n/Maildir"
files list back >files.after
ok "... as it was" cmp files.before files.after

done_testing
