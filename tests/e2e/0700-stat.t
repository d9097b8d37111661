#!/bin/sh
# What sets say of themselves is what somebody else finds; growth and the day when
# the disk is full; and who is overdue, of which nobody may say that it is fine.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-prune bk-stat faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

small_store "$work/mail"
new_repository repo
cat >>"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[store side]
type = maildir
path = $work/side/%d/%n/Maildir
[job nightly]
store = mail
full = sat 22:00
differential = sun-fri 22:00
[job unplanned]
store = mail
[job never]
store = side
differential = 22:00
CONF

# on TIME COMMAND...: the clock of whoever runs it, not of the mail.
on() {
	time=$1
	shift
	faketime -f "@$time" "$@"
}

# told STATUS NAME COMMAND...: as exits, and `said` keeps what it prints.
told() {
	exits "$@"
	cp out said
}

# prom NAME LABEL=VALUE...: from the file that was written last.
prom() {
	"$top/tests/lib/exposition.py" bk.prom "$@"
}

told 17 'no set at all is not in time' bk-stat --overdue 26h
ok '... and says so' grep -q 'NO SET' said
ok 'no set: nothing to tell' bk-stat
ok '... in JSON' bk-stat --json
ok '... for Prometheus' bk-stat --prometheus bk.prom -q
ok '... which reads it' prom

# ---- a fortnight ------------------------------------------------------------------

# Each day as much as the one before, in bytes that cannot be packed.
for day in 07 08 09 10 11 12 13 14 15 16; do
	for n in 1 2 3 4; do
		file=mail/b.test/bob/Maildir/cur/20$day$n.a.mx:2,S
		printf 'Subject: %s %s\n\n' "$day" "$n" >"$file"
		head -c 20000 /dev/urandom | base64 >>"$file"
	done
	case $day in 07 | 14) kind=--full ;; *) kind=--incremental ;; esac
	ok "2026-03-$day: a set" on "2026-03-$day 22:00:00" bk-backup mail $kind -q
done
mkdir -p side
cp -R mail/b.test side/b.test

# ---- the same numbers, from elsewhere --------------------------------------------------

ok 'in JSON' on '2026-03-16 23:00:00' bk-stat --json
cp out stat.json
json() {
	/usr/bin/python3 -c 'import json, sys
rows = [json.loads(line) for line in open("stat.json")]
print(*[eval(sys.argv[2]) for row in rows if row["type"] == sys.argv[1]])' "$@"
}
files=$(find repo/data -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
ok "stored is what du says: $files" test "$(json total 'row["stored"]')" = "$files"
ok 'the sets add up to it' test "$(json set 'row["stored"]' | tr ' ' '\n' |
	awk '{ n += $1 } END { print n }')" = "$files"
for id in $(json set 'row["set"]'); do
	size=$(find repo/data -path "*$id*" -type f -printf '%s\n' |
		awk '{ n += $1 } END { print n }')
	grep -q "\"set\": *\"$id\".*\"stored\": *${size}[,}]" stat.json ||
		echo "$id $size" >>unlike
done
ok 'each set has what lies in its files' test ! -e unlike
cp repo.key key
"$top/tests/reader/bkextract.py" --secret key repo >extracted 2>err ||
	sed 's/^/# /' err
ok 'the reader without bk knows the same sets' sh -c 'sed "s/ .*//" extracted |
	grep -xE "[0-9a-f]{32}" | sort >ids.theirs
	sed -n "s/.*\"type\": *\"set\".*\"set\": *\"\([0-9a-f]*\)\".*/\1/p" stat.json |
	sort >ids.ours && test -s ids.ours && cmp ids.ours ids.theirs'
newest=$(tail -n 1 ids.ours)
messages=$("$top/tests/reader/bkread.py" repo --key-file key list "$newest" |
	grep -c '"uid":')
ok "... and its messages: $messages" test \
	"$(json store 'row["messages"]')" = "$messages"
bytes=$(find mail -path '*/cur/*' -type f -printf '%s\n' -o -path '*/new/*' -type f \
	-printf '%s\n' | awk '{ n += $1 } END { print n }')
ok "mail is what lies in the Maildirs: $bytes" test \
	"$(json store 'row["bytes"]')" = "$bytes"
told 0 'a table' on '2026-03-16 23:00:00' bk-stat --sets
ok '... of all sets' test "$(grep -c '^20260[0-9T]*-[fi] ' said)" -eq 10
told 0 '-q: names' bk-stat -q
ok '... of stores' grep -qx mail said

# ---- growth -------------------------------------------------------------------------

# Incrementals of about 4 x 20,000 bytes; the full sets are what is odd.
growth=$(json total 'row["growth_per_day"]')
ok "it grows by some 82 kB a day: $growth" test "$growth" -gt 70000 -a "$growth" -lt 200000
ok '... by what sets took' test "$(json total 'row["growth_by"]')" = sets
ok 'a place of a known size' on '2026-03-16 23:00:00' bk-stat --json \
	--capacity $((files + growth * 10))
cp out stat.json
ok '... is full in ten days' test "$(json total 'row["full"][:10]')" = 2026-03-26
ok '... has so much left' test "$(json total 'row["free"]')" = $((growth * 10))
ok 'one that is too small by now' on '2026-03-16 23:00:00' bk-stat --json \
	--capacity 1000
cp out stat.json
ok '... is full' test "$(json total '[row["free"], row["full"][:10]]')" = \
	"[0, '2026-03-16']"

# ---- Prometheus -----------------------------------------------------------------------

ok 'for Prometheus' on '2026-03-16 23:00:00' bk-stat --prometheus bk.prom -q \
	--capacity 1G
ok '... in its format' prom
if command -v promtool >/dev/null; then
	ok '... says promtool' sh -c 'promtool check metrics <bk.prom'
fi
ok '... the same bytes' test "$(prom bk_stored_bytes store=mail)" = "$files"
ok '... the same messages' test "$(prom bk_newest_messages store=mail)" = "$messages"
ok '... the end of the newest' test "$(prom bk_newest_end_timestamp_seconds)" -ge \
	"$(date -d '2026-03-16 22:00' +%s)"
ok '... whom others may read' test "$(stat -c %a bk.prom)" = 644
ok '... no half of a file is left' test ! -e bk.prom.part
cp bk.prom before.prom
exits 10 'a repository that is not there' bk-stat -r "$work/nowhere" \
	--prometheus bk.prom
ok '... leaves the file as it was' cmp bk.prom before.prom
exits 2 'a folder that is not there' bk-stat --prometheus nowhere/bk.prom -q

# ---- who is overdue --------------------------------------------------------------------

told 0 'in time' on '2026-03-17 21:00:00' bk-stat --overdue nightly
ok '... in so many words' grep -q ' in time$' said
exits 0 'so long as a run may take' on '2026-03-17 23:00:00' bk-stat \
	--overdue nightly
told 17 'and then overdue' on '2026-03-18 00:30:00' bk-stat --overdue nightly
ok '... in so many words' grep -q ' OVERDUE$' said
exits 0 'with more grace it is not' on '2026-03-18 00:30:00' bk-stat \
	--overdue nightly --grace 4h
told 17 'by time alone' on '2026-03-18 00:30:00' bk-stat --overdue 26h -q
ok '... -q names who' grep -qx mail said
told 0 'by a longer time' on '2026-03-18 00:30:00' bk-stat --overdue 27h -q
ok '... -q says nothing then' test ! -s said
exits 17 'Prometheus is told' on '2026-03-18 00:30:00' bk-stat --overdue 26h \
	--prometheus bk.prom -q
ok '... so' test "$(prom bk_overdue store=mail)" = 1
told 17 'a clock that is behind the sets' on '2026-03-16 20:00:00' bk-stat \
	--overdue nightly
ok '... cannot tell' grep -q ' OF THE FUTURE$' said
told 17 'a job that never ran' on '2026-03-17 21:00:00' bk-stat --overdue never
ok '... has no set' grep -q 'side .* NO SET$' said
exits 17 'nor has a host that is not there' on '2026-03-17 21:00:00' bk-stat \
	--overdue 9w --host nobody
exits 2 'a job that is not there' bk-stat --overdue nigthly
says_like 'bk-stat: --overdue nigthly: there is no \[job nigthly\] in .*'
exits 2 'a job without a schedule' bk-stat --overdue unplanned
says_like 'bk-stat: \[job unplanned\] has no full = .*'
exits 2 'no time at all' bk-stat --overdue 0s
(umask 077 && echo wrong >wrong)
exits 12 'a wrong password' bk-stat -r "$work/repo" \
	--password-from "file:$work/wrong" --overdue 9w
exits 10 'no repository' bk-stat -r "$work/nowhere" --overdue 9w

# Elsewhere, with the place and the key alone.
exits 0 'on another host' env BK_CONFIG=/dev/null BK_STATE_DIR="$work/none" \
	faketime -f '@2026-03-17 21:00:00' bk-stat -r "$work/repo" \
	--password-from "keyblock:$work/key" --overdue 26h
ok '... which leaves no trace' test ! -e none

bundle=$(find repo/data -name "*$newest*" | head -n 1)
mv "$bundle" away
told 17 'a set that lacks files is none' on '2026-03-17 21:00:00' bk-stat \
	--overdue nightly
ok '... in so many words' grep -q ' DAMAGED$' said
mv away "$bundle"
root=$(find repo/sets -name "$newest*")
cp "$root" root.whole
printf x | dd of="$root" bs=1 seek=300 conv=notrunc 2>dd.err
exits 17 'nor is one that does not open' on '2026-03-17 21:00:00' bk-stat \
	--overdue nightly
says_like 'bk-stat: 1 sets do not open, and are not counted; run: bk check'
exits 13 '... which is told of numbers, too' bk-stat
cp root.whole "$root"

# ---- by mail, where sets go ----------------------------------------------------------------

ok 'old sets go' on '2026-03-16 23:30:00' bk-prune --keep last:3 --grace 0s -q
ok 'in JSON' on '2026-03-16 23:40:00' bk-stat --json
cp out stat.json
ok '... the growth is that of the mail' test "$(json total 'row["growth_by"]')" = mail
files=$(find repo/data -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
ok '... stored is what du says' test "$(json total 'row["stored"]')" = "$files"

# ---- a host that was built anew ----------------------------------------------------------

rm -r "$BK_STATE_DIR"
ok 'its state is lost, and a set is made' on '2026-03-17 22:00:00' bk-backup mail \
	--full -q
exits 0 'it is in time' on '2026-03-17 23:00:00' bk-stat --overdue 24h \
	--prometheus bk.prom -q
ok '... is one series for Prometheus' prom
ok '... with the sets of both' test "$(prom bk_sets store=mail)" -ge 3
ok '... and not overdue' test "$(prom bk_overdue store=mail)" = 0
done_testing
