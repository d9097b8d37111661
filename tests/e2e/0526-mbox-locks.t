#!/bin/sh
# Another program has an mbox file locked, in each of the ways that there are, and
# is in the middle of writing to it: what it writes is whole in the set, and is
# there after a restore.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs python3 bk-init bk-backup bk-restore
new_repository repo
box=$work/mail
cat >>"$BK_CONFIG" <<-CONF
[store usual]
type = mbox
path = $box
[store all]
type = mbox
path = $box
locks = flock fcntl dotlock
CONF

begin() {
	rm -f "$box" "$box.lock"
	printf 'From a@a.test Mon Jan  1 00:00:00 2001\nSubject: one\n\none\n\n' >"$box"
}

# holds KIND [forever]: another process has the lock, and half of a message is
# there; it writes the rest when somebody has waited for a while.
holds() {
	rm -f held
	python3 - "$box" "$@" <<'PYTHON' &
import fcntl, os, pathlib, struct, sys, time
path, kind = sys.argv[1:3]
if kind == "dotlock":
    fd = os.open(path + ".lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.write(fd, f"{os.getpid()}:{os.uname().nodename}".encode())
    os.close(fd)
out = open(path, "r+b", buffering=0)
out.seek(0, 2)
if kind == "fcntl":
    fcntl.lockf(out, fcntl.LOCK_EX)
if kind == "flock":
    fcntl.flock(out, fcntl.LOCK_EX)
out.write(b"From b@a.test Mon Jan  1 00:00:01 2001\nSubject: two\n\nhalf of")
pathlib.Path("held").touch()
if sys.argv[3:]:
    time.sleep(600)
time.sleep(3)
out.write(b" it, and the rest\n\n")
os.fsync(out.fileno())
if kind == "dotlock":
    os.unlink(path + ".lock")
PYTHON
	holder=$!
	while [ ! -e held ]; do
		sleep 0.1
	done
}

cd "$work" || exit 1
begin
ok "a set to restore from" bk-backup usual --full
ok "... and one more" bk-backup all --full

for kind in dotlock fcntl flock; do
	begin
	holds $kind
	ok "$kind: a set, while another has it" bk-backup all --full
	wait "$holder"
	rm -rf there && mkdir there
	ok "... what he wrote" bk-restore latest --store all --to "mbox:$work/there/mail"
	ok "... is whole" grep -rqx 'half of it, and the rest' there

	rm -f "$box"
	printf 'From c@a.test Mon Jan  1 00:00:02 2001\nSubject: three\n\nthree\n\n' >"$box"
	holds $kind
	ok "... a restore, while another has it" bk-restore latest --store all \
		--to all
	wait "$holder"
	ok "... brings what lacks" grep -qx one "$box"
	ok "... and leaves what was there" grep -qx three "$box"
	ok "... and what came meanwhile, once" \
		[ "$(grep -cx 'half of it, and the rest' "$box")" -eq 1 ]
	exits 1 "... and no lock" test -e "$box.lock"
done

begin
echo '1:nobody' >"$box.lock"
touch -d '3 minutes ago' "$box.lock" "$box"
ok "a dot-lock that is stale" bk-backup usual --full
rm -f "$box.lock"

begin
holds fcntl forever
exits 16 "a lock that is never given up" bk-backup usual --full
cat out err >told
kill "$holder"
ok "... is told" grep -q 'is locked by another program (fcntl) for longer than a minute' told

printf '[store odd]\ntype = mbox\npath = /x\nlocks = lockf\n' >>"$BK_CONFIG"
exits 2 "a lock that nobody knows" bk-backup usual
cat out err >told
ok "... is told" grep -q "'lockf' is none of dotlock, fcntl, flock" told
done_testing
