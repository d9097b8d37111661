#!/bin/sh
# The recipe of bk.conf(5) for Zimbra, as the page has it, before a stand-in: there
# are no packages of Zimbra.  It shows that the recipe does what a route must, with
# a real Postfix that delivers as the stand-in says, and a real proxy for logins;
# that a Zimbra behaves as the stand-in is not shown here.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/recipes.sh
. "$top/tests/lib/recipes.sh"
needs bk-move dovecot postfix postmap runuser
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

zimbra=$work/zimbra
ok "servers run" front_up $ann $bob $eve
mkdir -p "$zimbra/bin" "$zimbra/common/sbin"
ln -s "$top/tests/lib/zimbra_standin.py" "$zimbra/bin/zmprov"
for tool in postfix postqueue; do
	printf '#!/bin/sh\nexec %s -c "%s" "$@"\n' "$(command -v $tool)" "$work/mx/etc" \
		>"$zimbra/common/sbin/$tool"
	chmod +x "$zimbra/common/sbin/$tool"
done
python3 - "$lmtp_a" $ann $bob $eve "o'brien@a.test" 'a*b@a.test' 'a"b\@a.test' \
	>"$zimbra/accounts.json" <<-'PY'
	import json, sys
	print(json.dumps({name: {"zimbraMailTransport": sys.argv[1],
	                         "zimbraAccountStatus": "active"}
	                  for name in sys.argv[2:]}))
PY
: >"$zimbra/transport"
postconf -c "$work/mx/etc" "transport_maps = texthash:$zimbra/transport"
edits="s,/opt/zimbra/,$zimbra/,;s,runuser -u zimbra,runuser -u root,"
page_program zimbra
place_a=$lmtp_a
place_b=$lmtp_b
front_server a "proxy-to = $proxy_a" "place = $lmtp_a"
front_server b "proxy-to = $proxy_b" "place = $lmtp_b"
front_server front "smtp = smtp://127.0.0.1:$(port mx SMTP)"
cat >>"$BK_CONFIG" <<-CONF
	[route deliveries]
	type = command
	command = $program
	[route logins]
	type = dovecot-passwd
	file = $work/front/users
	command = doveadm -c $work/front/dovecot.conf
CONF

people() {
	python3 -c 'import json, sys
for name, what in json.load(sys.stdin).items(): print(name, what)' \
		<"$zimbra/accounts.json"
}

# smtp_says ADDRESS: to a mail for it.
smtp_says() {
	python3 - "$(port mx SMTP)" "$1" <<-'PY'
	import smtplib, sys
	with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
	    server.ehlo_or_helo_if_needed()
	    server.mail("x@y.test")
	    print(server.rcpt(sys.argv[2])[0])
	PY
}

ok "$ann is at the source" is $ann source
ok "... mail comes" mail_comes_to a $ann 1
ok "... held" by_hand hold $ann moving
ok "... it is" is $ann held
ok "... mail is put off" test "$(smtp_says $ann)" = 450
ok "... that of others is not" test "$(smtp_says $bob)" = 250
ok "... held once more" by_hand hold $ann moving
ok "... it goes to the destination" by_hand point $ann destination
ok "... is there" is $ann destination
ok "... mail comes" mail_comes_to b $ann 2
ok "... held and given back" by_hand hold $ann moving
ok "... as it was" by_hand back $ann "$lmtp_a"
ok "... it is" is $ann source
exits 3 "... its sessions are another route's" by_hand kick $ann
recipe_is_safe "o'brien@a.test" 'a*b@a.test' 'a"b\@a.test'
exits 1 "'*@a.test' is nobody" by_hand look '*@a.test'
says_like 'failed: .* status 2: ERROR: account.NO_SUCH_ACCOUNT \(no such account: .*'

for account in $ann $bob $eve; do
	makes ordinary "$(login "$work/a" "$account")" --messages 10
done
ok "two accounts change servers" move --account $ann --account $bob \
	--stages data,account --front front
leads_to b $ann
leads_to b $bob
ok "... mail comes to the destination" mail_comes_to b $ann 3
ok "one of them goes back" move rollback --account $bob
leads_to a $bob
ok "... mail comes to the source" mail_comes_to a $bob 4
recipe_breaks "touch '$zimbra/down'" "zclient.IO_ERROR" "rm '$zimbra/down'" \
	deliveries

done_testing
