#!/bin/sh
# Trees of configuration that go along with the mail: every kind of file comes
# back as others see it (rsync, getfacl, getfattr, tar), in place and elsewhere;
# a restore says first what it would overwrite, and touches no mail.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-check bk-list bk-restore rsync setfacl getfacl \
	setfattr getfattr tar setpriv
[ "$(id -u)" -eq 0 ] || skip "only root gives files away"

# What others say of a tree: nothing of a path, nothing that reading changes.
seen() (
	cd "$1" || exit
	find . -print0 | sort -z | xargs -0 getfacl -n -P
	find . -print0 | sort -z | xargs -0 getfattr -h -d -m -
	tar --acls --xattrs --numeric-owner --sort=name \
		--pax-option=exthdr.name=x,delete=atime,delete=ctime -cf - . | sha256sum
)
same_tree() {
	rsync -niaAXHc --delete \
		--exclude=/pipe --exclude=/device --exclude=/socket \
		"$1/" "$2/" >differences && cat differences && test ! -s differences
}

python3 -B "$top/demo/mail.py" mail
mkdir -p etc/sub/deep/er etc/empty
etc=$work/etc
echo one >etc/one
ln etc/one etc/again
ln etc/one etc/sub/third
ln -s /etc/passwd etc/out
ln -s nowhere "etc/$(printf 'a\nlink')"
chmod 4755 etc/one
truncate -s 300M etc/sparse
printf 'in the middle' | dd of=etc/sparse bs=1 seek=150000000 conv=notrunc status=none
truncate -s 1M etc/hole
head -c 3000000 /dev/urandom >etc/big
head -c 3000000 /dev/urandom >etc/large
: >etc/nothing
mkfifo etc/pipe
mknod etc/device c 1 3
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("etc/socket")'
echo x >"etc/$(printf 'new\nline')"
echo y >"etc/$(printf '\377\376')"
echo z >"etc/$(printf 'n%.0s' $(seq 255))"
setfacl -m u:1:rx,g:2:w etc/one
setfacl -m u:7:r etc/big
setfacl -d -m u:3:rwx,g:4:r etc/sub
setfattr -n user.note -v 'two words' etc/big
setfattr -n user.empty etc/sub
chown 5:6 etc/sub/deep etc/big
chown -h 7:8 etc/out
chmod 2500 etc/sub/deep
chmod 0 etc/nothing
touch -h -d '2001-02-03 04:05:06.789' etc/one etc/out etc/sub/deep etc/sub etc/hole
touch -d @-86400 etc/empty

echo keep >script
new_repository repo
cat >>"$BK_CONFIG" <<CONF
[store mail]
type = maildir
path = $work/mail/%d/%n/Maildir
trees = $etc $work/mail/../etc/ $etc/one $work/script
CONF

ok "a full set with trees" bk-backup --full
says "bk-backup: $etc/device is a device: left out"
says "bk-backup: $etc/pipe is a pipe: left out"
says "bk-backup: $etc/socket is a socket: left out"
# shellcheck disable=SC2016
ok "bk list names each once" sh -c 'bk-list latest --json |
	grep -o "\"tree\":\"[^\"]*\"" >trees && cat trees && test "$(wc -l <trees)" -eq 2'
ok "... and what is in one" sh -c "bk-list latest -q '$etc' >l && cat l && grep -qx '$etc/sub/deep' l"
exits 5 "... and says what is not" bk-list latest /etc/nothing
ok "a check reads them" bk-check --read-data

ok "what is in place is as it is" bk-restore latest --trees -n
says_like 'bk-restore: 0 new, 0 overwritten, [0-9]+ as they are'
mkdir back
ok "a restore elsewhere" bk-restore latest --trees --to "$work/back"
ok "... rsync sees no difference" same_tree etc "back$etc"
rm etc/pipe etc/device etc/socket
touch -r "back$etc" etc
seen etc >wanted
seen "back$etc" >got
ok "... nor do getfacl, getfattr and tar" cmp wanted got
ok "... holes are holes" sh -c "du -k 'back$etc/sparse' && test \$(du -k 'back$etc/sparse' | cut -f1) -lt 1000"
ok "... again: it is all there" bk-restore latest --trees --to "$work/back"
says_like 'bk-restore: 0 new, 0 overwritten, [0-9]+ as they are'

# In place, over what was changed; mail stays as it is.
cp -a etc kept
rm -r mail/*
echo other >>etc/one
rm "etc/$(printf '\377\376')"
setfacl -b etc/big
chmod 0644 etc/nothing
rm etc/out && echo file >etc/out
ok "-n says what it would do" bk-restore latest --trees -n
cp out listed
ok "... of each file" sh -c "cat listed && grep -q '$etc/again .* overwrites' listed &&
	grep -q '$etc/out .* overwrites' listed && grep -q '$etc/big .* overwrites' listed &&
	grep -q ' new$' listed"
ok "... and does nothing" grep -qx file etc/out
ok "a part of it, by name" bk-restore latest --trees --path "*/out" 
ok "... no more than that" sh -c "test -L etc/out && grep -q other etc/one"
ok "all of it" bk-restore latest --trees
ok "... is as it was" same_tree kept etc
seen etc >got
ok "... to others too" cmp wanted got
ok "no mail was touched" rmdir mail
mkdir mail
exits 2 "trees and mail are not asked for at once" bk-restore latest --trees --account 'a*'
exits 2 "--path is for trees" bk-restore latest --path x
exits 5 "what is in no tree" bk-restore latest --trees --path /etc/shadow

# A hard link has the contents of its first name, and not what is there now.
cp etc/again edited
echo edited >>etc/again
rm etc/one
exits 3 "a hard link without its first name" bk-restore latest --trees --path "$etc/one"
says_like "    $etc/one +its contents are those of $etc/again: choose that too +not restored"
ok "... is no link to what was edited" test ! -e etc/one
exits 3 "... nor is one that is linked to it as it is" \
	bk-restore latest --trees --path "$etc/sub/third"
ok "both come" bk-restore latest --trees --path "$etc/one" --path "$etc/again" \
	--path "$etc/sub/third" --path "$etc" --path "$etc/sub"
ok "... with the contents of the set" cmp edited etc/one
ok "... as one file again" same_tree kept etc

# A disk that is full ends it, and what came till then is as it is to be.
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
	trap 'umount -l "$work/small"; stop_servers; rm -rf "$work"' EXIT
	exits 15 "a full disk" bk-restore latest --trees \
		--to "$work/small" --path "$etc" --path "$etc/large"
	says_like "bk-restore: $etc/large: .*No space left.*Make room there.*"
	ok "... the folder is everybody's again" test \
		"$(stat -c %a "small$etc")" = "$(stat -c %a etc)"
	mount -o remount,size=60m small
	ok "with more room" bk-restore latest --trees \
		--to "$work/small" --path "$etc" --path "$etc/large"
	ok "... the rest comes" cmp etc/large "small$etc/large"
fi

# Flags of chattr are not kept, and that is said; one that is there stays.
if flags=$(mktemp -d -p "$work" -t flags.XXXXXX) && : >"$flags/try" &&
	! chattr +i "$flags/try" 2>chattr.err; then
	flags=$(mktemp -d /var/tmp/bk-flags.XXXXXX)
fi
trap 'chattr -R -ia "$flags"; rm -rf "$flags"; umount -lq "$work/small"; stop_servers; rm -rf "$work"' EXIT
chattr -i "$flags/try"
echo first >"$flags/fixed" && echo first >"$flags/log" && echo first >"$flags/free"
if chattr +i "$flags/fixed" && chattr +a "$flags/log"; then
	cat >>"$BK_CONFIG" <<-CONF
	[store flags]
	type = maildir
	path = $work/mail/%d/%n/Maildir
	trees = $flags
	CONF
	python3 -B "$top/demo/mail.py" mail
	ok "a set of files with flags" bk-backup flags --full
	says "bk-backup: $flags/fixed is immutable (chattr +i): it will come back without that"
	says "bk-backup: $flags/log is for appending only (chattr +a): it will come back without that"
	ok "... of the other there is no word" sh -c "! grep free err"
	chattr -R -ia "$flags"
	echo second >"$flags/fixed" && echo second >"$flags/free"
	chattr +i "$flags/fixed"
	exits 3 "over one that is immutable here" bk-restore latest --store flags --trees
	says_like "    $flags/fixed +.*Operation not permitted +not restored"
	ok "... it stays as it is" grep -qx second "$flags/fixed"
	ok "... with nothing left beside it" test "$(find "$flags" -name '.bk-*' | wc -l)" -eq 0
	ok "... and the rest comes" grep -qx first "$flags/free"
	chattr -i "$flags/fixed"
	ok "when that is gone it comes" bk-restore latest --store flags --trees
	ok "... as it was" grep -qx first "$flags/fixed"
	rm -r mail/*
	sed -i '/^\[store flags\]/,$d' "$BK_CONFIG"
fi

# What its owner cannot be given is there all the same, and both is said.
mkdir poor
exits 3 "a file that cannot be given away" setpriv --bounding-set=-chown \
	bk-restore latest --trees --to "$work/poor" --path "$etc/big"
says_like "    $etc/big +owner: Operation not permitted +restored without it"
ok "... is there" cmp etc/big "poor$etc/big"

# What did not change is stored once; what cannot be read is told.
python3 -B "$top/demo/mail.py" mail
echo new >etc/sub/new
ok "a differential" bk-backup --differential
ok "... stores what is new" sh -c 'bk-list --json | grep stored | tail -n 1 | tee l |
	python3 -c "import json, sys; s = json.load(sys.stdin); sys.exit(s[\"stored\"] > 40000)"'
ok "... has all of it" sh -c "bk-list latest -q '$etc' >l && grep -qx '$etc/big' l && grep -qx '$etc/sub/new' l"
ok "the independent reader has the same" sh -c "
	'$top/tests/reader/bkextract.py' '$work/repo' \
		\"\$(bk-list -q | tail -n 1)\" extracted --secret '$work/password'
	mkdir untarred && tar --acls --xattrs --numeric-owner -xf extracted/trees.tar -C untarred"
ok "... as tar restores it" same_tree etc "untarred$etc"
mv etc moved
exits 3 "a tree that is not there" bk-backup --differential
says_like "    $etc +stat: No such file or directory +left out"
ok "... the set before has it" bk-restore "$(bk-list -q | tail -n 2 | head -n 1)" --trees
ok "... whole" same_tree moved etc
ok "all sets are sound" bk-check --read-data

done_testing
