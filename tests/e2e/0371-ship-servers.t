#!/bin/sh
# Sets go to every kind of server and come back, and from any of them to any
# other: the same files, byte for byte.  No more is sent than lacks, and no
# faster than it may be.

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

need_sshd
need_samba
need_rgw
need_proftpd
need_nginx
secret="password = file:$BK_TEST_PASSWORD_FILE"
s3_url=$(echo "$BK_TEST_S3_URL" | sed "s,://,://$BK_TEST_S3_KEY@,")

# ---- there, and back ----------------------------------------------------------

# goes NAME [DIR]: to the target of that name; its files lie in DIR.
goes() {
	ok "$1: a push" bk-ship push "$1"
	if [ "${2:-}" ]; then
		ok "$1: byte for byte" is_copy "$2"
		ok "$1: the other reader, on the server's own files" \
			another_reader "$2"
	fi
	ok "$1: a second push" bk-ship push "$1" --json
	cp out said
	ok '... sends nothing' grep -q '"state":"complete","sets":3,"sets_of":3,"files":0,"bytes":0,' said
	ok "$1: verify" bk-ship verify "$1" --json
	cp out said
	ok '... reads all of it' grep -qF "\"files\":$files,\"bytes\":$bytes," said
	comes_back "$1" "$1"
}

# What a set is made of: all but the marker and the key slot.
files=$(find repo/data repo/sets -type f | wc -l)
bytes=$(find repo/data repo/sets -type f -printf '%s\n' |
	awk '{ n += $1 } END { print n }')

in_section sftp "$BK_TEST_SFTP_URL" "ssh-key = $BK_TEST_SSH_KEY" \
	"known-hosts = $BK_TEST_KNOWN_HOSTS"
in_section smb "$BK_TEST_SMB_URL" "$secret"
in_section s3 "$s3_url" "$secret" "ca = $BK_TEST_CA"
in_section ftpes "$BK_TEST_FTPES_URL" "$secret" "ca = $BK_TEST_CA"
in_section https "$BK_TEST_WEBDAV_URL" "$secret" "ca = $BK_TEST_CA"
in_section plain "$BK_TEST_HTTPS_READ_URL" "$secret" "ca = $BK_TEST_CA"
goes sftp "$BK_TEST_SFTP_DIR"
goes smb "$BK_TEST_SMB_DIR"
goes s3

# ---- from any to any ----------------------------------------------------------

# hop FROM TO [DIR]
hop() {
	ok "from $1 to $2" bk-ship push -r "on-$1" "$2"
	[ ! "${3:-}" ] || ok '... byte for byte' is_copy "$3"
}
second() {
	echo "$1" | sed "s,/repo\$,/${2:-second},"
}
in_section smb2 "$(second "$BK_TEST_SMB_URL")" "$secret"
in_section s32 "$(second "$s3_url")" "$secret" "ca = $BK_TEST_CA"
hop sftp https "$BK_TEST_WEBDAV_DIR"
hop https smb2 "$(second "$BK_TEST_SMB_DIR")"
hop smb2 s32
hop s32 ftpes "$BK_TEST_FTPES_DIR"
comes_back 'from a tree of files over HTTPS' plain

# ---- several at a time --------------------------------------------------------

# peak COMMAND...: runs it; prints the KiB that its largest process had.
peak() {
	/usr/bin/python3 -c 'import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' "$@" >peak.out && tail -n 1 peak.out >peak
}
in_section sftp3 "$(second "$BK_TEST_SFTP_URL" third)" \
	"ssh-key = $BK_TEST_SSH_KEY" "known-hosts = $BK_TEST_KNOWN_HOSTS"
in_section smb3 "$(second "$BK_TEST_SMB_URL" third)" "$secret"
in_section s33 "$(second "$s3_url" third)" "$secret" "ca = $BK_TEST_CA"
in_section ftpes3 "$(second "$BK_TEST_FTPES_URL" third)" "$secret" \
	"ca = $BK_TEST_CA"
in_section https3 "$(second "$BK_TEST_WEBDAV_URL" third)" "$secret" \
	"ca = $BK_TEST_CA"
in_section smb4 "$(second "$BK_TEST_SMB_URL" fourth)" "$secret"
ok 'three at a time' peak bk-ship push s33 ftpes3 https3
ok "... in 48 MiB: $(cat peak) KiB" test "$(cat peak)" -le 49152
ok 'two more, of other kinds' bk-ship push sftp3 smb3 s33
for dir in "$BK_TEST_SFTP_DIR" "$BK_TEST_SMB_DIR" "$BK_TEST_FTPES_DIR" \
	"$BK_TEST_WEBDAV_DIR"; do
	ok '... byte for byte' is_copy "$(second "$dir" third)"
done
comes_back '... and the last' s33

# From a server to several places: each pack is fetched once.
wc -l <"$BK_TEST_HTTPS_REQUESTS" >requests.before
ok 'from one server to three places' bk-ship push -r on-https \
	"$work/near1" "$work/near2" smb4
for place in near1 near2 "$(second "$BK_TEST_SMB_DIR" fourth)"; do
	ok '... byte for byte' is_copy "$place"
done
tail -n +"$(($(cat requests.before) + 1))" "$BK_TEST_HTTPS_REQUESTS" |
	sed -n 's/.* GET \([^ ]*\.bkp\) .*/\1/p' | sort | uniq -c >fetched
ok "... and each of $(wc -l <fetched) packs was fetched once" \
	test -s fetched -a -z "$(grep -v '^ *1 ' fetched)"

# Nothing goes through a folder on the way: there need be none.
ok 'no room is needed here' env TMPDIR=/proc/none bk-ship push -r on-sftp \
	"$work/direct"
ok '... byte for byte' is_copy direct

# ---- no faster than it may be --------------------------------------------------

# A target has one second's worth in stock: N bytes take N / RATE - 1 seconds.
slowly() {
	name=$1
	shift
	began=$(date +%s%N)
	ok "$name" bk-ship "$@"
	took=$((($(date +%s%N) - began) / 1000000))
	least=$((bytes / 4000 - 1000))
	ok "... $took ms for $bytes bytes, at least $least" test $took -ge $least
}
slowly 'four megabytes a second, and no more' push "$work/limited" \
	--limit-up=4000000
slowly 'down too' pull -r "$work/limited-down" https --limit-down=4000000 \
	--password-from "keyblock:$key" --verify=size
slowly 'to a server, from midnight to midnight' push --verify=size \
	"$(second "$BK_TEST_WEBDAV_URL" limited)" -o "ca=$BK_TEST_CA" \
	-o "password=file:$BK_TEST_PASSWORD_FILE" \
	--limit-up='00:00-24:00 4000000'
# A kilobyte a second, at another time of day: this would take an hour.
hour=$(date +%H)
from=$(printf '%02d' $(((${hour#0} + 6) % 24)))
to=$(printf '%02d' $(((${hour#0} + 7) % 24)))
ok "a limit that does not hold now: $from:00-$to:00" timeout 60 \
	bk-ship push "$work/unlimited" --limit-up="$from:00-$to:00 1K"

# One that is slow does not hold up the others, and each says how far it is.
in_section slow "$(second "$BK_TEST_FTPES_URL" slow)" "$secret" \
	"ca = $BK_TEST_CA" 'limit = 100K'
bk-ship push slow "$work/fast" --json >both.out 2>both.err &
both=$!
complete() {
	until grep -q '"type":"target","target":"'"$1"'","state":"'"$2"'"' both.out; do
		kill -0 $both 2>/dev/null || return
		sleep 0.1
	done
}
ok 'a fast target is told complete' complete "$work/fast" complete
ok '... and is' is_copy fast
ok '... while a slow one is under way' complete slow under-way
ok '... and not at its end' kill -9 $both
wait $both 2>/dev/null
ok '... nor has it a set' test -z "$(find \
	"$(second "$BK_TEST_FTPES_DIR" slow)" -name '*.bks')"
sed -i '/^limit = 100K$/d' "$BK_CONFIG"
ok 'the next run completes it' bk-ship push slow
ok '... byte for byte' is_copy "$(second "$BK_TEST_FTPES_DIR" slow)"

# ---- a disk that travels --------------------------------------------------------

ok 'a copy on a disk' bk-ship push "$work/disk"
by_password() {
	env -i PATH="$PATH" HOME="$work" BK_PASSWORD_FILE="$work/password" \
		BK_CONFIG=/dev/null BK_STATE_DIR="$work/away" "$@"
}
rm -rf back
ok 'elsewhere, with nothing but the password' by_password bk-restore \
	-r "$work/disk" latest --to "maildir:$work/back/%d/%n/Maildir"
seen back >files.after
ok '... all mail comes back' cmp files.before files.after
ok '... and the copy becomes a repository there' by_password bk-ship pull \
	-r "$work/away/repo" "$work/disk"
ok '... byte for byte' is_copy away/repo
done_testing
