#!/bin/sh
# A standby that is a mail server with mail in mdbox, or in sdbox, follows its
# primary, set by set, over IMAP and doveadm: each time it is as the primary was, in
# every folder, UID, flag, keyword, date and byte.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/far_standby.sh
. "$top/tests/lib/far_standby.sh"
needs bk-init bk-backup bk-standby dovecot openssl
need_corpus
cd "$work" || exit 1

accounts=$(world accounts)

# follows_in FORMAT: both of them have their mail in it.
follows_in() {
	# shellcheck disable=SC2086 # words
	far_dovecots "$1:~/$1" $accounts
	# shellcheck disable=SC2086 # words
	world fill "$work/a/env" "$corpus" $accounts >out 2>err || {
		echo "Bail out! no mail: $(cat err)"
		exit 1
	}
	exits 5 "$1: status of a standby that never followed" status
	ok "a full set" bk-backup mail --full
	ok "it follows" follow
	ok "... and is as the primary" as_primary
	ok "... and fresh" fresh
	ok "following again" follow
	tells 'there is no newer one'
	for seed in 1 2 3; do
		cp b.view cached.view
		ok "$1: people work, $seed" world change "$work/a/env" \
			"$corpus" $seed
		ok "a differential" bk-backup mail --differential
		ok "it follows" follow
		ok "... and is as the primary" as_primary
		ok "... and fresh" fresh
		ok "... and what clients had cached of it is the same mail" \
			"$top/tests/lib/uid_cache.py" cached.view b.view 100
	done
	ok "$1: a full set, without a change" bk-backup mail --full
	ok "it follows" follow
	ok "... and is as the primary" as_primary
	ok "... and fresh" fresh
}

for format in mdbox sdbox; do
	follows_in $format
	stop_servers
	servers=
	rm -rf a b repo repo.key cache state
	: >"$BK_CONFIG"
done

done_testing
