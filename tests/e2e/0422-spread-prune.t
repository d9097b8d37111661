#!/bin/sh
# Sets of a repository that is spread over three targets are pruned, with all of them
# there and with one away, whose old files do not come back with it.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-prune bk-key faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
export BK_CONFIG="$work/bk.conf"
for place in nas offsite cloud; do
	printf '[target %s]\nurl = file://%s\n' $place "$work/$place"
done >"$BK_CONFIG"
new_repository main spread:2+1:nas,offsite,cloud

# on DAY COMMAND...: at ten in the evening.
on() {
	day=$1
	shift
	faketime -f "@$day 22:00:00" "$@"
}
labels() {
	bk-list --json | grep -o '"label":"[^"]*' | cut -d '"' -f 4 | paste -sd ' '
}
listed() {
	ok "listed: $1" test "$(labels)" = "$1"
}
# packs PLACE: how many shards are there.
packs() {
	find "$1/data" -name '*.bkf' | wc -l
}
back() {
	rm -rf back
	bk-restore latest --to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.back && cmp files.now files.back
}

for day in 2026-03-07 2026-03-08 2026-03-14 2026-03-15 2026-03-21; do
	n=$((${n:-1010} + 1))
	letter "mail/b.test/bob/Maildir/cur/$n.a.mx:2," $n "letter $n"
	case $day in *07 | *14 | *21) kind=--full ;; *) kind=--differential ;; esac
	ok "$day: a set, $kind" on "$day" bk-backup "$store" $kind -q
done
seen mail >files.now
listed '20260307T2200-f 20260308T2200-d 20260314T2200-f 20260315T2200-d 20260321T2200-f'

ok 'two sets are condemned' on 2026-03-22 bk-prune --keep last:3
listed '20260314T2200-f 20260315T2200-d 20260321T2200-f'
ok '... and deleted a day later' on 2026-03-24 bk-prune --keep last:3
for place in nas offsite cloud; do
	ok "$place: their packs are gone" test "$(packs $place)" -eq 3
done
ok 'all is whole' bk-check --read-data
ok 'everything is restored' back

mv nas nas.away
exits 3 'one is away: two more are condemned' on 2026-03-25 bk-prune --keep last:1
says_like 'bk-prune: main: done without nas: .*; when it is there again, run: bk check .*--repair'
exits 3 '... and deleted' on 2026-03-27 bk-prune --keep last:1
ok '... where one can' test "$(packs cloud)" -eq 1
mv nas.away nas
listed 20260321T2200-f
exits 3 'it is back and lacks the lists of what is gone' bk-check
ok 'it is mended' bk-check --repair
ok '... and nothing that was pruned came back' test "$(packs cloud)" -eq 1
listed 20260321T2200-f
ok 'a prune, with all of them' on 2026-03-28 bk-prune --keep last:1
ok 'all is whole' bk-check --read-data
ok 'everything is restored' back
mv cloud cloud.away
ok 'another one goes: everything is restored' back
mv cloud.away cloud

# What a job tells of that.
cat >>"$BK_CONFIG" <<-CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[job nightly]
store = mail
keep = last:9
[notify]
mail = admin@a.test
via = smtp://127.0.0.1:1
CONF
mv nas nas.away
exits 3 'a job prunes while one is away' bk-backup nightly --full
tr -d '\r\n' <state/unsent/job-nightly.eml >mail.told
ok '... and tells of that' grep -q 'main    done without nas: .*--repair' mail.told
exits 1 '... and not of damage' grep -q 'not whole' mail.told
done_testing
