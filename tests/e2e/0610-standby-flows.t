#!/bin/sh
# A host with nothing takes over while mail already flows: Dovecot starts when it
# may, clients see what is there and mail comes in while the old mail does.  Each
# message has the UID that it had, what is new comes behind, and nothing is lost
# or there twice; also where the run is killed on the way and run again.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/flows.sh"
needs bk-init bk-backup bk-standby dovecot
need_corpus

accounts='ann@a.test bob@b.test cat@c.test'
old=$work/before
for host in before after killed; do
	dovecot "$work/$host" new
	# shellcheck disable=SC2086 # words
	dovecot "$work/$host" adduser $accounts
done
aged "$old"
dovecot "$old" start
view "$old" >uids.old
new_repository repo
ok "a set" bk-backup "maildir:$old/mail/%d/%n/Maildir" --full
dovecot "$old" stop

# promote ROOT: in the background, until mail may start, and stopped there.
promote() {
	export BK_STATE_DIR="$1/state"
	: >told
	bk-standby promote --fenced-primary --progress=plain \
		--to "maildir:$1/mail/%d/%n/Maildir" >told 2>&1 &
	promote=$!
	until_said 'mail may start now' $promote
	kill -STOP $promote
	ok "mail may start before all of it is there" test \
		"$(contents "$1/mail" | wc -l)" -lt \
		"$(contents "$old/mail" | wc -l)"
	dovecot "$1" start
}

# flows ROOT: mail comes in, a client looks at all there is and stays in one box.
flows() {
	for n in 1 2 3; do
		ok "mail $n comes in" deliver "$1" ann@a.test "new $n"
	done
	view "$1" >uids.meanwhile
	PYTHONPATH=$top/tests/lib python3 - "$1/env" ready over >client \
		<<-'PY' &
		import os, sys, time
		from imap_client import Imap, ImapError, env_ports
		env, ready, done = sys.argv[1:]
		imap = None
		while not os.path.exists(done):
		    try:
		        imap = imap or Imap(env_ports(env)[0], "ann@a.test")
		        imap.run("SELECT INBOX")
		        open(ready, "w").close()
		        while not os.path.exists(done):
		            imap.run("NOOP")
		            time.sleep(.05)
		    except ImapError as why:
		        print("sent away:", why)
		        imap = None
		with Imap(env_ports(env)[0], "ann@a.test") as imap:
		    imap.run("SELECT INBOX")
		    print(len(imap.search("ALL")))
	PY
	client=$!
	until [ -e ready ]; do
		kill -0 $client || break
		sleep 0.01
	done
}

# whole ROOT: it is as it was, and what came since is there.
whole() {
	touch over
	ok "who was in the inbox ends well" wait $client
	ok "... and sees all of it" test "$(tail -n 1 client)" -eq 405
	rm -f ready over
	nothing_lost "$old" "$1" 3
	view "$1" >uids.new
	ok "each message has the UID that it had" \
		"$top/tests/lib/uid_cache.py" uids.old uids.new 2106
	ok "... and those that came meanwhile keep theirs" \
		"$top/tests/lib/uid_cache.py" uids.meanwhile uids.new \
		"$(grep -c sha256 uids.meanwhile)"
}

promote "$work/after"
flows "$work/after"
kill -CONT $promote
wait $promote
ok "it ends well" test $? -eq 0
ok "... and says that all of it is there" \
	grep -q 'all mail of the set is here' told
whole "$work/after"

promote "$work/killed"
flows "$work/killed"
kill -KILL $promote
wait $promote
ok "killed there it is run again" bk-standby promote --fenced-primary \
	--to "maildir:$work/killed/mail/%d/%n/Maildir"
whole "$work/killed"

done_testing
