#!/bin/sh
# Damaged messages of a live Maildir are mended from a set, and nothing else is
# touched: not what came since, not flags, not what somebody deleted.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore dovecot
need_corpus

live=$work/live
dovecot "$live" new
dovecot "$live" adduser ann@a.test bob@b.test
"$top/tests/lib/make_maildir.py" plain "$live/mail" "$corpus" 120
[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$live/mail"
dovecot "$live" start
view "$live" >view.before
new_repository repo
store="maildir:$live/mail/%d/%n/Maildir"
ok "a set" bk-backup "$store" --full

# state: names, flags, dates and bytes of all messages.
state() {
	files list "$live/mail"
}

state >state.before
ok "a whole store" bk-restore latest --heal
state >state.after
ok "... to the last byte" cmp state.before state.after

# ---- damage ------------------------------------------------------------------------

inbox=$live/mail/a.test/ann/Maildir
# nth N: the path of a message of ann's inbox.
nth() {
	find "$inbox/cur" -type f | sort | sed -n "$1p"
}
cut=$(nth 1) flipped=$(nth 2) deleted=$(nth 3) flagged=$(nth 4)
truncate -s 100 "$cut"
touch -r "$flipped" date.flipped
# One byte, and size and time as they were.
printf X | dd of="$flipped" bs=1 seek=40 conv=notrunc 2>/dev/null
touch -r date.flipped "$flipped"
rm "$deleted"
mv "$flagged" "${flagged%%:2,*}:2,F"
printf 'Subject: new\n\ncame since\n' >"$inbox/new/since.x.y"
state | sort >state.damaged

ok "what would be mended is listed" bk-restore latest --heal -n --json
cp out told
ok "... two messages" grep -q \
	'"account":"ann@a.test","folder":"INBOX".*"new":2,' told
state | sort >state.after
ok "... and nothing changed" cmp state.damaged state.after

ok "damaged messages are mended" bk-restore latest --heal --json
cp out told
ok "... just two" grep -q '"type":"summary".*"new":2,"kept":117' told
ok "... and the deleted one is told, not brought back" grep -q \
	'1 messages of the set are not there: deleted by their owners or lost' told
ok "... it stays deleted" test -z "$(find "$inbox" -name "$(basename "${deleted%%:2,*}")*")"
state | sort >state.after
comm -12 state.damaged state.after >same
ok "nothing else was touched" test "$(wc -l <same)" -eq \
	"$(($(wc -l <state.damaged) - 2))"
comm -13 state.damaged state.after | cut -f 5 | sort >mended
sort state.before | grep -e "$(basename "${cut%%:2,*}")" \
	-e "$(basename "${flipped%%:2,*}")" | cut -f 5 | sort >lost
ok "what is new are the bytes of the set" cmp lost mended
view "$live" >view.after
ok "no UID that a client knows names other mail" \
	"$top/tests/lib/uid_cache.py" view.before view.after 100
state | sort >state.before
ok "a second run" bk-restore latest --heal --json
state | sort >state.after
ok "... changes nothing" cmp state.before state.after

# A run that was cut off before the damaged file went.
twice=$(nth 5)
truncate -s 100 "$twice"
cp -p "$twice" damaged
ok "one more is mended" bk-restore latest --heal
state | sort >state.healed
cp -p damaged "$twice"
ok "a damaged file that was left is listed" bk-restore latest --heal -n --json
cp out told
ok "... as nothing new" sh -c '! grep -q "\"new\":[1-9]" told'
ok "... it goes" bk-restore latest --heal
state | sort >state.after
ok "... and nothing else" cmp state.healed state.after

# One message is lost in the repository too, in a bundle of its own.
{ printf 'Subject: lost\n\n' && head -c 300000 /dev/urandom | base64; } \
	>"$inbox/cur/lost.x.y:2,"
find repo -type f | sort >files.before
ok "a set with one more" bk-backup "$store" --differential
bundle=$(find repo/data -name '*.bkb' | sort | comm -13 files.before - | head -n 1)
printf '\377\377' | dd of="$bundle" bs=1 seek=4000 conv=notrunc 2>dd.err
mended=$(nth 6)
truncate -s 100 "$inbox/cur/lost.x.y:2," "$mended"
exits 13 "what is lost is told" bk-restore latest --heal
ok "... it stays as it is" test -f "$inbox/cur/lost.x.y:2,"
ok "... and the other is there once" test ! -e "$mended"
exits 2 "a server has no names to go by" bk-restore latest --heal \
	--to imap://ann@127.0.0.1:1
exits 2 "it is for where messages are" bk-restore latest --heal --into Back

done_testing
