#!/bin/sh
# A run of a job: its hooks, its set, its copies, what goes of old sets; only
# what is due with --auto; one run at a time.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-ship bk-prune faketime
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

small_store "$work/mail"
new_repository repo
unset BK_REPO
cp "$BK_CONFIG" base
mkdir nas

# job LINE...: [job nightly] and what comes with it.
job() {
	cp base "$BK_CONFIG"
	cat >>"$BK_CONFIG" <<-CONF
	[store mail]
	type = maildir
	path = $work/mail/%d/%n/Maildir
	[target nas]
	url = file://$work/nas/bk
	keep = last:2
	[job nightly]
	store = mail
	CONF
	printf '%s\n' "$@" >>"$BK_CONFIG"
}

# at TIME COMMAND...: 2026-03-07 is a Saturday.
at() {
	time=$1
	shift
	faketime -f "@2026-03-$time" "$@"
}

sets() {
	ok "... $1 has: $2" test "$(BK_REPO='' bk-list -r "$work/$1" \
		--password-from "keyblock:$work/repo.key" --json |
		grep -o '"label":"[^"]*' | cut -d '"' -f 4 | paste -sd ' ')" = "$2"
}

# ---- what is due ---------------------------------------------------------------

job 'full = sat 22:00' 'differential = mon-sat 06:30 19:00'
nightly() {
	at "$1" bk-backup nightly --auto -q
}
ok "the first set is due at once" nightly '06 10:00:00'
quiet
sets repo '20260306T1000-f'
ok "... and then no other one" nightly '06 10:05:00'
ok "... of which nobody hears" test ! -s out -a ! -s err
ok "... who wants no talk" at '06 18:59:59' bk-backup nightly --auto
says 'bk-backup: nightly: nothing is due before 2026-03-06 19:00'
ok "its time has come" nightly '06 19:00:00'
ok "once" nightly '06 19:15:00'
ok "the next two times are missed, and caught up once" nightly '07 20:00:00'
ok "... once" nightly '07 20:15:00'
ok "the full one's time was missed" nightly '09 08:00:00'
ok "... and so was a differential's, which it is good for" nightly '09 08:15:00'
sets repo '20260306T1000-f 20260306T1900-d 20260307T2000-d 20260309T0800-f'
ok "without --auto a set is made in any case" at '09 08:20:00' bk-backup nightly -q
ok "... and none of some accounts counts" at '09 18:30:00' bk-backup nightly \
	--account ann@a.test -q
ok "... where a time has come" nightly '09 19:10:00'
sets repo '20260306T1000-f 20260306T1900-d 20260307T2000-d 20260309T0800-f 20260309T0820-d 20260309T1830-i 20260309T1910-d'

# A clock that was a year ahead, and is right again.
ok "the clock is ahead" faketime -f '@2027-03-01 12:00:00' bk-backup nightly \
	--full -q
ok "... and is put back: what is due is not forgotten" nightly '10 06:31:00'
says 'bk-backup: a set of 2027-03-01 12:00 is there, and this host'"'"'s clock says 2026-03-10 06:31: it does not count as made; is the clock right?'
ok "... once" nightly '10 06:45:00'
quiet
ok "... and again at the next time" nightly '10 19:00:10'
ok "put back by a minute, nothing is due twice" nightly '10 18:59:30'
ok "... nor then" nightly '10 19:00:05'
sets repo '20260306T1000-f 20260306T1900-d 20260307T2000-d 20260309T0800-f 20260309T0820-d 20260309T1830-i 20260309T1910-d 20260310T0631-d 20260310T1900-d 20270301T1200-f'
exits 2 "a job that is not there" bk-backup nigthly --auto -q
says "bk-backup: no job or store 'nigthly'; did you mean 'nightly'?"

# ---- its copies, and what goes ---------------------------------------------------

rm -rf repo repo.key state cache "$BK_CONFIG"
new_repository repo
unset BK_REPO
job 'keep = last:2' 'ship = nas'
ok "a set, and its copy" at '06 10:00:00' bk-backup nightly --full
cp out said
ok "... which is told" grep -q '^nas: complete, 1 of 1 sets' said
ok "a second one" at '07 10:00:00' bk-backup nightly --full -q
quiet
ok "a third one" at '08 10:00:00' bk-backup nightly --full
says_like 'bk-backup: repo: condemned: 1 sets, .*'
says_like 'bk-backup: nas: condemned: 1 sets, .*'
sets repo '20260307T1000-f 20260308T1000-f'
sets nas/bk '20260307T1000-f 20260308T1000-f'

mv nas away
touch nas
exits 3 "the target is away" at '09 10:00:00' bk-backup nightly --full -q
says_like 'nas: FAILED, .*'
says '  NEXT  bk ship push nas'
sets repo '20260308T1000-f 20260309T1000-f'
job 'full = sat 22:00' 'keep = last:2' 'ship = nas'
exits 3 "with --auto it is tried again, and nothing else is done" \
	at '09 10:10:00' bk-backup nightly --auto -q
cp -R state state.lacks
job 'full = sat 22:00' 'keep = last:2'
ok "... until it is none of the job's any more" at '09 10:12:00' bk-backup \
	nightly --auto -q
ok "... which is remembered" test "$(grep -c lacking state/jobs/nightly)" -eq 0
ok "... so that nothing is left to do" at '09 10:14:00' bk-backup nightly --auto
says 'bk-backup: nightly: nothing is due before 2026-03-14 22:00'
rm -rf state && mv state.lacks state
job 'full = sat 22:00' 'keep = last:2' 'ship = nas'
rm nas && mv away nas
sets repo '20260308T1000-f 20260309T1000-f'
exits 0 "... until it is there again" at '09 10:20:00' bk-backup nightly --auto -q
sets nas/bk '20260308T1000-f 20260309T1000-f'
ok "then nothing is left to do" at '09 10:30:00' bk-backup nightly --auto
says 'bk-backup: nightly: nothing is due before 2026-03-14 22:00'
ok "the set alone" at '10 10:00:00' bk-backup nightly --full --only-set -q
sets repo '20260308T1000-f 20260309T1000-f 20260310T1000-f'
sets nas/bk '20260308T1000-f 20260309T1000-f'
ok "another repository is not the job's" env BK_PASSWORD_FILE="$work/password" \
	bk-init -r "$work/other"
ok "... and gets the set" env BK_PASSWORD_FILE="$work/password" \
	bk-backup nightly -r "$work/other" -q
sets nas/bk '20260308T1000-f 20260309T1000-f'

mv mail elsewhere && mkdir mail
exits 16 "no set, so that nothing goes" at '15 10:00:00' bk-backup nightly -q
sets repo '20260308T1000-f 20260309T1000-f 20260310T1000-f'
rmdir mail && mv elsewhere mail

# ---- hooks -----------------------------------------------------------------------

cat >hook <<'SCRIPT'
#!/bin/sh
echo "$1 $BK_HOOK $BK_JOB ${BK_STATUS:-} ${BK_RESULT:-} ${BK_SET:-}" \
	"${BK_PASSWORD_FILE-no secret}" >>"${0%/*}/hooked"
case $1 in
fail) echo "no space in the group" >&2; exit 7 ;;
hang) exec sleep 1000 ;;
loud) seq 100000 ;;
esac
SCRIPT
chmod +x hook
hooked() {
	ok "... what the hooks were told" test "$(cat hooked)" = "$1"
	rm -f hooked
}
export BK_PASSWORD_FILE="$work/password"
job "before = $work/hook 'two words'" "after = $work/hook loud"
ok "hooks" at '16 10:00:00' bk-backup nightly -q
quiet
hooked 'two words before nightly    no secret
loud after nightly 0 complete 20260316T1000-d no secret'
job "before = $work/hook fail" "after = $work/hook x"
exits 1 "one before that fails" at '16 11:00:00' bk-backup nightly -q
says "bk-backup: before: $work/hook ended with status 7: no space in the group"
hooked 'fail before nightly    no secret
x after nightly 1 failed  no secret'
job "before = $work/hook hang" "after = $work/hook x" 'hook-time = 1s'
exits 1 "one that hangs" at '16 12:00:00' bk-backup nightly -q
says_like "bk-backup: before: $work/hook: no answer in time"
hooked 'hang before nightly    no secret
x after nightly 1 failed  no secret'
job "after = $work/hook fail"
exits 3 "one after that fails" at '16 13:00:00' bk-backup nightly -q
says "bk-backup: after: $work/hook ended with status 7: no space in the group"
hooked 'fail after nightly 0 complete 20260316T1300-d no secret'
job "before = $work/none"
exits 1 "one that is not there" bk-backup nightly -q
job "before = $work/hook fail"
ok "a dry run calls none" bk-backup nightly -n
ok "... really" test ! -e hooked
job 'before = sudo x'
exits 2 "one without a path" bk-backup nightly
says_like "bk-backup: $BK_CONFIG:[0-9]*: before: 'sudo' does not begin with '/'"
job 'hook-time = 0'
exits 2 "no time at all" bk-backup nightly
says_like "bk-backup: $BK_CONFIG:[0-9]*: hook-time: .*"

# ---- one at a time ---------------------------------------------------------------

job "before = $work/waits"
mkfifo go
printf '#!/bin/sh\necho there >%s/there\nread x <%s/go\n' "$work" "$work" >waits
chmod +x waits
bk-backup nightly -q >first.out 2>&1 &
first=$!
until [ -s there ]; do sleep 0.02; done
exits 11 "a second run of the job" bk-backup nightly -q
says_like "bk-backup: locked by bk-backup \(pid $first, since [-0-9: ]+\); wait with --wait 10m"
exits 11 "... by itself, too" bk-backup nightly --auto -q
kill -TERM $first
wait $first
ok "who is stopped in a hook ends at once" test $? -eq 130

done_testing
