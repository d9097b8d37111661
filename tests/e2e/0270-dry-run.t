#!/bin/sh
# bk backup -n says what a run would do, does none of it, and is right.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list

store="maildir:$work/mail/%d/%n/Maildir"
/usr/bin/python3 "$top/demo/mail.py" "$work/mail"
new_repository repo

# traces: every file of repository, state and store, with its contents.
traces() {
	find "$work/repo" "$work/state" "$work/mail" -type f -exec sha256sum {} + |
		sort -k 2
}

json() {
	"$top/tests/lib/json_lines.py" "$@"
}

# predicts OPTION...: -n writes nothing, and its numbers are the run's.
predicts() {
	traces >before
	bk-backup "$store" "$@" -n --json >planned || return 1
	traces >after
	cmp before after || return 1
	bk-backup "$store" "$@" --json >made || return 1
	json numbers planned >planned.n
	json numbers made >made.n
	cat planned.n made.n
	[ -s made.n ] && cmp planned.n made.n
}

# ---- before the first set -----------------------------------------------------

rm -rf state
ok "a dry run before anything else" bk-backup "$store" -n
says "bk-backup: no set of this store yet: making a full one"
cp out first
ok "... names each account" grep -q '^anna@alder.example  *8  *29 ' first
ok "... and says that nothing was written" \
	grep -qx "dry run (full): nothing written, this is what a run would do" first
ok "... and what would be read" grep -qx '4.9 MiB to read' first
ok "... and leaves no state directory behind" test ! -e state
bk-list -q >sets 2>err
ok "... and no set" test ! -s sets
ok "the first set is what was foretold" predicts --full

# ---- a day of change ----------------------------------------------------------

ok "nothing changed" predicts --differential
anna=$work/mail/alder.example/anna/Maildir
ben=$work/mail/alder.example/ben/Maildir
# shellcheck disable=SC2012,SC2046 # our own names
set -- $(cd "$anna/cur" && ls | head -n 4)
rm "$anna/cur/$1"
mv "$anna/cur/$2" "$anna/cur/${2%%:*}:2,FT"
mv "$anna/cur/$3" "$anna/.Trash/cur/"
printf 'Subject: new\n\nNew.\n' >"$anna/new/1800000000.M1P1.mx1"
mv "$ben/.Trash" "$ben/.Waste"
rm -rf "$work/mail/quay.example/deniz"
ok "new, marked, moved and gone, a folder renamed, an account away" \
	predicts --differential
json accounts planned >rows
ok "... foretold account by account" grep -qx \
	"deniz@quay.example folders=0 new=0 kept=0 flags=0 gone=16" rows
ok "the same as an incremental" predicts --incremental --stat
ok "one account" predicts --account 'anna@*'
ok "... has one row" test "$(json accounts planned | cut -d' ' -f1)" = \
	anna@alder.example
cp -a "$work/mail/quay.example/clara" "$work/mail/quay.example/deniz"
ok "an account that is new" predicts --auto

# ---- what the run would refuse, the dry run refuses ---------------------------

mv mail/alder.example away
exits 18 "a store that shrank" bk-backup "$store" -n
says_like "bk-backup: store $store shrank from [0-9]+ to [0-9]+ messages \(limit 30 %\). No set written, none pruned. If this is right: --accept-shrink"
ok "... unless one says so" bk-backup "$store" -n --accept-shrink
mv away mail/alder.example
exits 16 "a store that is not there" bk-backup "maildir:$work/none/%d/%n" -n
exits 10 "no repository" bk-backup -r "$work/none" "$store" -n

done_testing
