#!/bin/sh
# Somebody who has the keys, or a mistake in a writer, makes files that are wrong
# inside and right outside.  Do bk check and the second reader refuse the same?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-check
reader=$top/tests/reader
"$reader/bkread.py" --help >/dev/null 2>err || skip "$(tail -n 1 err)"

cp -r "$top/tests/golden/manual" manual
chmod -R u+w manual
chmod 600 manual/keyfile
printf '[repo v1]\npath = %s/manual/repo\npassword = keyblock:%s/manual/keyfile\n' \
	"$work" "$work" >bk.conf
export BK_CONFIG="$work/bk.conf" BK_REPO=v1
password=$BK_PASSWORD_FILE
unset BK_PASSWORD_FILE

# Complaints of the second reader that bk check need not share: none.
lenient='nothing at all'

ok "forged files are judged the same by both" "$reader/forge.py" manual/repo "$password" \
	manual/keyfile 250 "$lenient" bk-check -q --read-data
sed 's/^/# /' out

done_testing
