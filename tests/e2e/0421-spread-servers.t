#!/bin/sh
# Sets are shipped to three servers of different kinds, spread over them: any one may
# be away or come back empty.

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
new_source 2 3000000

need_sshd
need_rgw
need_proftpd
secret="password = file:$BK_TEST_PASSWORD_FILE"
s3_url=$(echo "$BK_TEST_S3_URL" | sed "s,://,://$BK_TEST_S3_KEY@,")
in_section sftp "$BK_TEST_SFTP_URL" "ssh-key = $BK_TEST_SSH_KEY" \
	"known-hosts = $BK_TEST_KNOWN_HOSTS"
in_section s3 "$s3_url" "$secret" "ca = $BK_TEST_CA"
in_section ftpes "$BK_TEST_FTPES_URL" "$secret" "ca = $BK_TEST_CA"
in_section away spread:2+1:sftp,s3,ftpes

ok 'a push, over three servers' bk-ship push away
quiet
ok 'a second push' bk-ship push away --json
cp out said
ok '... sends nothing' grep -q '"state":"complete","sets":3,"sets_of":3,"files":0,"bytes":0,' said
ok 'verify reads all of it' bk-ship verify away
ok 'and so does a check' bk-check -r on-away --read-data
comes_back 'from three servers' away
exits 13 'one of them is no repository' bk-list -r on-sftp

# ---- one is away ----

server sshd stop
ok 'one is away: everything is restored' restores_from on-away
letter mail/b.test/bob/Maildir/cur/1008.a.mx:2, 1008 nine
ok 'another differential' bk-backup "$store" --differential
seen mail >files.before
tree repo >tree.repo
exits 3 'one is away: a push says what is degraded' bk-ship push away
says_like '.*bk check .*--repair.*'
server sshd start
exits 3 'it is back: a check says what it lacks' bk-check -r on-away
says_like '.*degraded: sftp lacks [0-9]* files.*'
ok 'it is mended' bk-check -r on-away --repair
ok 'all is whole' bk-check -r on-away --read-data
comes_back 'with what was put meanwhile' away

# ---- one comes back empty ----

tree "$BK_TEST_FTPES_DIR" >tree.whole
rm -rf "$BK_TEST_FTPES_DIR"
exits 3 'one is empty: a check says so' bk-check -r on-away
ok 'it is mended' bk-check -r on-away --repair
tree "$BK_TEST_FTPES_DIR" >tree.mended
ok '... to the same bytes' cmp tree.whole tree.mended
server sshd stop
ok 'another one goes: everything is restored' restores_from on-away
done_testing
