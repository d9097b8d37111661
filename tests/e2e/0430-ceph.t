#!/bin/sh
# Three mail hosts back up into one repository on a Ceph of three OSDs, without a
# lock between them, while a fourth host prunes it and an OSD is killed: every set
# that was reported is whole, or was pruned by the rules.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-key bk-backup bk-list bk-check bk-restore bk-prune ceph
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
RGW_OSDS=3 RGW_BYTES=536870912
export RGW_OSDS RGW_BYTES
need_rgw

export BK_CONFIG="$work/bk.conf" BK_REPO=main
unset BK_PASSWORD_FILE
cat >"$BK_CONFIG" <<CONF
[target ceph]
url = $(echo "$BK_TEST_S3_URL" | sed "s,://,://$BK_TEST_S3_KEY@,")
password = file:$BK_TEST_S3_SECRET_FILE
ca = $BK_TEST_CA
timeout = 20s
[repo main]
target = ceph
password = keyblock:$work/key
CONF
ok 'a repository on Ceph' bk-init --password-from "file:$work/password"
ok '... a key block' bk-key export --password-from "file:$work/password" \
	"$work/key"

# ---- hosts --------------------------------------------------------------------

# host NAME COMMAND...: on a host of that name, with what it remembers.
host() {
	BK_STATE_DIR=$work/$1/state BK_CACHE_DIR=$work/$1/cache
	export BK_STATE_DIR BK_CACHE_DIR
	if [ "$(id -u)" -eq 0 ]; then
		# shellcheck disable=SC2016 # for the inner shell
		unshare --uts sh -c 'hostname "$0" && exec "$@"' "$@"
	else
		shift
		"$@"
	fi
}

# ids_of FILE: of the sets that bk-list has put there, oldest first.
ids_of() {
	sed -n 's/.*"type":"set".*"set":"\([0-9a-f]\{32\}\)".*/\1/p' "$1"
}

# round NAME N: a day of change, and a set of it: NAME/SET.seen is what it has.
# Every third is a full set with a pack of its own, the others are bundles.
round() {
	letter "$1/mail/b.test/$1/Maildir/cur/$((2000 + $2)).a.mx:2," \
		$((2000 + $2)) "$1 $2"
	kind=--differential
	if [ $(($2 % 3)) -eq 1 ]; then
		kind=--full
		head -c 9000000 /dev/urandom >"$1/mail/a.test/ann/Maildir/cur/1000.a.mx:2,S"
	fi
	seen "$1/mail" >"$1/seen"
	host "$1" bk-backup "$1" $kind -q >"$1/out" 2>"$1/err" || return
	host "$1" bk-list --store "$1" --json >"$1/out" 2>"$1/err" || return
	id=$(ids_of "$1/out" | tail -n 1)
	[ "$id" ] && mv "$1/seen" "$1/$id.seen"
}

# works NAME: rounds until an OSD was killed, and three more.
works() {
	n=0 after=0
	while [ $n -lt 30 ] && [ $after -lt 3 ]; do
		n=$((n + 1))
		[ ! -e killed ] || after=$((after + 1))
		round "$1" $n || {
			echo "round $n, status $?" >"$1/failed"
			return
		}
		echo "$n" >"$1/rounds"
	done
	echo $after >"$1/done"
}

# prunes: over and over.  Who is in the way of a run is put off, 75.
prunes() {
	runs=0
	until [ -e enough ]; do
		host pruner bk-prune --all-hosts --keep last:2 --grace 0s -q \
			>pruner.out 2>pruner.err
		case $? in
		0 | 75) runs=$((runs + 1)) ;;
		*)
			cp pruner.err pruner.failed
			return
			;;
		esac
	done
	echo $runs >pruner.runs
}

for mx in mx1 mx2 mx3; do
	mkdir $mx
	small_store $mx/mail
	cat >>"$BK_CONFIG" <<-CONF
	[store $mx]
	type = maildir
	path = $work/$mx/mail/%d/%n/Maildir
	CONF
done
for mx in mx1 mx2 mx3; do
	works $mx &
	hosts="${hosts:-} $!"
done
prunes &
pruner=$!

# rounds N: every host has done so many, or one has failed.
rounds() {
	for mx in mx1 mx2 mx3; do
		until [ "$(cat $mx/rounds 2>/dev/null || echo 0)" -ge "$1" ]; do
			[ ! -e $mx/failed ] || return
			sleep 0.05
		done
	done
}
ok 'three hosts have written two sets each' rounds 2
run=$(server_root rgw)/run
kill -s KILL "$(cat "$run/osd.1.pid")"
: >killed
for pid in $hosts; do
	wait "$pid"
done
: >enough
wait $pruner
for mx in mx1 mx2 mx3; do
	ok "$mx wrote $(cat $mx/rounds) sets, three after the OSD was killed" \
		test "$(cat $mx/done $mx/err)" = 3
done
ok "the pruner ran $(cat pruner.runs) times meanwhile" test -e pruner.runs
[ ! -e pruner.failed ] || sed 's/^/# /' pruner.failed
# shellcheck disable=SC2016 # for the inner shell
ok 'Ceph is without one of three' sh -c 'CEPH_CONF=$0/ceph.conf timeout 20 \
	ceph osd stat | tee out >&2 && grep -q "3 osds: 2 up" out' \
	"$(server_root rgw)"

# ---- what is there now ----------------------------------------------------------

ok 'all is whole' host mx1 bk-check --read-data
ok 'all hosts are listed' bk-list --json
cp out list
ids_of list | sort >listed
find mx1 mx2 mx3 -name '*.seen' | sed 's,.*/,,; s/[.]seen//' | sort >reported
ok 'what is listed was reported' sh -c 'comm -23 listed reported >odd; ! grep . odd'
ok 'some sets were pruned' sh -c 'comm -13 listed reported | grep -q .'
for mx in mx1 mx2 mx3; do
	newest=$(find $mx -name '*.seen' | sed 's,.*/,,; s/[.]seen//' | sort |
		tail -n 2)
	ok "$mx: its newest two are there" test \
		"$(echo "$newest" | grep -cxF -f listed)" -eq 2
done

# comes_back SET: what the store was when it was made.
comes_back() {
	rm -rf back
	from=$(ls mx?/"$1.seen")
	bk-restore "$1" --to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.back && cmp "$from" files.back
}
while read -r id; do
	ok "$id comes back, as it was" comes_back "$id" </dev/null
done <listed

# ---- by somebody else -------------------------------------------------------------

ok 'the objects are fetched, with nothing of ours' "$top/tests/lib/s3_fetch.py" \
	"$BK_TEST_S3_HTTP_URL" "$BK_TEST_S3_KEY" "$BK_TEST_S3_SECRET_FILE" away
reader() {
	"$top/tests/reader/bkread.py" away --key-file key "$@"
}
reader sets >sets.read 2>sets.err || sed 's/^/# /' sets.err
cut -d ' ' -f 1 sets.read | sort >ids
ok 'the second reader sees the same sets' cmp ids listed
for mx in mx1 mx2 mx3; do
	id=$(find $mx -name '*.seen' | sed 's,.*/,,; s/[.]seen//' | sort | tail -n 1)
	ok "... and proves the newest of $mx" reader verify "$id"
done

# ---- one copy is not enough ---------------------------------------------------------

kill -s KILL "$(cat "$run/osd.2.pid")"
sed -i 's/^timeout = .*/timeout = 1s/' "$BK_CONFIG"
exits 14 'two OSDs are gone: no set is reported' host mx1 bk-backup mx1
exits 14 '... and nothing is called whole' bk-check
server rgw kill
done_testing
