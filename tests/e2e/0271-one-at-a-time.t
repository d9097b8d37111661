#!/bin/sh
# One backup at a time of a store to a repository, however the two are spelt.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-key bk-list bk-restore

store="maildir:$work/mail/%d/%n/Maildir"
/usr/bin/python3 "$top/demo/mail.py" "$work/mail"
new_repository other
new_repository repo
unset BK_REPO
export BK_STATE_DIR="$work/state"
ln -s repo link
ln -s mail post
key="keyblock:$work/repo.key"
ok "a set" bk-backup -r "$work/repo" --password-from "$key" "$store"

pid=$("$top/tests/lib/stop_locked.py" "$work/state" \
	bk-backup -r "$work/repo" --password-from "keyblock:$work/repo.key" \
	"$store" --full)
ok "a run that holds its lock" test "$pid"

for repo in "$work/repo" "$work/repo/" "$work//repo" "$work/./repo" ./repo \
	"$work/link" "file://$work/repo" repo; do
	exits 11 "the repository as $repo" \
		bk-backup -r "$repo" --password-from "$key" "$store"
done
says_like "bk-backup: locked by bk-backup \(pid $pid, since [-0-9: ]+\); wait with --wait 10m"
for mail in "$work/mail/%d/%n/Maildir/" "$work//mail/%d/./%n/Maildir" \
	"mail/%d/%n/Maildir" "$work/post/%d/%n/Maildir" \
	"//$work/nix/../mail/%d/%n/Maildir"; do
	mkdir -p nix
	exits 11 "the store as $mail" bk-backup -r "$work/repo" \
		--password-from "$key" "maildir:$mail"
done
ok "a dry run needs no lock" \
	bk-backup -r "$work/repo" --password-from "$key" "$store" -n
ok "another repository is another lock" bk-backup -r "$work/other" \
	--password-from "keyblock:$work/other.key" "$store"
kill -CONT "$pid"
ok "the first run goes on, and the next waits for it" bk-backup \
	-r "$work/link" --password-from "$key" "$store" --wait 1m

# ---- a store has one name -----------------------------------------------------

ok "one more set, the store spelt otherwise" bk-backup -r "$work/repo" \
	--password-from "$key" "maildir:mail//%d/%n/./Maildir/" --differential
quiet
bk-list -r repo --json | sed -n 's/.*"store":"\([^"]*\)".*/\1/p' | sort -u >names
ok "all sets are of one store" test "$(cat names)" = "$store"
ok "... which is found by another spelling too" bk-list -r repo \
	--store "maildir:$work//mail/%d/%n/Maildir/"

done_testing
