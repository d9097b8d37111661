#!/bin/sh
# What is typed at three in the morning: each slip is named, with what to do,
# and nothing that was typed is passed over in silence.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk bk-init bk-key bk-backup bk-list bk-restore bk-check

store="maildir:$work/mail/%d/%n/Maildir"
/usr/bin/python3 "$top/demo/mail.py" "$work/mail"

# refuses STATUS TEXT COMMAND...: with this very line, and no other.
refuses() {
	want=$1 text=$2
	shift 2
	exits "$want" "$*" "$@"
	says "$text"
}

# json NAME: the last stdout is lines of JSON.
json() {
	cp out lines
	ok "$1" "$top/tests/lib/json_lines.py" valid lines
}

# ---- bk-init leaves nothing behind when it fails ------------------------------

repo=$work/deep/repo
refuses 2 "bk-init: --slot: a new repository has no key slot yet; --label names its first one" \
	bk-init -r "$repo" --slot me
refuses 2 "bk-init: a label is UTF-8 without control characters" \
	bk-init -r "$repo" --label "$(printf 'a\tb')"
refuses 2 "bk-init: password from file:$work/none: cannot open it: No such file or directory" \
	bk-init -r "$repo" --password-from "file:$work/none"
refuses 2 "bk-init: password from file:$work: it is a folder" \
	bk-init -r "$repo" --password-from "file:$work"
ok "... and made nothing" test ! -e "$repo"
: >file
refuses 1 "bk-init: $work/file is not a folder" bk-init -r "$work/file"
exits 1 "a repository below a file" bk-init -r "$work/file/repo"
refuses 10 "bk-list: no repository at $work/file: it is not a folder; is the path right?" \
	bk-list -r "$work/file"
new_repository repo # with a key block from here on: it costs no time

# ---- bk-key -------------------------------------------------------------------

refuses 2 "bk-key: list, add, remove, change, export or sheet? See: bk key --help" \
	bk-key
refuses 2 "bk-key: 'b' is one word too many; see: bk-key --help" bk-key add a b
refuses 2 "bk-key: --label is for export; the label of a new password is said as: bk key add LABEL" \
	bk-key add a --label b
refuses 2 "bk-key: --label is for export; which slot is meant --slot says" \
	bk-key change --label b
refuses 2 "bk-key: --new-password-from is for add and change; there is no new password in: bk key export" \
	bk-key export x.key --new-password-from "file:$work/password"
refuses 2 "bk-key: --json: a recovery sheet is for paper; its slots are in: bk key list --json" \
	bk-key sheet --json
refuses 1 "bk-key: $work/file is there already: remove it, or choose another name" \
	bk-key export "$work/file" --label two
refuses 2 "bk-key: $work/none/x.key: No such file or directory" \
	bk-key export "$work/none/x.key" --label two
refuses 2 "bk-key: --slot admin: a key block opens its own slot; for another one add --password-from prompt" \
	bk-key sheet --slot admin
ok "slots as JSON" bk-key list --json
json "... which it is"

# ---- bk-backup: options that clash --------------------------------------------

for kind in full differential auto; do
	for part in account domains accounts-from exclude; do
		refuses 2 "bk-backup: --$kind and --$part: a set of some accounts is incremental, and keeps the others as the last set has them; leave one of the two out" \
			bk-backup "$store" "--$kind" "--$part=password"
	done
done
for pair in auto:full auto:differential auto:incremental full:differential \
	full:incremental differential:incremental; do
	refuses 2 "bk-backup: --${pair%:*} and --${pair#*:}: a set is of one kind, choose one of them" \
		bk-backup "$store" "--${pair#*:}" "--${pair%:*}"
done
refuses 2 "bk-backup: --quiet and --verbose: one of them, please" \
	bk-backup "$store" -q -v
refuses 2 "bk-backup: --quiet and --progress=plain: one of them, please" \
	bk-backup "$store" -q --progress plain
refuses 2 "bk-backup: --json and --progress=plain: progress comes as JSON lines too, or with --progress=none not at all" \
	bk-backup "$store" --json --progress plain

# ---- bk-backup: variables that are not set, lists without names ---------------

refuses 2 "bk-backup: --account: the PATTERN is empty" bk-backup "$store" --account ""
refuses 2 "bk-backup: -r: the REPO is empty" bk-backup "$store" -r ""
refuses 2 "bk-backup: one of the words is empty; usage: bk-backup [-r REPO] [JOB|STORE]" \
	bk-backup ""
refuses 2 "bk-backup: --domains: ' , ' has no domain in it" \
	bk-backup "$store" --domains " , "
printf '# nobody\n\n' >empty
refuses 2 "bk-backup: --accounts-from: empty has no names in it" \
	bk-backup "$store" --accounts-from empty
refuses 2 "bk-backup: -j: 0 is too few" bk-backup "$store" -j 0
refuses 2 "bk-backup: $work: it is a folder; a configuration is a file" \
	bk-backup "$store" -c "$work"

# ---- bk-backup: accounts that are not there -----------------------------------

ok "a full set" bk-backup "$store"
refuses 5 "bk-backup: $work/mail/%d/%n/Maildir: 'bne@alder.example' is none of its 5 accounts; nearest: ben@alder.example. No set written" \
	bk-backup "$store" --account bne@alder.example
exits 3 "one account that is there and one that is not" bk-backup "$store" \
	--account 'anna@*' --account bne@alder.example
says "  bne@alder.example    no such account in the store  not in this set"
exits 3 "the same for domains, given twice" bk-backup "$store" \
	--domains quay.example --domains alder.exmaple
says "  @alder.exmaple    no account of this domain in the store  not in this set"
ok "two lists of domains are both meant" bk-backup "$store" -n \
	--domains quay.example --domains alder.example
ok "... so all accounts are" test "$(grep -c @ out)" -eq 5
rm -rf mail/quay.example/deniz
ok "an account that is gone is no slip: the set says so" bk-backup "$store" \
	--account deniz@quay.example --account 'clara@*'
cat >job.conf <<-CONF
	[repo repo]
	path = $work/repo
	password = keyblock:$work/repo.key
	[store mail]
	type = maildir
	path = $work/mail/%d/%n/Maildir
	[job quay]
	store = mail
	domains = quay.example old.example
CONF
job() {
	bk-backup -c job.conf quay -n "$@"
}
ok "a job's own list may name what is gone" job
says "bk-backup: the configuration names '@old.example', which is not in the store"
exits 3 "an account that the job leaves out" job --account 'clara@*' \
	--account ben@alder.example
says "  ben@alder.example    not in the store, or not of this job  not in this set"
refuses 5 "bk-backup: $work/mail/%d/%n/Maildir: 'ben@alder.example' is none of its 1 accounts. No set written" \
	job --account ben@alder.example
sed -i 's/^domains.*/domains = ,/' job.conf
refuses 2 "bk-backup: job.conf:9: domains: no names in ','" job
exits 16 "a store that is a file" bk-backup "maildir:$work/file"
exits 16 "a store below a file" bk-backup "maildir:$work/file/%d/%n"

# ---- bk-list ------------------------------------------------------------------

ok "a pattern lists the accounts that fit" bk-list latest '*@quay.example' -q
ok "... and no others" test "$(cat out)" = clara@quay.example
ok "the same for folders" bk-list latest anna@alder.example 'Pro*' -q
ok "... and no others" test "$(tr '\n' ' ' <out)" = "Projects Projects/Fähre "
exits 5 "a pattern that fits none" bk-list latest 'nobody@*'
refuses 2 "bk-list: folders are those of one account; '*@quay.example' may be several" \
	bk-list latest '*@quay.example' INBOX
refuses 5 "bk-list: no set of host 'mx9'; bk list shows what there is" \
	bk-list --host mx9
refuses 5 "bk-list: no set of store 'x' on host 'mx9'; bk list shows what there is" \
	bk-list --host mx9 --store x
refuses 2 "bk-list: anna@alder.example and --at: which set? Give one of them, or latest and --at" \
	bk-list --at 2099-01-01 anna@alder.example
refuses 2 "bk-list: 'z' is one word too many; see: bk-list --help" bk-list w x y z

# ---- bk-restore ---------------------------------------------------------------

refuses 2 "bk-restore: maildir:$work/one holds one account, and more are chosen: choose one by --account, or give a path with %d and %n in it. Nothing changed." \
	bk-restore latest --to "maildir:$work/one"
ok "... and made nothing" test ! -e one
ok "one account goes there" bk-restore latest --to "maildir:$work/one" \
	--account 'anna@*'
refuses 2 "bk-restore: 'mbx' is no type of store; there are: maildir, mbox, imap, eml, tar, zip" \
	bk-restore latest --to "mbx:$work/x" -n
refuses 2 "bk-restore: --as: 'x%z': '%z' is no variable; there are %u (the address), %n (before the '@'), %d (the domain)" \
	bk-restore latest --as x%z -n
refuses 5 "bk-restore: no message '4711' in the folders chosen. Nothing changed." \
	bk-restore latest --account anna@alder.example --folder INBOX \
	--message 4711 -n

# ---- bk-check, bk -------------------------------------------------------------

refuses 2 "bk-check: '10%' is no set; a share is written as one word: --read-data=10%" \
	bk-check --read-data 10%
ok "a check of one set" bk-check latest
cp out check
ok "... says which" grep -qE '^check of set [0-9T]+-i.*: whole$' check
refuses 2 "bk: the tool's name comes first, and its options behind it: bk list OPTION..." \
	bk -r "$work/repo" list
ok "bk --help list is bk help list" bk --help list
cp out help
ok "... it is" grep -q '^usage: bk-list' help

ok "bk help completes the tools" bk --complete help l
cp out words
ok "... with what they do" grep -qx \
	"list	shows sets, and the accounts, folders and messages in them" words
for tool in list restore check; do
	bk "$tool" --complete la >words 2>err
	ok "bk $tool completes latest" grep -qx latest words
done

# ---- who closes the pipe has read enough --------------------------------------

# unheard COMMAND...: its stdout is a pipe that nobody reads.
unheard() {
	"$@" 2>pipe.err | :
	# shellcheck disable=SC2319 # of the pipe's first command
	cat pipe.err
	[ ! -s pipe.err ]
}
for tool in "bk-list" "bk-list --json" "bk-list -q latest" "bk-check" \
	"bk-list latest anna@alder.example INBOX" "bk-backup $store --json" \
	"bk-backup $store" "bk-backup $store -n" "bk-restore latest -n"; do
	# shellcheck disable=SC2086 # words of a command
	ok "unheard: ${tool%%maildir:*}" unheard $tool
done
if [ -e /dev/full ]; then
	for tool in "bk-list" "bk-list --json" "bk-check" "bk-key sheet"; do
		# shellcheck disable=SC2086 # words of a command
		exits 15 "a full disk behind $tool" \
			sh -c "$tool >/dev/full"
	done
fi

# ---- names that nobody should have --------------------------------------------

anna=$work/mail/alder.example/anna/Maildir
odd=$(printf '.new\nline.\033[31mred\177.\377\376')
mkdir -p "$anna/$odd/cur" "$anna/$odd/new" "$anna/$odd/tmp" \
	"$work/mail/alder.example/$(printf 'o\nd\377d')/Maildir/cur" \
	"$work/mail/alder.example/$(printf 'o\nd\377d')/Maildir/new"
printf 'Subject: x\n\nx\n' >"$anna/$odd/cur/$(printf '1.a\nb\377:2,S')"
bk-backup "$store" --json >out 2>err
json "a backup of them"
ok "sets" bk-list --json
json "... as JSON"
ok "accounts" bk-list latest --json
json "... as JSON"
ok "folders" bk-list latest anna@alder.example --json
json "... as JSON"
ok "a plan" bk-restore latest -n --json
json "... as JSON"
exits 3 "another plan" bk-backup "$store" -n --json
json "... as JSON"
exits 5 "a failure" bk-restore latest --account "$(printf 'o\n\377')" --json
json "... as JSON"
ok "a table of them" bk-list latest anna@alder.example
cat out >table
ok "... has no controls in it" test -z "$(tr -d '\n\40-\176\200-\377' <table)"

done_testing
