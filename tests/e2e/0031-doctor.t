#!/bin/sh
# What keeps backups from being made is found before they fail, each thing in
# one line that says what to do.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk bk-doctor bk-init bk-backup bk-ship python3 openssl faketime

# finds REGEX: a line of what the last ok or exits printed matches as a whole.
finds() {
	tests=$((tests + 1))
	if grep -qxE -e "$1" "$work/out"; then
		echo "ok $tests - it finds: $(grep -m 1 -xE -e "$1" "$work/out")"
	else
		echo "not ok $tests - it should find: $1"
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

python3 -B "$top/demo/mail.py" mail
new_repository main
unset BK_REPO
cat >>bk.conf <<-CONF
	[store mail]
	type = maildir
	path = $work/mail/%d/%n/Maildir
	[job nightly]
	store = mail
CONF
chmod 600 bk.conf

exits 17 "there is no set yet" bk doctor
finds 'wrong job nightly: there is no set yet -> bk backup nightly'
finds 'note  job nightly: it has no schedule -> .*'
finds 'note  job nightly: no copy lies elsewhere.*'
finds 'note  .*bk.conf: nobody is told when a run fails -> .*'

ok "a set" bk backup -q nightly
ok "nothing is wrong any more" bk doctor -q
ok "... without a word" test ! -s out
ok "what is fine is told when asked for" bk doctor -v
finds 'fine  store mail: 5 accounts'
finds 'fine  .*main.key is for its owner alone'
finds 'fine  repo main: it answers'
finds 'fine  job nightly: it ended well on .*'
ok "for programs" bk doctor --json
cp out findings
ok "... each line an object" python3 -c 'import json, sys
lines = [json.loads(line) for line in open("findings")]
found = [line for line in lines if line["type"] == "finding"]
assert {"level", "check", "where", "text"} <= set(found[0]), found[0]
assert {f["check"] for f in found} >= {"permissions", "users", "target", "space",
                                       "clock", "last run", "sets"}, found
assert lines[-1]["type"] == "exit" and lines[-1]["status"] == 0'

# ---- permissions and users -----------------------------------------------------

chmod 644 main.key
exits 17 "a key block that others may read" bk doctor
finds 'wrong .*bk.conf:[0-9]*: others may read .*main.key \(mode 644\) -> chmod 600 .*main.key'
chmod 600 main.key
chmod 664 bk.conf
exits 17 "a configuration that others may write" bk doctor
finds 'wrong .*others may write .*bk.conf \(mode 664\).*-> chmod go-w .*'
chmod 600 bk.conf
cp bk.conf good.conf
sed 's/^path = .*Maildir/&s/' good.conf >bk.conf
exits 17 "a store without mail" bk doctor
finds 'wrong store mail: there is no account -> .*'
sed 's/^type = maildir/type = maildri/' good.conf >bk.conf
exits 2 "a configuration that cannot be read" bk doctor
cp good.conf bk.conf
if [ "$(id -u)" = 0 ]; then
	chmod 700 mail/*/*
	cp good.conf others.conf
	sed -i '/^password/d' others.conf
	chmod 644 others.conf
	exits 17 "mail that this user may not read" setpriv --reuid=65534 \
		--regid=65534 --clear-groups env BK_STATE_DIR=/nowhere/s \
		BK_CACHE_DIR=/nowhere/c bk doctor -c others.conf
	finds 'wrong store mail: .* -> run bk as root, or as the user whose the mail is'
fi

# ---- schedules and clocks ------------------------------------------------------

sed 's/^store = mail/&\nfull = sun 03:00\ndifferential = 06:00/' good.conf >bk.conf
exits 17 "a set that is overdue" faketime -f +3d bk doctor
finds 'wrong job nightly: a set is overdue: the newest is [23]d.* old -> bk backup nightly'
finds 'note  job nightly: neither systemd nor cron starts it -> systemctl enable --now bk@nightly.timer.*'
sed -i '/^password/d' bk.conf
exits 17 "nobody is there to type the password" bk doctor
finds 'wrong job nightly: it cannot run by itself: .*'
cp good.conf bk.conf
mkdir copy
cat >>bk.conf <<-CONF
	[target usb]
	url = file://$work/copy
CONF
touch -d '2 days' copy/probe.file
exits 17 "a target whose clock is ahead" bk doctor
finds 'wrong target usb: its newest file is of 28[0-9]+ minutes from now -> set the clock.*'
rm -r copy
exits 17 "a target that is not there" bk doctor
finds 'wrong target usb: .*/copy: .* -> .*bk ship push.*'
mkdir copy
ok "with --write it is written" bk doctor --write -v
finds 'fine  target usb: written, read back, listed'
ok "... and nothing is left there" sh -c "test -z \"\$(ls -A copy)\""
cp good.conf bk.conf
ok "a set of a clock that was ahead" faketime -f +2d bk backup -q --full nightly
exits 17 "... is found" bk doctor
finds 'wrong job nightly: its newest set is of .* from now -> .*clock.*'

# ---- certificates --------------------------------------------------------------

# serve NAME DAYS: a certificate and a server with it; sets port.
serve() {
	openssl req -x509 -newkey rsa:2048 -nodes -days "$2" -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$1.key" \
		-out "$1.pem" 2>/dev/null
	port=$("$top/tests/lib/free_ports" 1)
	timeout 60 openssl s_server -quiet -www -accept "127.0.0.1:$port" \
		-key "$1.key" -cert "$1.pem" >/dev/null 2>&1 7>&- 8>&- &
	until openssl s_client -connect "127.0.0.1:$port" </dev/null >/dev/null 2>&1; do
		kill -0 $! || return
		sleep 0.05
	done
	tls="$tls $!"
}
tls=
serve short 5
short=$port
serve long 300
cat >>bk.conf <<-CONF
	[target short]
	url = https://localhost:$short/bk
	ca = $work/short.pem
	timeout = 2s
	[target long]
	url = https://localhost:$port/bk
	ca = $work/long.pem
	timeout = 2s
	[target unknown]
	url = https://localhost:$port/bk
	timeout = 2s
CONF
exits 17 "certificates are looked at" bk doctor -v
finds 'wrong target short: its certificate ends in [45] days, on .* -> renew it on the server'
finds 'fine  target long: its certificate holds until .*'
finds 'wrong target unknown: .*certificate.*'
# shellcheck disable=SC2086 # numbers of processes
kill $tls
exits 17 "a server that does not answer" bk doctor
finds 'wrong target long: .*'

done_testing
