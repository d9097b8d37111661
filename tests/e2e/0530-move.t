#!/bin/sh
# Moves between Maildir trees: what is asked wrongly is told before anything is
# touched; a pass copies what is new, again and again; who fails stops nobody.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-move
unset BK_PASSWORD_FILE
export BK_CONFIG="$work/bk.conf"
cd "$work" || exit 1

from="maildir:$work/old/%d/%n/Maildir"
to="maildir:$work/new/%d/%n/Maildir"

# letter ROOT/ACCOUNT/FOLDER NAME FLAGS WORDS
letter() {
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	printf 'From: a@b\nSubject: %s\n\n%s\n' "$4" "$4" >"$1/cur/$2:2,$3"
}

move() {
	bk-move --from "$from" --to "$to" "$@"
}

# sees ROOT: every file of mail with what is in it.
sees() {
	(cd "$1" && find . -type f -path '*/cur/*' -exec sha256sum {} + |
		sort -k 2)
}

for account in a.test/ann a.test/bob b.test/eve; do
	letter old/$account/Maildir 1001.M1P1.mx S "one $account"
	letter old/$account/Maildir 1002.M1P1.mx FRS "two $account"
	letter old/$account/Maildir/.Work.2026 1003.M1P1.mx '' "three $account"
done

# ---- wrong use -----------------------------------------------------------------

cat >bk.conf <<-CONF
	[server mx1]
	url = imaps://mx1.example.org
	[store mail]
	type = maildir
	path = $work/old/%d/%n/Maildir
CONF

# refuses STATUS TEXT COMMAND...
refuses() {
	status=$1
	text=$2
	shift 2
	exits "$status" "refused: $text" "$@"
	says "bk-move: $text"
}

refuses 2 "from where, and to where? Give --from and --to, each a section of the configuration, imaps://HOST, or maildir:/path/%d/%n/Maildir" \
	bk-move --from mail
refuses 2 "--from: no server or store 'mial'; did you mean 'mail'?" \
	bk-move --from mial --to "$to"
refuses 2 "--to: no server or store 'nas' in $work/bk.conf; without a section write imaps://HOST or maildir:/path/%d/%n/Maildir" \
	bk-move --from mail --to nas
refuses 2 "--from and --to are the same mail: maildir:$work/old/%d/%n/Maildir" \
	bk-move --from mail --to "$from/"
refuses 2 "unknown 'pln'; did you mean 'plan'?" move pln
for word in rollback '--stages data,account'; do
	# shellcheck disable=SC2086 # words
	refuses 2 "--from $from: a route leads to a [server] of the configuration" \
		move $word
done
refuses 2 "--stages: 'mail' is no stage; there are: data, account" move --stages mail
refuses 2 "--bodies, --no-extra and --mail-only go with verify" move --bodies
refuses 2 "--map 'Sent': write FROM=TO, as Gesendet=Sent, Old/=Archive/Old/ or Trash=" \
	move --map Sent
refuses 2 "--map: 'A' is mapped twice, to 'B' and to 'C'" \
	move --map A=B --map A=C
refuses 2 "--as: 'x%q': '%q' is no variable; there are %u (the address), %n (before the '@'), %d (the domain)" \
	move --as x%q
refuses 2 "--to: --to-option is for a mail server, and '$to' is none" \
	move --to-option login=user
refuses 2 "--from: --from-option logn: unknown key; did you mean 'login'?" \
	bk-move --from mx1 --to "$to" --from-option logn=user
refuses 2 "--from: --from-option login: 'root' is none of user, master:NAME and proxy:NAME" \
	bk-move --from mx1 --to "$to" --from-option login=root
refuses 2 "which accounts? This IMAP server does not list them: name them by --account or --accounts FILE (mx1)" \
	bk-move --from mx1 --to "$to"
exits 2 "a URL of a server that has a section" \
	bk-move -v --from imaps://mx1.example.org --to "$to"
cp err told
ok "... takes its login, and says so" grep -qF -e \
	"--from imaps://mx1.example.org: login, password and all else as [server mx1]" told
refuses 2 "--account '*@a.test': this IMAP server does not list its accounts, so a pattern means nobody; name them by --accounts FILE (mx1)" \
	bk-move --from mx1 --to "$to" --account '*@a.test'
refuses 5 "no account 'anne@a.test' in $from; nearest: ann@a.test (of 3). Nothing was moved." \
	move --account anne@a.test
refuses 5 "no account of domain 'c.test' among 3. Nothing was moved." \
	move --domains a.test,c.test
refuses 2 "--as 'all': 'ann@a.test' and 'bob@a.test' would both become 'all'" \
	move --as all --domains a.test
printf 'ann@a.test,x@y.test,secret\n' >accounts
chmod 644 accounts
refuses 2 "--accounts: accounts: there are passwords in it, and others may read it (mode 644); run: chmod 600 accounts" \
	move --accounts accounts
printf 'ann@a.test\n\nann@a.test\n' >accounts
refuses 2 "--accounts: accounts:3: 'ann@a.test' is there already, in line 1" \
	move --accounts accounts
refuses 16 "$work/nowhere: No such file or directory" \
	bk-move --from "maildir:$work/nowhere/%d/%n" --to "$to"
refuses 5 "no pass of a move from $from to $to is known here; is it the host that runs it? To begin: bk move --from $from --to $to" \
	move status
ok "nothing was touched" test ! -e new

# ---- looking first -------------------------------------------------------------

ok "plan" move plan
cp out said; cp err told
ok "... shows what becomes of folders" grep -qE \
	'^ann@a.test +Work/2026 +Work/2026 +new +1$' said
ok "... and what would be copied" grep -q '^ann@a.test: to do | 3 messages: 3 to copy$' said
ok "preflight" move preflight
cp out said; cp err told
ok "... has a line for each account" test "$(grep -c ' both *ok ' said)" -eq 3
ok "a dry run" move -n
cp out said; cp err told
ok "... counts" grep -q '9 messages: 9 to copy' said
ok "nothing was touched" test ! -e new

# ---- moving --------------------------------------------------------------------

ok "a pass" move --jobs 2
cp out said; cp err told
ok "... says so" grep -q '3 moved, 0 left | 9 messages: 9 copied' said
ok "... and what to do next" grep -q '^NEXT  bk move verify --from ' said
sees old >expected
sees new >got
ok "every message is there with its flags" cmp expected got
ok "another pass" move
cp out said; cp err told
ok "... copies nothing" grep -q '9 messages: 0 copied, 9 there already' said

letter old/a.test/ann/Maildir/.New 1004.M1P1.mx F 'four'
rm old/a.test/bob/Maildir/cur/1001.*
mv old/b.test/eve/Maildir/cur/1002.M1P1.mx:2,FRS old/b.test/eve/Maildir/cur/1002.M1P1.mx:2,S
letter new/a.test/bob/Maildir 7777.M1P1.there '' 'of somebody else'
ok "after changes" move
cp out said; cp err told
ok "... one is new, one gone, one has other flags" grep -q \
	'1 copied, 8 there already, 1 flags set, 1 taken away' said
rm new/a.test/bob/Maildir/cur/7777.*
sees old >expected
sees new >got
ok "both are the same again" cmp expected got

ok "with --json" move --json --progress=none --account 'ann*'
cp out said; cp err told
ok "... an object for the account" grep -q \
	'"type":"account","account":"ann@a.test","to":"ann@a.test","state":"complete","folders":3,"messages":{"total":4,"new":0' said
ok "status" move status --domains b.test
cp out said; cp err told
ok "... of one domain" test "$(grep -c '@' said)" -eq 1
ok "report" move report --json
cp out said; cp err told
ok "... says what was carried over" grep -q \
	'"account":"eve@b.test","what":"messages","became":"carried over","number":3' said

# ---- elsewhere -----------------------------------------------------------------

ok "a rehearsal" move --account ann@a.test --as 'try-%n@%d' --into Old \
	--map Work/=Projekte/ --map New=
cp out said; cp err told
ok "... is below the folder" test -e new/a.test/try-ann/Maildir/.Old.INBOX/cur/1001.M1P1.mx:2,S
ok "... as it was said" test -e new/a.test/try-ann/Maildir/.Old.Projekte.2026/cur/1003.M1P1.mx:2,
ok "... without what was left out" test ! -e new/a.test/try-ann/Maildir/.Old.New
printf 'source;destination\neve@b.test;eva@c.test\n' >accounts
ok "other addresses from a file" move --accounts accounts
cp out said; cp err told
ok "... are there" test -e new/c.test/eva/Maildir/.Work.2026/cur/1003.M1P1.mx:2,

# ---- who fails -----------------------------------------------------------------

printf 'ann@a.test\nnobody@a.test\neve@b.test\n' >accounts
letter old/a.test/ann/Maildir 1005.M1P1.mx '' five
exits 3 "an account that is not there" move --accounts accounts
cp out said; cp err told
ok "... stops nobody" grep -q '3 accounts | 2 moved, 1 left' said
ok "... is named, with what to do" grep -qF \
	"bk move preflight --from $from --to $to --accounts accounts --account nobody@a.test" told
printf 'nobody@a.test\n' >accounts
exits 16 "nobody at all" move --accounts accounts
cp out said; cp err told
printf '%s@a.test\n' n1 n2 n3 n4 ann >accounts
exits 18 "too many of them" move --accounts accounts --jobs 1
cp out said; cp err told
says_like 'bk-move: 3 of 5 accounts have failed \(limit 5 %\), so the rest was left alone\. .*'
exits 3 "... unless that is allowed" move --accounts accounts --jobs 1 \
	--error-stop 90%
cp out said; cp err told

# ---- once at a time ------------------------------------------------------------

pid=$("$top/tests/lib/stop_locked.py" "$work/state" \
	bk-move --from "$from" --to "$to")
exits 11 "another run of the same move" move
says_like 'bk-move: locked by bk-move \(pid .*\); wait with --wait 10m'
kill -CONT "$pid"
ok "... is waited for" move --wait 1m
ok "the journal is for nobody else to read" \
	test "$(stat -c %a state/move-* | sort -u)" = 700

done_testing
