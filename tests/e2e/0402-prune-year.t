#!/bin/sh
# A year of backups, ships and prunes, with sets of all kinds, pins, and two targets
# with rules of their own, one of which is away for a month: what stays is exactly what
# the rules say.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship bk-prune faketime

for box in mail post; do
	mkdir -p $box/a.test/ann/Maildir/cur $box/a.test/ann/Maildir/new
	printf 'Subject: %s\n\nfirst\n' $box >$box/a.test/ann/Maildir/cur/1.a.mx:2,S
done
new_repository repo
cat >"$BK_CONFIG" <<CONF
[repo main]
path = $work/repo
password = keyblock:$work/repo.key
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[store post]
type = maildir
path = $work/post/%d/%n/Maildir
[target near]
url = file://$work/near
keep = daily:7 weekly:5 monthly:12
[target far]
url = file://$work/far
keep = last:10 monthly:6 yearly:2
[job nightly]
store = mail
keep = 10d weekly:4
ship = near far
[job weekly]
store = post
keep = last:6 monthly:3
ship = near far
CONF
unset BK_REPO
"$top/tests/lib/year_of_sets.py" "$work" >year 2>&1 || sed 's/^/# /' year
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
	ok "2026-$month: what stays is what the rules say" \
		grep -E "^2026-$month ok\$" year
	grep "^2026-$month" out >/dev/null || grep "^2026-$month" year | sed 's/^/# /'
done
export TZ=Europe/Berlin
for place in main near far; do
	ok "$place: all is whole" faketime -f '@2027-01-01 00:00:00' \
		bk-check -r $place --read-data -q
done
ok 'the newest set comes back' bk-restore -r far latest --store mail \
	--to "maildir:$work/back/%d/%n/Maildir"
ok '... as it is' diff -r mail/a.test/ann/Maildir/cur back/a.test/ann/Maildir/cur
done_testing
