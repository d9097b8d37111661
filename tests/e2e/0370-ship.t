#!/bin/sh
# Sets go to other places and come back: whatever ends a run, the next one
# completes, and nothing is called complete that is not.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
needs bk-init bk-backup bk-list bk-restore bk-check bk-ship
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
new_source 3 3000000

# ---- two folders at a time ------------------------------------------------------

ok 'what a push would do' bk-ship push -n "$work/a" "$work/b"
cp out said
ok '... is all' grep -q '^'"$work"'/a: to do, 0 of 3 sets' said
ok '... and it does nothing' test ! -e a
exits 3 'status, where nothing is yet' bk-ship status "$work/a"
cp out said
line "  NEXT  bk ship push $work/a"
ok 'a push to two folders' bk-ship push "$work/a" "$work/b"
ok 'the first is the same repository, byte for byte' is_copy a
ok '... and the second' is_copy b
ok 'a second push' bk-ship push "$work/a" "$work/b" --json
cp out said
ok '... copies nothing' grep -q \
	'"type":"target","target":"'"$work"'/b","state":"complete","sets":3,"sets_of":3,"files":0,"bytes":0' said
ok 'status, now' bk-ship status "$work/a" "$work/b"
ok 'verify reads it all' bk-ship verify "$work/a" "$work/b"
ok 'the other reader proves it' another_reader a
ok 'all mail comes back from it' restores_from "$work/b"

# ---- a bare host ----------------------------------------------------------------

ok 'pull makes a repository' env BK_STATE_DIR="$work/standby" \
	bk-ship pull -r "$work/bare" "$work/a" --password-from "keyblock:$key"
ok '... the same one' is_copy bare
ok '... and restores from it' restores_from "$work/bare"
rm -rf bare
ok 'one set alone' bk-ship push "$work/one" --set "$(bk-list -q | tail -n 1)"
ok '... with what it stands on' restores_from "$work/one"
ok '... and nothing else' test "$(find one/sets -type f | wc -l)" -eq 2

# ---- what is in the way -----------------------------------------------------------

mkdir other && echo text >other/file
exits 18 'a folder with other files is left alone' bk-ship push "$work/other"
ok '... as it was' test "$(find other -type f)" = other/file
env -u BK_CONFIG -u BK_REPO BK_PASSWORD_FILE="$work/password" \
	bk-init -r "$work/foreign" >out 2>err
tree foreign >foreign.before
exits 18 'another repository too' bk-ship push "$work/foreign"
tree foreign >foreign.after
ok '... as it was' cmp foreign.before foreign.after
exits 2 'a repository is no copy of itself' bk-ship push "$work/repo"
exits 2 'no target named, and none in a job' bk-ship push
exits 14 'a target that is down' bk-ship push /proc/none
exits 3 '... leaves the others going' bk-ship push /proc/none "$work/b"
cp out said
line '  NEXT  bk ship push /proc/none'

# ---- damage ----------------------------------------------------------------------

pack=$(cd a && find data -name 'p*' -size +1000k | head -n 1)
cp "a/$pack" pack.whole
printf x | dd of="a/$pack" bs=1 seek=5000 conv=notrunc 2>/dev/null
exits 13 'verify finds a flipped byte' bk-ship verify "$work/a"
cp err told
ok '... and names the file' grep -q "$pack" told
exits 0 '... which sizes alone do not show' bk-ship verify "$work/a" --verify=size
rm "a/$pack"
exits 3 'a pack that is gone shows' bk-ship status "$work/a"
ok '... and is copied again' bk-ship push "$work/a"
ok '... byte for byte' is_copy a
head -c 5000 pack.whole >"a/$pack"
exits 13 'one with another size is damage' bk-ship push "$work/a"
ok '... and left as it is' test "$(stat -c %s "a/$pack")" -eq 5000
exits 3 '... which does not hold others up' bk-ship push "$work/a" "$work/b"
cp pack.whole "a/$pack"

# A run that was cut off left a file of the right size with a wrong byte: no
# root vouches for it yet.
rm -rf c && mkdir -p "c/${pack%/*}" c/sets
cp -r repo/keys repo/bkrepo c/
printf x | dd of=pack.whole bs=1 seek=5000 conv=notrunc 2>/dev/null
cp pack.whole "c/$pack"
exits 13 'what is left of an earlier run is proved too' bk-ship push "$work/c"
ok '... and no root stands on it' test -z "$(find c/sets -type f)"
rm "c/$pack"
ok '... without it the run completes' bk-ship push "$work/c"
ok '... byte for byte' is_copy c

cp "repo/$pack" pack.here
cp pack.whole "repo/$pack"
exits 13 'what is damaged here is not copied' bk-ship push "$work/d"
ok '... and no set that needs it' test -z "$(find d -name '*.bks')"
cp pack.here "repo/$pack"
ok 'mended, it is' bk-ship push "$work/d"
ok '... byte for byte' is_copy d

# ---- the plug is pulled at every act ------------------------------------------------

# cut_off: nothing that is shown is incomplete; the next run completes.
cut_off() {
	case $how-$status in
	*-0) is_copy t || return ;; # an act that is not needed
	kill-137 | io-14 | io-3 | io-1 | io-13 | full-15) ;;
	*) echo "status $status" && return 1 ;;
	esac
	if [ -f t/bkrepo ]; then
		for root in t/sets/*.bks; do
			[ -f "$root" ] || continue
			id=${root##*/}
			id=${id%.bks}
			bk-list -r "$work/t" --password-from "keyblock:$key" \
				"$id" >list || return
		done
		bk-ship verify "$work/t" >verified
		case $? in 0 | 3) ;; *) cat verified && return 1 ;; esac
	fi
	bk-ship push "$work/t" && is_copy t
}

for how in kill io full; do
	step=0
	while rm -rf t state/seen-* && step=$((step + 1)) &&
		faulty "$step" "$how" bk-ship push "$work/t" "--verify=full"; do
		step_passes "$how at act $step ($hit)" cut_off
	done
	ok "$how: there were acts" test $step -gt 20
	ok "$how: a run with less acts does not fail" test "$status" -eq 0
done

# ---- two at a time -----------------------------------------------------------------

# Of two hosts, whose locks do not see each other: one may get in the way of the
# other, and says so; who says that all is there is right.
two_at_a_time() {
	rm -rf t one/seen-* two/seen-*
	env BK_STATE_DIR="$work/one" bk-ship push "$work/t" &
	other=$!
	env BK_STATE_DIR="$work/two" bk-ship push "$work/t"
	mine=$?
	if wait $other || [ $mine -eq 0 ]; then
		is_copy t || return
	fi
	bk-ship push "$work/t" && is_copy t
}
for n in 1 2 3 4; do
	ok "two hosts push the same at a time: $n" two_at_a_time
done

# ---- servers -------------------------------------------------------------------------

need_proftpd
need_nginx
to_server FTPES "$BK_TEST_FTPES_URL/ship" "$BK_TEST_FTPES_DIR/ship" \
	-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"
to_server HTTPS "$BK_TEST_WEBDAV_URL/ship" "$BK_TEST_WEBDAV_DIR/ship" \
	-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"

to_server 'FTPES, a login that deletes and overwrites nothing' \
	"$BK_TEST_FTPES_APPEND_URL/append" "$BK_TEST_FTPES_DIR/append" \
	-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"
to_server 'FTPES, one that renames nothing, besides' \
	"$BK_TEST_FTPES_DROP_URL/drop" "$BK_TEST_FTPES_DIR/drop" \
	-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"

secret="password = file:$BK_TEST_PASSWORD_FILE"
in_section ftp "$BK_TEST_FTPES_URL/three" "$secret" "ca = $BK_TEST_CA"
in_section web "$BK_TEST_WEBDAV_URL/three" "$secret" "ca = $BK_TEST_CA"
printf '[store mail]\ntype = maildir\npath = %s\n[job nightly]\nstore = mail\nship = ftp web\n' \
	"$work/mail/%d/%n/Maildir" >>"$BK_CONFIG"
ok 'to those of the job, where none is named' bk-ship push
ok '... the one' is_copy "$BK_TEST_FTPES_DIR/three"
ok '... and the other' is_copy "$BK_TEST_WEBDAV_DIR/three"
letter mail/b.test/bob/Maildir/cur/1008.a.mx:2, 1008 nine
ok 'a set more' bk-backup "$store" --differential
tree repo >tree.repo
server proftpd kill
exits 3 'one of them is down' bk-ship push -o timeout=1s
cp out said
ok '... the other is complete' is_copy "$BK_TEST_WEBDAV_DIR/three"
line '  NEXT  bk ship push -o timeout=1s ftp'
server proftpd start
ok 'it is back' bk-ship push ftp
ok '... and catches up' is_copy "$BK_TEST_FTPES_DIR/three"

if [ "${BK_TEST_WEBDAV_TINY_URL:-}" ]; then
	exits 15 'a target that is full' bk-ship push \
		"$BK_TEST_WEBDAV_TINY_URL" \
		-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"
	exits 3 '... leaves the others going' bk-ship push web \
		"$BK_TEST_WEBDAV_TINY_URL" \
		-o "password=file:$BK_TEST_PASSWORD_FILE" -o "ca=$BK_TEST_CA"
fi
done_testing
