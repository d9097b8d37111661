#!/bin/sh
# An older state of a repository is put back: every tool that opens it says so, on every
# host that had seen the newer one.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship bk-prune
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

store="maildir:$work/mail/%d/%n/Maildir"
small_store "$work/mail"
new_repository repo
for n in 1011 1012; do
	letter "mail/b.test/bob/Maildir/cur/$n.a.mx:2," $n "letter $n"
	ok 'a set' bk-backup "$store" --full -q
done
ok 'a copy' bk-ship push "$work/near" -q
cp -R repo repo.old
cp -R near near.old
letter mail/b.test/bob/Maildir/cur/1013.a.mx:2, 1013 'letter 1013'
ok 'another set' bk-backup "$store" --full -q
ok '... and its copy' bk-ship push "$work/near" -q
key=$work/repo.key

# A host that only reads has seen all of it, here and at the copy.
mkdir reader
alarm='.*: set [0-9T]+ \([0-9a-f]+\) was here and is not any more, though no prune took it: .*'
reader() {
	env BK_STATE_DIR="$work/reader" "$@" --password-from "keyblock:$key"
}
for place in repo near; do
	ok "a reader lists $place" reader bk-list -r $place
	quiet
done
ok 'nothing was written there but what it has seen' \
	test -z "$(find reader -mindepth 1 ! -name 'seen-*')"

# back PLACE: as it was before the newest set; as.new: after it.
for place in repo near; do
	mv $place $place.new
	cp -R $place.old $place
done

# alarmed WHAT COMMAND...: with that status, and a line.
alarmed() {
	status=$1 what=$2
	shift 2
	exits "$status" "$what" "$@"
	says_like "$alarm"
}
for place in repo near; do
	alarmed 3 "$place: list" reader bk-list -r $place
	alarmed 3 "$place: list, quiet" reader bk-list -r $place -q
	alarmed 3 "$place: list of the newest" reader bk-list -r $place latest
	rm -rf back
	alarmed 3 "$place: restore" reader bk-restore -r $place latest \
		--to "maildir:$work/back/%d/%n/Maildir"
	ok '... of what is there' test -e back/b.test/bob/Maildir
	alarmed 3 "$place: check" reader bk-check -r $place
	alarmed 18 "$place: prune, a dry run" reader bk-prune -r $place -n \
		--keep last:1 --all-hosts
	alarmed 18 "$place: prune" reader bk-prune -r $place --keep last:1 \
		--all-hosts
	alarmed 3 "$place: ship" reader bk-ship push -r $place "$work/third-$place"
	alarmed 3 "$place: it does not wear off" reader bk-list -r $place
done
alarmed 13 'who made it: check' bk-check
alarmed 3 'who made it: list' bk-list
alarmed 18 'who made it: prune' bk-prune --keep last:1
alarmed 3 'who made it: a differential' bk-backup "$store" --differential
alarmed 3 '... and another one' bk-backup "$store" --differential
alarmed 3 'a reader hears of it after that, too' reader bk-list -r repo
ok 'a host that has seen nothing cannot know' env BK_STATE_DIR="$work/none" \
	bk-list
quiet

ok 'if it is right, it is said once' bk-prune --keep last:9 --accept-missing
ok '... and known' bk-list
quiet
rm -rf repo
mv repo.new repo
ok 'the newer one comes back: no alarm for the reader' reader bk-list -r repo
quiet

# What a prune takes is not missed.
ok 'a prune takes all but one' reader bk-prune -r repo --keep last:1 --all-hosts \
	--grace 0s
ok 'nobody misses that: the reader' reader bk-list -r repo
quiet
alarmed 3 'the writer misses what it made after the older one was put back' bk-list

# ---- a target as a whole ------------------------------------------------------------

cat >>"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
[target far]
url = file://$work/far
keep = last:9
[job nightly]
store = mail
repo = repo
keep = last:9
ship = far
CONF
rm -rf repo near far state
rm -rf reader
mkdir reader
new_repository fresh "$work/repo"
key=$work/fresh.key
sed -i 's/^repo = repo$/repo = fresh/' "$BK_CONFIG"
for n in 1021 1022; do
	letter "mail/b.test/bob/Maildir/cur/$n.a.mx:2," $n "letter $n"
	ok 'a job, and its copy' bk-backup nightly --full -q
done
cp -R far far.old
letter mail/b.test/bob/Maildir/cur/1023.a.mx:2, 1023 'letter 1023'
ok 'another set, and its copy' bk-backup nightly --full -q
cp -R far far.new
cp -R state state.new
ok 'another client has looked at the target' reader bk-ship status far
quiet
cp -R reader reader.new

# played: the target as it was; who had seen it is as he was then.
played() {
	rm -rf far state reader
	cp -R far.old far
	cp -R state.new state
	cp -R reader.new reader
}
for verb in status verify push; do
	played
	exits 3 "the target is set back: ship $verb" bk-ship $verb far
	says_like ".*far: set .* was here and is not any more, though no prune took it: .*"
	played
	exits 3 '... and for the other client' reader bk-ship $verb far
	says_like ".*far: set .* was here and is not any more, though no prune took it: .*"
done
ok 'that push brought it back' bk-ship status far
quiet
played
exits 3 'ship push -n' bk-ship push far -n
says_like ".*far: set .* was here and is not any more.*"
exits 3 'a client that pulls from there' reader bk-ship pull far -r "$work/repo"
says_like ".*far: set .* was here and is not any more.*"
played
for who in env reader; do
	exits 18 'prune there' $who bk-prune far
	says_like ".*far: set .* was here and is not any more.*"
done
ok '... if it is right, it is said once' bk-prune far --accept-missing
ok '... and known' bk-list -r far --password-from "keyblock:$key"
quiet
played
exits 3 'a check' bk-check nightly
says_like ".*far: set .* was here and is not any more.*"
played
letter mail/b.test/bob/Maildir/cur/1024.a.mx:2, 1024 'letter 1024'
exits 3 'a job' bk-backup nightly --full
says_like ".*far: set .* was here and is not any more.*"
ok '... which brought it back' bk-ship status far
quiet
done_testing
