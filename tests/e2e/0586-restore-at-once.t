#!/bin/sh
# A restore into a mailbox that is alive: Dovecot serves it, a client has it open,
# LMTP delivers; two restores at once, of one host and of two; a disk and a quota
# that fill.  Nothing is lost or there twice, and each says what was in its way.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore dovecot flock
need_corpus

old=$work/old
new=$work/live
"$top/tests/lib/make_maildir.py" plain "$old/mail" "$corpus" 400
dovecot "$new" new
dovecot "$new" adduser ann@a.test bob@b.test
dovecot "$new" start
new_repository repo
ok "a set" bk-backup "maildir:$old/mail/%d/%n/Maildir" --full
to="maildir:$new/mail/%d/%n/Maildir"
contents "$old/mail" >want
ok "... of all mail" test "$(wc -l <want)" -eq 400

# as_set: all of the set is there, once, and nothing else but what REST counts.
as_set() {
	contents "$new/mail" >got
	comm -23 want got >lacks
	comm -13 want got >extra
	wc -l lacks extra
	[ ! -s lacks ] && [ "$(wc -l <extra)" -eq "$1" ]
}

empty() {
	dovecot "$new" stop
	rm -rf "$new/mail/a.test" "$new/mail/b.test"
	dovecot "$new" start
}

# ---- a mailbox that is alive ---------------------------------------------------------

touch record
deliver() {
	until [ -e stop ]; do
		printf 'Subject: %s\n\nflows %s\n' "$n" "$n" |
			dovecot "$new" doveadm save -u ann@a.test -m INBOX &&
			echo "$n" >>record
		n=$((n + 1))
	done
}
n=0
deliver >deliver.out 2>&1 8>&- &
deliverer=$!
# A client that has INBOX open all the time, and tells what it saw of it.
python3 -B - "$top/tests/lib" "$new/env" >client.out 2>&1 8>&- <<-'PY' &
import os, sys, time
sys.path.insert(0, sys.argv[1])
from imap_client import Imap, env_ports
seen = {}
with Imap(env_ports(sys.argv[2])[0], "ann@a.test") as imap:
    imap.select("INBOX")
    end = time.monotonic() + 100
    while time.monotonic() < end:
        imap.run("NOOP")
        for words in imap.run("UID FETCH 1:*", "(UID RFC822.SIZE)"):
            if words[1:2] == ["FETCH"]:
                item = dict(zip(words[2][::2], words[2][1::2]))
                size = seen.setdefault(item["UID"], item["RFC822.SIZE"])
                if size != item["RFC822.SIZE"]:
                    sys.exit(f"uid {item['UID']} was {size}")
        if os.path.exists("all") and len(seen) == int(open("all").read()):
            sys.exit(0)
        time.sleep(0.05)
    sys.exit(f"saw {len(seen)}")
PY
client=$!
until [ "$(wc -l <record)" -ge 3 ]; do sleep 0.05; done
view "$new" >view.before
ok "a restore over a live mailbox" bk-restore latest --to "$to"
cp out said
ok "... says what it brought" grep -q ' 400 restored, 0 already there, 0 failed' said
count=$(wc -l <record)
until [ "$(wc -l <record)" -gt $((count + 2)) ]; do sleep 0.05; done
: >stop
wait $deliverer
# Whoever has it open takes what is new into cur: not while we look.
while [ -n "$(ls "$new/mail/a.test/ann/Maildir/new")" ]; do sleep 0.05; done
ok "all is there, once, and what was delivered" as_set "$(wc -l <record)"
view "$new" >view.after
grep -c '"account": "ann@a.test", .*"folder": "INBOX", "kind": "message"' \
	view.after >all.new
mv all.new all
ok "a client that had it open saw all of it come, and no UID become another message" \
	wait $client
ok "no UID that was seen before is another message" \
	"$top/tests/lib/uid_cache.py" view.before view.after 3
ok "a second run" bk-restore latest --to "$to" --json
cp out told
ok "... brings nothing" grep -q '"type":"summary".*"new":0,"kept":400' told

# ---- two restores at once, of one host ------------------------------------------------

empty
pid=$("$top/tests/lib/stop_locked.py" "$BK_STATE_DIR" bk-restore latest --to "$to")
ok "a restore that is under way" test "$pid"
exits 11 "another one into the same store" bk-restore latest --to "$to"
says_like "bk-restore: locked by bk-restore \(pid $pid, since [-0-9: ]+\); wait with --wait 10m"
exits 11 "... of one account, by another spelling" bk-restore latest \
	--account ann@a.test --to "maildir:$new//mail/%d/./%n/Maildir"
kill -CONT "$pid"
ok "one that waits" bk-restore latest --to "$to" --wait 2m
cp out said
ok "... finds all of it there" grep -q ' 0 restored, 400 already there, 0 failed' said
ok "nothing is there twice" as_set 0

# ---- two restores at once, of two hosts ------------------------------------------------

# other COMMAND...: as on a host that knows nothing of the locks of this one.
other() {
	BK_STATE_DIR=$work/other/state BK_CACHE_DIR=$work/other/cache "$@"
}
empty
# One that was stopped before it holds the place is killed.
for _ in 1 2 3 4 5 6 7 8 9; do
	pid=$("$top/tests/lib/stop_locked.py" "$BK_STATE_DIR" \
		bk-restore latest --to "$to")
	flock -n "$new/mail" true || break
	kill -s KILL "$pid"
done
ok "a restore that is under way" test "$pid"
exits 11 "another one, with another state directory" other bk-restore latest --to "$to"
says "bk-restore: another restore is writing to $new/mail/%d/%n/Maildir; wait with --wait 10m"
exits 11 "... that waits, and not for long enough" other bk-restore latest --to "$to" --wait 1s
says "bk-restore: another restore is writing to $new/mail/%d/%n/Maildir; still so when --wait was over"
other bk-restore latest --to "$to" --wait 2m >waited 2>&1 8>&- &
waits=$!
kill -CONT "$pid"
ok "... that waits" wait $waits
ok "... finds all of it there" grep -q ' 0 restored, 400 already there, 0 failed' waited
ok "nothing is lost, and nothing there twice" as_set 0
for round in 1 2 3; do
	empty
	other bk-restore latest --to "$to" --wait 2m >both 2>&1 8>&- &
	both=$!
	ok "two begin at a time, $round" bk-restore latest --to "$to" --wait 2m
	ok "... and both end well" wait $both
	ok "... nothing is lost, and nothing there twice" as_set 0
done

# ---- a disk that fills ------------------------------------------------------------------

mkdir small
if mount -t tmpfs -o size=2m tmpfs small 2>/dev/null; then
	trap 'umount -l "$work/small"; stop_servers; rm -rf "$work"' EXIT
	exits 15 "a full disk" bk-restore latest --to "maildir:$work/small/%d/%n/Maildir"
	says_like "bk-restore: $work/small/.*: .*No space left on device.*Make room there, then restore again: what is there is not restored twice\."
	ok "... in one line" test "$(wc -l <err)" -eq 1
	contents small >got
	ok "... what is there is whole" test -z "$(comm -13 want got)"
	mount -o remount,size=60m small
	ok "with more room" bk-restore latest --to "maildir:$work/small/%d/%n/Maildir"
	contents small >got
	ok "... the rest comes, once" cmp want got
	mount -o remount,ro small
	exits 14 "a read-only place" bk-restore latest --to "maildir:$work/small/%d/%n/Maildir"
	says "bk-restore: $work/small/%d/%n/Maildir: Read-only file system. Nothing changed."
	ok "... in one line" test "$(wc -l <err)" -eq 1
	exits 14 "... with folders that are to be made" bk-restore latest --accounts-first \
		--to "maildir:$work/small/other/%d/%n/Maildir"
fi

done_testing
