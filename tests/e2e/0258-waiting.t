#!/bin/sh
# Another program holds a folder's list of UIDs while it is restored: the wait
# is told, and the restore goes on when the lock is gone.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore

mkdir -p mail/a.t/ann/Maildir/cur mail/a.t/ann/Maildir/new
echo hers >"mail/a.t/ann/Maildir/cur/1.M1P1.h:2,S"
new_repository repo
ok "a set" bk-backup "maildir:$work/mail/%d/%n/Maildir"

# held SECONDS DIR: the lock, by a process that lives as long.
held() {
	rm -rf "$2"
	mkdir -p "$2/a.t/ann/cur" "$2/a.t/ann/new" "$2/a.t/ann/tmp"
	printf '%s:%s' $$ "$(uname -n)" >"$2/a.t/ann/dovecot-uidlist.lock"
	(sleep "$1" && rm "$2/a.t/ann/dovecot-uidlist.lock") &
}

line="waiting for ann@a.t INBOX: dovecot-uidlist.lock, which another program holds; for 122 s at most"
held 4 back
ok "a restore waits" bk-restore latest --to "maildir:$work/back/%d/%n"
ok "... and says so once" test "$(cat out err | grep -cxF "bk-restore: $line")" = 1
ok "... and restores" grep -qr hers back
held 4 back
ok "with --json" bk-restore latest --json --to "maildir:$work/back/%d/%n"
ok "... it is a note" test "$(grep '"type":"note"' out | grep -cF "$line")" = 1
held 1 back
ok "a short wait" bk-restore latest --to "maildir:$work/back/%d/%n"
ok "... is nobody's business" sh -c '! cat out err | grep waiting'

done_testing
