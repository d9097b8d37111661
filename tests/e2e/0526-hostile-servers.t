#!/bin/sh
# The tools before a mail server that misbehaves in every way that we know: as
# the source and as the destination of a move, backed up, restored to.  They end,
# soon and in little memory, say which account at which server and what to do;
# nothing lies where it should not, and once the server is good all is there.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key bk-backup bk-list bk-restore bk-move openssl

"${CC:-cc}" -D_GNU_SOURCE -O1 -shared -fPIC -o "$work/hasten.so" \
	"$top/tests/lib/preload/hasten.c" -ldl 2>cc.err ||
	skip "no library to preload: $(head -n 1 cc.err)"
"$top/tests/servers/pki" "$work/pki"
(umask 077 && echo pw >pw)
"$top/tests/lib/hostile_tools.py" "$work" mail
new_repository empty
cp -R empty repo
sed "s,= $work/empty,= $work/repo," bk.conf >bk.conf.new
mv bk.conf.new bk.conf
chmod 600 bk.conf
if ! bk-backup "maildir:$work/maildir/%d/%n/Maildir" --full >out 2>err; then
	echo "Bail out! no set: $(cat err)"
	exit 1
fi
mv empty.key repo.key
"$top/tests/lib/hostile_tools.py" "$work"
