#!/bin/sh
# A folder that is made below a shared one has its rights, at Dovecot and at
# Cyrus: who cannot read it at the source cannot at the destination, after a move
# and after a restore; and who is not the source's matter is told.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move bk-init bk-backup bk-restore dovecot openssl
need_cyrus
cd "$work" || exit 1

people="ann@a.test bob@a.test carl@a.test rest@a.test cut@a.test"
# shellcheck disable=SC2086 # words
two_servers $people
# shellcheck disable=SC2086 # words
with_cyrus c $people

move() {
	bk-move "$@" --from a --to "$there" --account ann@a.test >moved 2>told
	status=$?
	cat moved told
	return $status
}

# share SERVER: it does as we say that folders below shared ones do.
share() {
	does "$1" rest@a.test 'CREATE Try' 'SETACL Try bob@a.test lrs' \
		'CREATE Try/Below'
	grants "$1" Try/Below bob@a.test '[lrs]{3}' rest@a.test
}

for there in b c; do
	ok "a folder of $there has the rights of the one above" share $there
done
ok "at the source folders below a shared one are not, or less" does a ann@a.test \
	'CREATE Shared' 'SETACL Shared bob@a.test lrs' 'SETACL Shared -bob@a.test w' \
	"APPEND Shared $(message '' one)" \
	'CREATE Shared/Private' 'DELETEACL Shared/Private bob@a.test' \
	'DELETEACL Shared/Private -bob@a.test' \
	"APPEND Shared/Private $(message '' two)" \
	'CREATE Shared/Private/Deep' "APPEND Shared/Private/Deep $(message '' three)" \
	'CREATE Shared/Less' 'SETACL Shared/Less bob@a.test l' \
	"APPEND Shared/Less $(message '' four)"

# ---- what is cut off -------------------------------------------------------------------

# A run that is killed wherever it is: nothing comes where it may be read.
"$top/tests/servers/faultproxy" "$work/faults" new "$work/b"
servers="$servers faultproxy:$work/faults"
"$top/tests/servers/faultproxy" "$work/faults" start
section faulty "$(port_of b)" 127.0.0.2
does b cut@a.test 'CREATE Shared' 'SETACL Shared bob@a.test lrs'
killed=0
for n in $(seq 0 12); do
	does a ann@a.test "CREATE Shared/Cut$n" "DELETEACL Shared/Cut$n bob@a.test" \
		"APPEND Shared/Cut$n $(message '' cut)"
	: >faults/struck
	echo "kill $n 1" >faults/fault.new
	mv faults/fault.new faults/fault
	(
		sh -c 'echo $PPID' >faults/victim
		exec bk-move -q --from a --to faulty --account ann@a.test \
			--as cut@a.test
	) >out.broken 2>err.broken
	[ ! -s faults/struck ] || killed=$((killed + 1))
	echo none >faults/fault.new
	mv faults/fault.new faults/fault
	ok "killed at $n, the next run" bk-move --from a --to faulty \
		--account ann@a.test --as cut@a.test
	exits 1 "... is for nobody else" grants b "Shared/Cut$n" bob@a.test '.*' cut@a.test
done
ok "most were killed" test "$killed" -ge 8

# ---- a move ----------------------------------------------------------------------------

# alike SERVER [ACCOUNT]: who may do what there is as at the source.
alike() {
	ok "... who has rights has them" grants "$1" Shared bob@a.test '[lrs]{3}' "$2"
	ok "... and lacks what he lacked" grants "$1" Shared -bob@a.test '[wt]+' "$2"
	exits 1 "... and has none below" grants "$1" Shared/Private '-?bob@a.test' '.*' "$2"
	exits 1 "... nor below that" grants "$1" Shared/Private/Deep bob@a.test '.*' "$2"
	ok "... or fewer" grants "$1" Shared/Less bob@a.test l "$2"
}

for there in b c; do
	ok "a move to $there" move
	exits 1 "... without a word" grep -E 'may be read|take back' told
	alike $there ann@a.test
	ok "... so there is no difference" move verify
	ok "there somebody shares with others" does $there ann@a.test \
		'SETACL Shared carl@a.test lr'
	ok "at the source a folder comes below it" does a ann@a.test \
		"CREATE Shared/New$there" "DELETEACL Shared/New$there bob@a.test" \
		"APPEND Shared/New$there $(message '' five)"
	ok "the next pass" move
	exits 1 "... is not for whom the source shares the other with" \
		grants $there Shared/New$there bob@a.test '.*'
	ok "... who is not its matter is told" grep -qE "Shared/New$there: .*it may be read, as the folder above it, by whom the source does not name: user=carl@a.test" told
	does a ann@a.test "CREATE Shared/More$there" \
		"DELETEACL Shared/More$there bob@a.test" \
		"APPEND Shared/More$there $(message '' six)"
	ok "for a source that tells no rights" move --from-option without=ACL
	ok "... all of them are told" grep -qE "Shared/More$there: .*it may be read, .*: (user=bob@a.test, user=carl@a.test|user=carl@a.test, user=bob@a.test)" told
done

# ---- a restore ---------------------------------------------------------------------------

new_repository main "$work/repo"
cat >>"$BK_CONFIG" <<-CONF
	[server ann]
	url = imap://ann%40a.test@127.0.0.1:$(port_of a)
	ca = $work/pki/ca.crt
	password = file:$work/pw
	[store mail]
	type = imap
	server = ann
	[job nightly]
	store = mail
	repo = main
CONF
ok "a backup" bk-backup nightly
for there in b c; do
	ok "a restore to $there" bk-restore latest --as rest@a.test --to $there
	alike $there rest@a.test
done

for server in a b; do
	dovecot "$work/$server" stop
done
cyrus "$work/c" stop
done_testing
