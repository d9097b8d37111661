#!/bin/sh
# A store as Courier IMAP leaves it: its own files for UIDs, keywords and
# subscriptions.  What was in it, Dovecot shows after the restore.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot bk-init bk-backup bk-list bk-restore
need_corpus

new_repository repo
"$top/tests/lib/make_maildir.py" courier "$work/mail" "$corpus" >before
files list "$work/mail" >files.before
(cd "$work/mail" && find . -type f ! -path '*/cur/*' ! -path '*/new/*' \
	-exec sha256sum {} + | sort) >state.before

ok "a full set" bk-backup "maildir:$work/mail/%d/%n/Maildir" --full
quiet
ok "nothing of the store was touched" sh -c "cd '$work/mail' &&
	sha256sum --quiet -c '$work/state.before'"

ok "a restore beside it" bk-restore latest \
	--to "maildir:$work/back/%d/%n/Maildir"
files list "$work/back" >files.after
ok "every file is what it was" diff files.before files.after

dovecot "$work/a" new
dovecot "$work/a" adduser ann@a.test bob@b.test
ok "a restore for Dovecot" bk-restore latest \
	--to "maildir:$work/a/mail/%d/%n/Maildir"
dovecot "$work/a" start
view "$work/a" >after
# Courier knows neither of these.
sed -e 's/"acl": {[^}]*}, //' -e 's/"attributes": \[[^]]*\], //' \
	-e 's/"highestmodseq": [0-9]*, //' after |
	grep -v '"folder": "Archive", "kind": "folder"' >after.common
ok "Dovecot shows Courier's UIDs, flags, keywords, dates, subscriptions" \
	compare before after.common

done_testing
