#!/bin/sh
# The steps of bk-move(7), word by word as the page has them, before servers that
# have the names of the page: what it says works.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
needs bk-move dovecot postfix postmap
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"
cd "$work" || exit 1

ok "two servers, a proxy and a Postfix run" front_up ann@a.example \
	admin@a.example rehearsal@a.example
ln -s a mx1
ln -s b mx2
printf '%s\n' ann@a.example admin@a.example >mx1.accounts
front_server mx1 "proxy-to = $proxy_a" "transport = $lmtp_a" \
	"accounts-file = $work/mx1.accounts"
front_server mx2 "proxy-to = $proxy_b" "transport = $lmtp_b"
front_server front "smtp = smtp://127.0.0.1:$(port mx SMTP)"
cat >>"$BK_CONFIG" <<-CONF
	[route logins]
	type = dovecot-passwd
	file = $work/front/users
	command = doveadm -c $work/front/dovecot.conf
	[route deliveries]
	type = postfix-transport
	file = $work/mx/etc/transport
	config = $work/mx/etc
	[notify]
	mail = admin@a.example
	via = smtp://127.0.0.1:$(port mx SMTP)
CONF
makes ordinary "$(login a ann@a.example)" --messages 20
makes ordinary "$(login a admin@a.example)" --messages 5 --seed 2

# Its commands up to what can go wrong, in their order, a line each.
sed -n '/^\.Sh WHAT CAN GO WRONG/q;s/^\.Dl bk move/bk move/;/^bk move/{
:more
/\\e$/{
N
s/ *\\e\n */ /
b more
}
p
}' "$top/man/bk-move.7" >steps
ok "the page has its steps" test "$(wc -l <steps)" -ge 8

# step LINE: as it stands there, but for the night, which is soon.
step() {
	soon=$(date -d '+4 seconds' +%Y-%m-%dT%H:%M:%S)
	sh -c "$(echo "$1" | sed "s/2026-11-28T22:00/$soon/")"
}

while read -r line <&3; do
	case $line in
	*verify*) queue_runs_out && line="$line --no-extra" ;;
	esac
	ok "$line" step "$line"
	case $line in
	*--cutover-at*stages* | *stages*--cutover-at*)
		for account in ann admin; do
			ok "... $account is at mx2" reaches b $account@a.example
		done
		;;
	*rollback*)
		ok "... admin is at mx1" reaches a admin@a.example
		;;
	esac
done 3<steps
ok "all of them are at mx2" reaches b ann@a.example

done_testing
