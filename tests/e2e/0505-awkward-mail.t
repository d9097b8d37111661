#!/bin/sh
# The accounts that are hard to move: each server takes most of what is awkward,
# the same on both; and mail comes and goes as long as somebody is at work.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot openssl
need_cyrus

"$top/tests/servers/pki" "$work/pki"
a=$work/a
c=$work/c
dovecot "$a" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
dovecot "$a" adduser bob@a.test erik@a.test
dovecot "$a" start
cyrus "$c" new "$work/pki"
cyrus "$c" start
cyrus "$c" adduser bob@a.test erik@a.test

makes() {
	"$top/tests/lib/imap_world.py" "$@"
}

same() {
	"$top/tests/lib/same_mail.py" "$@" >said
}

for server in "$a" "$c"; do
	ok "an awkward account" makes awkward "$(login "$server" erik@a.test)" \
		--large 2 --share ann@a.test \
		--sieve "$(sed -n 's/^SIEVE=//p' "$server/env")"
	mv out "refused.${server##*/}"
done
ok "Dovecot takes most of it" test "$(wc -l <refused.a)" -lt 8
ok "Cyrus takes most of it" test "$(wc -l <refused.c)" -lt 12
exits 1 "Cyrus has it otherwise" same --extra "$(login "$a" erik@a.test)" \
	"$(login "$c" erik@a.test)"
grep 'INBOX: message .* is missing' said >unmunged
ok "... also 8-bit headers" test -s unmunged
exits 1 "that Cyrus changes headers can be known" same --extra --munged \
	"$(login "$a" erik@a.test)" "$(login "$c" erik@a.test)"
exits 1 "... then they are no difference" grep -qF -f unmunged said
grep -v -e ': the folder .* is missing$' -e 'differences$' -e 'flag x*' \
	-e '^Muellkorb' -e 'the subscription to no folder' said >rest
ok "... and nothing differs but what one of them did not take" \
	sh -c '! grep . rest'

for server in "$a" "$c"; do
	rm -f stop
	: >record
	makes restless "$(login "$server" bob@a.test)" --until stop \
		--record record \
		--lmtp "$(sed -n 's/^LMTP=//p' "$server/env")" >done.times &
	worker=$!
	until [ "$(wc -l <record)" -ge 12 ] || ! kill -0 $worker; do
		sleep 0.05
	done
	touch stop
	wait $worker
	ok "somebody works until he is told to stop" test $? -eq 0
	ok "... and did many things" test "$(cat done.times)" -gt 30
	ok "... mail came in meanwhile" test "$(wc -l <record)" -ge 12
done

done_testing
