#!/bin/sh
# A standby host follows its primary, set by set, while people work there: each
# time it is as the primary was, in every folder, UID, flag, keyword, date and
# byte, and what was not changed is not touched.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-standby dovecot
need_corpus

accounts=$(world accounts)
primary=$work/primary
standby=$work/standby
for host in primary standby; do
	dovecot "$work/$host" new
	# shellcheck disable=SC2086 # words
	dovecot "$work/$host" adduser $accounts
done
dovecot "$primary" start
# shellcheck disable=SC2086 # words
world fill "$primary/env" "$corpus" $accounts >out 2>err || {
	echo "Bail out! no mail: $(cat err)"
	exit 1
}

new_repository repo
store="maildir:$primary/mail/%d/%n/Maildir"
to="maildir:$standby/mail/%d/%n/Maildir"
follow() {
	bk-standby follow --once --to "$to"
}
same() {
	view "$primary" >primary.view
	dovecot "$standby" start
	view "$standby" >standby.view
	dovecot "$standby" stop
	compare primary.view standby.view
}

exits 5 "status of a standby that never followed" \
	bk-standby status --to "$to" --host x
ok "a full set" bk-backup "$store" --full
exits 5 "nothing was applied" bk-standby status --to "$to"
ok "it follows" follow
ok "... and is as the primary" same
ok "status" bk-standby status --to "$to" --max-age 8h
cp out said
ok "... is fresh" grep -q '^fresh' said
ok "following again" follow
cp err said
ok "... does nothing" grep -q 'there is no newer one' said

for seed in 1 2 3; do
	cp standby.view cached.view
	ok "people work, $seed" world change "$primary/env" "$corpus" $seed
	ok "a differential" bk-backup "$store" --differential
	ok "it follows" follow
	ok "... and is as the primary" same
	ok "... and what clients had cached of it is the same mail" \
		"$top/tests/lib/uid_cache.py" cached.view standby.view 100
done
ok "people work" world change "$primary/env" "$corpus" 4
ok "a full set, another chain" bk-backup "$store" --full
ok "people work" world change "$primary/env" "$corpus" 5
ok "a differential of it" bk-backup "$store" --differential
ok "it follows, over the sets in between" follow
ok "... and is as the primary" same
ok "a full set" bk-backup "$store" --full
ok "it follows" follow
ok "another one, without a change" bk-backup "$store" --full
ok "it follows" follow
cp err said
ok "... and touches nothing" grep -q 'folders changed 0, renamed 0, gone 0' said
ok "... and is as the primary" same

done_testing
