# What the tests of bk-ship share: a repository to copy, and what a copy is
# held against.
# shellcheck shell=sh
#
#	. "$top/tests/lib/e2e.sh"
#	. "$top/tests/lib/targets.sh"
#	. "$top/tests/lib/faults.sh"
#	. "$top/tests/lib/ship.sh"

# new_source N BYTES: the repository `repo` of $store, a full set and two
# differentials, with N messages of so many bytes that nothing shrinks.
new_source() {
	store="maildir:${work:?}/mail/%d/%n/Maildir"
	small_store "$work/mail"
	large=0
	while [ $large -lt "$1" ]; do
		large=$((large + 1))
		file=mail/a.test/ann/Maildir/cur/900$large.a.mx:2,S
		printf 'Subject: large\n\n' >"$file"
		head -c "$2" /dev/urandom >>"$file"
	done
	new_repository repo
	key=$work/repo.key
	ok 'a full set, of several files' bk-backup "$store" --full
	letter mail/b.test/bob/Maildir/cur/1006.a.mx:2, 1006 seven
	ok 'a differential, in one' bk-backup "$store" --differential
	letter mail/b.test/bob/Maildir/cur/1007.a.mx:2, 1007 eight
	ok 'another one' bk-backup "$store" --differential
	seen mail >files.before
	tree repo >tree.repo
}

# tree FOLDER: every file, by its content.
tree() {
	(cd "$1" && find . -type f ! -name '*.part' -exec sha256sum {} + | sort -k 2)
}

is_copy() {
	tree "$1" >tree.copy && cmp tree.repo tree.copy
}

restores_from() {
	rm -rf back
	bk-restore -r "$1" --password-from "keyblock:$key" latest \
		--to "maildir:$work/back/%d/%n/Maildir" &&
		seen back >files.after && cmp files.before files.after
}

# What somebody else reads who knows the format from its page alone.
another_reader() {
	"${top:?}/tests/reader/bkread.py" "$1" --key-file "$key" sets >ids &&
		set_id=$(sed -n '$s/ .*//p' ids) &&
		"$top/tests/reader/bkread.py" "$1" --key-file "$key" verify \
			"$set_id"
}

# line TEXT: the output that was kept has this very line.
line() {
	ok "... and says: $1" grep -qxF -e "$1" said
}

# in_section NAME URL KEY=VALUE...: a target of that name, and the repository
# on-NAME there.
in_section() {
	section=$1
	printf '[target %s]\nurl = %s\n' "$1" "$2" >>"$BK_CONFIG"
	shift 2
	printf '%s\n' "$@" >>"$BK_CONFIG"
	printf '[repo on-%s]\ntarget = %s\npassword = keyblock:%s\n' \
		"$section" "$section" "$key" >>"$BK_CONFIG"
}

# comes_back WHAT TARGET OPTION...: onto a bare host, byte for byte.
comes_back() {
	what=$1
	shift
	rm -rf bare
	ok "$what: pull onto a bare host" bk-ship pull -r "$work/bare" "$@" \
		--password-from "keyblock:$key"
	ok "$what: the same repository, byte for byte" is_copy bare
	ok "$what: restored from that" restores_from "$work/bare"
}

# to_server NAME URL DIR OPTION...: there, and back; DIR may be empty
# where its files cannot be looked at.
to_server() {
	what=$1 url=$2 dir=$3
	shift 3
	ok "$what: a push" bk-ship push "$url" "$@"
	if [ "$dir" ]; then
		ok "$what: byte for byte" is_copy "$dir"
		ok "$what: the other reader" another_reader "$dir"
	fi
	ok "$what: a second push" bk-ship push "$url" "$@" -q
	quiet
	ok "$what: verify" bk-ship verify "$url" "$@"
	comes_back "$what" "$url" "$@"
}

# at_a_time FUNCTION...: all of them at once, each in a folder of its own, which
# has tree.repo; their tests are ours.
at_a_time() {
	for each; do
		mkdir "$work/$each"
		cp tree.repo "$work/$each"
		(cd "$work/$each" && "$each") >"$work/$each.tap" 2>&1 &
		running="${running:-} $!"
	done
	for pid in $running; do
		wait "$pid"
	done
	running=
	for each; do
		while IFS= read -r verdict; do
			case $verdict in
			'ok '* | 'not ok '*)
				tests=$((tests + 1))
				echo "${verdict%%ok *}ok $tests -${verdict#*-}"
				;;
			'#'*) echo "$verdict" ;;
			*) echo "# $each: $verdict" ;;
			esac
		done <"$work/$each.tap"
	done
}

# holds NAME COMMAND...: as ok, but `out` and `err` stay those of the tool.
holds() {
	holds=$1
	shift
	tests=$((tests + 1))
	if "$@" >held 2>&1; then
		echo "ok $tests - $holds"
	else
		echo "not ok $tests - $holds"
		sed 's/^/# /' out err held
	fi
}
