#!/bin/sh
# A repository is made once, in an empty place, with a password that is nowhere
# to be seen; and who comes with a wrong one is told so at once.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key python3

repo=$work/repo

# prints REGEX: a line of what the last ok or exits printed matches as a whole.
prints() {
	tests=$((tests + 1))
	if grep -qxE -e "$1" "$work/out"; then
		echo "ok $tests - it prints: $(grep -m 1 -xE -e "$1" "$work/out")"
	else
		echo "not ok $tests - it should print: $1"
		sed 's/^/# /' "$work/out"
	fi
}

# password NAME TEXT: a file that only its owner may read.
password() {
	(umask 077 && printf '%s\n' "$2" >"$work/$1")
}

# lacks FILE: it is not there.
lacks() {
	[ ! -e "$1" ]
}

mode_is() {
	[ "$(stat -c %a "$2")" = "$1" ]
}

# marker BYTE VALUE: puts it there, with a CRC that fits.
marker() {
	python3 - "$repo/bkrepo" "$1" "$2" <<-'PY'
		import struct, sys, zlib
		path, at, value = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		data = bytearray(open(path, "rb").read())
		data[at] = value
		data[60:] = struct.pack("<I", zlib.crc32(data[:60]))
		open(path, "wb").write(data)
	PY
}

# ---- making one ----------------------------------------------------------------

exits 10 "a place without a repository is told" bk-key -r "$repo" sheet
says "bk-key: no repository at $repo; run: bk init -r $repo"

ok "a repository is made" bk-init -r "$repo"
prints '[0-9a-f]{32}'
says "bk-init: made a repository at $repo, with key slot 'admin'"
ok "... its folder is for its owner" mode_is 700 "$repo"
ok "... and so is its marker" mode_is 600 "$repo/bkrepo"
ok "... the host has an identifier" grep -qxE '[0-9a-f]{32}' state/host-id
ok "... which nobody else may read" mode_is 600 state/host-id
ok "... and it opens" bk-key -r "$repo" sheet

cp -a "$repo" before
exits 1 "making it twice is refused" bk-init -r "$repo"
says "bk-init: there is a repository at $repo already"
ok "... and changes nothing" diff -r before "$repo"

mkdir foreign
echo precious >foreign/file
exits 18 "a folder with other files is refused" bk-init -r "$work/foreign"
ok "... and they stay" grep -qx precious foreign/file
ok "... alone" test "$(ls foreign)" = file

mkdir -p disk/lost+found
ok "the root of a disk will do" bk-init -q -r "$work/disk"
quiet

# ---- passwords -----------------------------------------------------------------

echo open >loose
chmod 644 loose
exits 2 "a password file that others may read is refused" \
	bk-init -r "$work/other" --password-from "file:$work/loose"
says "bk-init: password from file:$work/loose: others may read it (mode 644); run: chmod 600 $work/loose"
ok "... and nothing is made" lacks "$work/other/bkrepo"

password empty ''
exits 2 "an empty password is refused" \
	bk-init -r "$work/other" --password-from "file:$work/empty"
says "bk-init: password from file:$work/empty: the password is empty"

exits 2 "a password is no option" bk-init -r "$work/other" --password hunter2
exits 2 "a password in place of where it is kept is refused" \
	bk-init -r "$work/other" --password-from hunter2
cp err said
exits 1 "... and not repeated" grep hunter2 said

unset BK_PASSWORD_FILE
exits 2 "without a password nobody is asked where nobody is" \
	bk-init -r "$work/other" --no-input
ok "... and nothing is made" lacks "$work/other/bkrepo"

exits 10 "no password is read for a repository that is not there" \
	bk-key -r "$work/other" --password-from "file:$work/nowhere" sheet

exec 3<"$work/password"
ok "a password may come from a descriptor" \
	bk-init -q -r "$work/other" --password-from fd:3
exec 3<&-
ok "... a command" bk-key -r "$work/other" sheet \
	--password-from "command:cat '$work/password'"
BK_TEST_SECRET="correct horse"
export BK_TEST_SECRET
ok "... the environment" bk-key -r "$work/other" sheet \
	--password-from env:BK_TEST_SECRET
mkdir credentials
cp password credentials/repo
CREDENTIALS_DIRECTORY=$work/credentials
export CREDENTIALS_DIRECTORY
ok "... a credential of systemd" bk-key -r "$work/other" sheet \
	--password-from credential:repo
exits 2 "a command that fails gives none" \
	bk-key -r "$work/other" sheet --password-from "command:false secret"
says "bk-key: password from command: false: it ended with status 1"

password wrong "correct hors"
asked=$(date +%s)
ok "a password opens it" bk-key -r "$repo" sheet \
	--password-from "file:$work/password"
told=$(date +%s)
exits 12 "a wrong password is told" \
	bk-key -r "$repo" --password-from "file:$work/wrong" sheet
says "bk-key: wrong password for $repo (slots: admin)"
ok "... about as soon as a right one opens" \
	test $(($(date +%s) - told)) -le $(((told - asked) * 2 + 3))

# ---- what is there but cannot be used ----------------------------------------

export BK_PASSWORD_FILE="$work/password"
cp "$repo/bkrepo" good
marker 8 2
marker 9 2
exits 18 "a repository of a newer version is refused" bk-key -r "$repo" sheet
says "bk-key: $repo: bkrepo: made by a newer version (format 2); upgrade this host first"

cp good "$repo/bkrepo"
printf 'xxxxxxxx' | dd of="$repo/bkrepo" bs=1 seek=20 conv=notrunc 2>/dev/null
exits 13 "a damaged marker is told" bk-key -r "$repo" sheet
says "bk-key: $repo: bkrepo: wrong CRC"
rm "$repo/bkrepo"
exits 13 "a missing one is not taken for no repository" bk-key -r "$repo" sheet
says "bk-key: $repo: there are key slots, but bkrepo is missing; put the file back from a copy of the repository"
cp good "$repo/bkrepo"
ok "with the marker back it opens" bk-key -r "$repo" sheet

done_testing
