#!/bin/sh
# A mail server is rebuilt from a set while mail already flows: all accounts and
# folders take mail at once, the newest mail is back before the old, nothing is
# lost or there twice, and no UID that a client knows names other mail.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-restore dovecot
need_corpus

old=$work/before
new=$work/after
dovecot "$old" new
dovecot "$new" new
dovecot "$old" adduser ann@a.test bob@b.test cat@c.test
dovecot "$new" adduser ann@a.test bob@b.test cat@c.test

# Mail of three ages, some of it in folders of one age alone.
fill() {
	python3 - "$old/mail" "$corpus" <<-'PY'
	import os, pathlib, random, sys, time
	root, corpus = map(pathlib.Path, sys.argv[1:])
	mails = sorted(corpus.glob("*/*.txt"))
	choose = random.Random(8)
	now = time.time()
	for account in "a.test/ann", "b.test/bob", "c.test/cat":
	    maildir = root / account / "Maildir"
	    for folder, days, count in (("", (1, 30, 300), 400),
	                                (".Old", (400,), 200),
	                                (".Work", (2, 100), 100)):
	        for part in "cur", "new", "tmp":
	            (maildir / folder / part).mkdir(parents=True)
	        for n in range(count):
	            date = int(now - days[n % len(days)] * 86400 - n)
	            path = maildir / folder / "cur" / f"{date}.M{n}.mx:2,S"
	            path.write_bytes(choose.choice(mails).read_bytes())
	            os.utime(path, (date, date))
	        # Twice the same, long ago and today.
	        for days_ago in () if folder else (0, 200):
	            path = maildir / folder / "cur" / f"twin{days_ago}.x.mx:2,"
	            path.write_bytes(b"Subject: twin\n\nthe same\n")
	            date = int(now - days_ago * 86400 - 60)
	            os.utime(path, (date, date))
	PY
	[ "$(id -u)" -ne 0 ] || chown -R mail:mail "$old/mail"
}
fill
dovecot "$old" start
view "$old" >uids.old
new_repository repo
ok "a set" bk-backup "maildir:$old/mail/%d/%n/Maildir" --full
dovecot "$old" stop

# ---- the new server, which runs already --------------------------------------------

mkdir -p "$new/mail"
dovecot "$new" start

# deliver ACCOUNT SUBJECT: into the inbox, as the mail server would.
deliver() {
	printf 'Subject: %s\n\nflows\n' "$2" |
		dovecot "$new" doveadm save -u "$1" -m INBOX
}

bk-restore latest --to "maildir:$new/mail/%d/%n/Maildir" --accounts-first \
	--progress=plain >told 2>&1 &
restore=$!
until grep -qs 'take mail' told; do
	kill -0 $restore || break
	sleep 0.01
done
kill -STOP $restore
ok "all accounts are there" test \
	"$(find "$new/mail" -name '.Work' -path '*/Maildir/*' | wc -l)" -eq 3
for n in 1 2 3; do
	ok "mail $n comes in" deliver ann@a.test "new $n"
done
view "$new" >uids.meanwhile
kill -CONT $restore
wait $restore
status=$?
ok "it ends well" test $status -eq 0
ok "... and says what was there after how long" grep -q \
	'all 9 folders are there and take mail, after .*; the newest mail comes first' told

# contents ROOT: the digest of each message.
contents() {
	find "$1/mail" -type f \( -path '*/cur/*' -o -path '*/new/*' \) \
		-exec sha256sum {} + | cut -d ' ' -f 1 | sort
}
contents "$old" >want
contents "$new" >all
comm -13 want all >extra
comm -23 want all >lacks
ok "... and which folders kept their UIDs" \
	grep -q 'UIDs kept in 3 folders, new in 6' told
ok "nothing is lost, not even a twin" test ! -s lacks
ok "nothing is there twice" test "$(wc -l <extra)" -eq 3
ok "a second run" bk-restore latest --accounts-first \
	--to "maildir:$new/mail/%d/%n/Maildir" --json
cp out told
ok "... finds all of it there" \
	grep -q '"type":"summary".*"new":0,"kept":2106' told

# ---- what clients had cached --------------------------------------------------------

view "$new" >uids.new
cache() {
	"$top/tests/lib/uid_cache.py" "$@"
}
# Of one age are the Old of all, and the inboxes and Work of those without new
# mail keep what came first.
ok "what clients of the old server know is never another message, and much of it stays" \
	cache uids.old uids.new 600
ok "... nor what they saw meanwhile" cache uids.meanwhile uids.new 3

done_testing
