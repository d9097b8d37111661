#!/bin/sh
# The main job on real mail and a real server: a full set, a day of change with
# two differentials while mail comes in, everything lost, everything restored;
# the server then shows what it showed before.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot bk-init bk-backup bk-list bk-restore bk-check
need_corpus

a=$work/a
store="maildir:$a/mail/%d/%n/Maildir"

# The id of the newest set.
newest() {
	bk-list --json | sed -n 's/.*"set":"\([0-9a-f]*\)".*/\1/p' | tail -n 1
}

dovecot "$a" new
# shellcheck disable=SC2046 # one word an account
dovecot "$a" adduser $(world accounts)
dovecot "$a" start
ok "a server has mail in twenty accounts" world fill "$a/env" "$corpus"
view "$a" >before.full

new_repository repo
ok "a full set of the running server" bk-backup "$store" --full
quiet
full=$(newest)

# delivered RECORD N DELIVERER: waits until N messages were accepted.
delivered() {
	until [ "$(wc -l <"$1")" -ge "$2" ] || ! kill -0 "$3"; do
		sleep 0.1
	done
}

# ---- a day of change ---------------------------------------------------------

files contents "$a/mail" >contents.before
touch record record2
world deliver "$a/env" "$corpus" "$work/record" --until "$work/evening" &
deliverer=$!
world change "$a/env" "$corpus" 1 --until "$work/evening" &
changer=$!
delivered record 5 $deliverer
start=$(date +%s.%N)
ok "a differential while mail comes in and is moved about" \
	bk-backup "$store" --differential
quiet
first=$(newest)
delivered record $(($(wc -l <record) + 5)) $deliverer
touch evening
wait $deliverer
ok "deliveries went on all the time" test $? -eq 0
wait $changer
ok "people worked on all the time" test $? -eq 0
files contents "$a/mail" >contents.after

ok "what it took is restored beside" \
	bk-restore "$first" --to "maildir:$work/live/%d/%n/Maildir"
ok "every message accepted before is in it, and none is cut" \
	files delivered "$work/live" "$work/record" "$start" "$a/mail"
files contents "$work/live" >contents.live
comm -12 contents.before contents.after >stayed
comm -23 stayed contents.live >missed
ok "nothing that stayed was missed, although it was moved about" \
	test ! -s missed
ok "... and that is most of the mail" test "$(wc -l <stayed)" -gt 500

ok "more changes" world change "$a/env" "$corpus" 2
view "$a" >before
files list "$a/mail" >files.before
ok "a second differential" bk-backup "$store" --differential
quiet
second=$(newest)
ok "the repository is whole" bk-check --read-data

# ---- everything is lost ------------------------------------------------------

dovecot "$a" stop
find "$a/mail" -mindepth 1 -delete
ok "everything is restored" bk-restore "$second" --to "$store"
files list "$a/mail" >files.after
ok "every file is what it was: name, flags, date, content" \
	diff files.before files.after
dovecot "$a" start
view "$a" >after
ok "the server shows every folder, UIDVALIDITY, UID, flag, date and byte" \
	compare before after

ok "restoring once more doubles nothing" bk-restore "$second" --to "$store"
view "$a" >again
ok "... the server shows the same" compare after again

# New mail must get UIDs that no client has seen.
world deliver "$a/env" "$corpus" "$work/record2" --until "$work/stop" &
deliverer=$!
delivered record2 5 $deliverer
touch stop
wait $deliverer
view "$a" >with.new
ok "mail delivered then is there" test "$(wc -l <with.new)" -gt "$(wc -l <after)"
compare after with.new | grep -vE 'uid [0-9]+ is new$|differences$' >rest
ok "... and nothing else changed" test ! -s rest
view "$a" >after

# ---- a part ------------------------------------------------------------------

one=ann@a.test
ok "a folder into a folder" bk-restore "$second" --account $one \
	--folder Projects/Rhine --into Restored --to "$store"
# The server shows an account that never had mail an empty INBOX.
dovecot "$a" adduser bob.old@a.test
view "$a" >into
ok "... has the same mail" compare --content --account $one \
	--folder Projects/Rhine=Restored/Projects/Rhine before into
grep -v -e '"folder": "Restored' -e bob.old into >rest
ok "... and nothing else changed" compare after rest

ok "an account under another name" bk-restore "$second" --account bob@a.test \
	--as bob.old@a.test --to "$store"
view "$a" >as
ok "... is the same account" compare --account bob@a.test=bob.old@a.test before as
grep -v '"account": "bob.old@a.test"' as >rest
grep -v '"account": "bob.old@a.test"' into >before.as
ok "... and nothing else changed" compare before.as rest

uid=$(sed -n 's/.*"account": "ann@a.test".*"folder": "INBOX", "kind": "message".*"uid": \([0-9]*\)}/\1/p' before |
	sed -n 3p)
ok "one message" bk-restore "$second" --account $one --folder INBOX \
	--message "$uid" --to "maildir:$work/one/%d/%n/Maildir"
files list "$work/one" >one.message
ok "... is there, and nothing else" test "$(wc -l <one.message)" -eq 1
ok "... as it was" grep -xF "$(cat one.message)" files.before

# A point in time: what was deleted after the full set is in that.
ok "a folder is deleted" "$top/tests/lib/imap_client.py" \
	"$a/env" $one 'DELETE "Sent"' 'UNSUBSCRIBE "Sent"'
ok "... the newest set has it not" bk-backup "$store" --differential
third=$(newest)
exits 5 "... it cannot be restored from that" bk-restore "$third" \
	--account $one --folder Sent --to "$store"
ok "... but from the full set" bk-restore "$full" --account $one \
	--folder Sent --to "$store"
view "$a" >back
ok "... with all its mail" compare --content --account $one --folder Sent \
	before.full back

done_testing
