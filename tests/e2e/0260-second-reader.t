#!/bin/sh
# A second program, written from bk-format(5) alone, reads the sets: it finds the
# messages that the server shows, and byte for byte those that lay on disk.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot bk-init bk-backup bk-key
need_corpus

a=$work/a
store="maildir:$a/mail/%d/%n/Maildir"

# reads VERB [ARGUMENT...]: the other program, on our repository.
reads() {
	"$top/tests/reader/bkread.py" "$work/repo" --key-file "$work/repo.key" "$@"
}

# Lines of JSON to one line a message, the same from either source.
cat >messages.py <<'PY'
import json, sys
for line in map(json.loads, sys.stdin):
    if "uid" not in line:
        continue
    if "internaldate" in line:
        line["date"] = line["internaldate"]
        line["flags"] = ["\\" + f for f in line["flags"]] + line["keywords"]
    print(line["account"], line["folder"], line["uid"], line["date"],
          *sorted(line["flags"]), sep="\t")
PY
cat >names.py <<'PY'
import json, sys
for line in map(json.loads, sys.stdin):
    if "uid" in line:
        print(line["name"], line["sha256"], sep="\t")
PY
messages() {
	/usr/bin/python3 messages.py | sort
}

dovecot "$a" new
# shellcheck disable=SC2046 # one word an account
dovecot "$a" adduser $(world accounts)
dovecot "$a" start
ok "a server has mail in twenty accounts" world fill "$a/env" "$corpus"
new_repository repo

# round WHAT: the newest set against the server as it is now.
round() {
	view "$a" >view.now
	messages <view.now >messages.server
	reads sets >ids
	set_id=$(sed -n '$s/ .*//p' ids)
	ok "$1: it reads the set" reads list --hash "$set_id"
	cp out listed
	messages <listed >messages.reader
	ok "$1: the server's messages, UIDs, dates, flags and keywords" \
		diff messages.server messages.reader
	/usr/bin/python3 names.py <listed | sort >names.reader
	files list "$a/mail" | cut -f2,5 | sort >names.disk
	ok "$1: byte for byte the files on disk" diff names.disk names.reader
	ok "$1: it proves the set" reads verify "$set_id"
	ok "$1: it extracts the set" reads extract "$set_id" "$work/$1"
	ok "$1: ... all of it" test "$(find "$work/$1" -type f | wc -l)" -eq \
		"$(wc -l <names.disk)"
}

ok "a full set" bk-backup "$store" --full
round full
ok "a day of change" world change "$a/env" "$corpus" 3
view "$a" >/dev/null
ok "a differential" bk-backup "$store" --differential
round differential
ok "another day" world change "$a/env" "$corpus" 4
view "$a" >/dev/null
ok "an incremental" bk-backup "$store" --incremental
round incremental

done_testing
