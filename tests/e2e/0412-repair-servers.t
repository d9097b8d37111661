#!/bin/sh
# What is damaged or gone at FTP, SFTP, SMB and S3 targets is mended, from its own parity
# or from the repository; and the repository from any of them.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
# shellcheck source=tests/lib/ship.sh
. "$top/tests/lib/ship.sh"
needs bk bk-init bk-backup bk-check bk-ship curl
need_proftpd
need_sshd
need_samba
need_rgw

box=$work/mail/a.test/ann/Maildir/cur
mkdir -p "$box"
printf 'Subject: large\n\n' >"$box/9001.a.mx:2,S"
head -c 8700000 /dev/urandom >>"$box/9001.a.mx:2,S"
new_repository repo
printf 'parity = yes\n[store mail]\ntype = maildir\npath = %s\n' \
	"$work/mail/%d/%n/Maildir" >>"$BK_CONFIG"
printf '[job nightly]\nstore = mail\nship = ftp sftp smb s3\n' >>"$BK_CONFIG"
key=$work/repo.key
secret=password=file:$BK_TEST_PASSWORD_FILE
in_section ftp "${BK_TEST_FTPES_URL%/*}/mend" "$(echo "$secret" | sed 's/=/ = /')" \
	"ca = $BK_TEST_CA"
in_section sftp "${BK_TEST_SFTP_URL%/*}/mend" "ssh-key = $BK_TEST_SSH_KEY" \
	"known-hosts = $BK_TEST_KNOWN_HOSTS"
in_section smb "${BK_TEST_SMB_URL%/*}/mend" "$(echo "$secret" | sed 's/=/ = /')"
in_section s3 "$(echo "${BK_TEST_S3_URL%/*}/mend" |
	sed "s,://,://$BK_TEST_S3_KEY@,")" "$(echo "$secret" | sed 's/=/ = /')" \
	"ca = $BK_TEST_CA"
hand_over "${BK_TEST_FTPES_DIR%/*}"
ok 'a full set, of several files' bk-backup mail --full
ok 'it is shipped' bk-ship push ftp sftp smb s3
tree repo >tree.repo
pack=$(cd repo && find data -name '*.bkp' | head -n 1)
index=$(cd repo && find data -name '*.bki' | head -n 1)
ok 'there is a pack' test -n "$pack"

ftp=${BK_TEST_FTPES_DIR%/*}/mend
sftp=${BK_TEST_SFTP_DIR%/*}/mend
smb=${BK_TEST_SMB_DIR%/*}/mend

# blot FILE LENGTH: zeros, from the middle of it.
blot() {
	head -c "$2" /dev/zero |
		dd of="$1" bs=64k oflag=seek_bytes seek=4000000 conv=notrunc 2>dd.err
}
# s3_put FILE NAME: whatever was there.
s3_put() {
	curl -sS --fail --max-time 20 --aws-sigv4 aws:amz:us-east-1:s3 \
		--user "$BK_TEST_S3_KEY:$(cat "$BK_TEST_S3_SECRET_FILE")" \
		-H "x-amz-content-sha256: UNSIGNED-PAYLOAD" -T "$1" \
		"$(echo "${BK_TEST_S3_HTTP_URL%/*}" | sed 's,^s3:,,')/mend/$2"
}
# mended FROM: at all four, and the repository is left alone.
mended() {
	ok 'it is mended' bk-check nightly --read-data --repair
	for place in ftp sftp smb s3; do
		says_like ".*$place: data/.*: mended from $1.*"
	done
	for place in "$ftp" "$sftp" "$smb" repo; do
		ok '... to the same bytes' is_copy "$place"
	done
}

for place in "$ftp" "$sftp" "$smb"; do
	ok 'a copy, byte for byte' is_copy "$place"
	blot "$place/$pack" 70000
done
cp "$ftp/$pack" damaged
ok 'the same damage everywhere' s3_put damaged "$pack"
mended 'its parity, [0-9]+ segments'

for place in "$ftp" "$sftp" "$smb"; do
	blot "$place/$pack" 4000000
	rm "$place/$index"
done
cp "$ftp/$pack" damaged
ok 'more than parity mends' s3_put damaged "$pack"
mended "$work/repo"

for place in ftp sftp smb s3; do
	blot "repo/$pack" 4000000
	rm "repo/$index"
	sed -i "s/^ship = .*/ship = $place/" "$BK_CONFIG"
	ok 'the repository is mended' bk-check nightly --read-data --repair
	says_like ".*$work/repo: data/.*: mended from $place"
	ok '... to the same bytes' is_copy repo
done
done_testing
