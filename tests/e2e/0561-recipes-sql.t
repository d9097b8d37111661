#!/bin/sh
# The recipe of bk.conf(5) for SQL, as the page has it, before a real database that
# a Dovecot proxy and a Postfix ask.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/recipes.sh
. "$top/tests/lib/recipes.sh"
needs bk-move dovecot postfix postmap psql
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

db=$work/db
ok "a database runs" front postgres "$db" new
ok "... does" front postgres "$db" start
sql() {
	"$top/tests/servers/postgres" "$db" sql "$@"
}
sql_port=$(sed -n 's/^SQL=//p' "$db/env")
choose_places
# The page's database is at this host, and its servers have their usual ports.
edits="s,unix:/run/postgresql,127.0.0.1:$sql_port,
s,host=/run/postgresql,host=127.0.0.1 port=$sql_port,
s/user = postfix/user = bk/
s/user=dovecot/user=bk/
s,/etc/dovecot/,$work/front/,
s/'y' END AS proxy,/& '$place_port' AS port,/
s,':24',':$((place_port + 1))',
s,\"doveadm\",&\\, \"-c\"\\, \"$work/front/dovecot.conf\","

people() {
	sql -c 'SELECT * FROM account' | sort
}

sql <<SQL
CREATE TABLE account (address text PRIMARY KEY, password text, host text);
INSERT INTO account
SELECT address, '{PLAIN}pw', '$place_a' FROM (VALUES ('$ann'), ('$bob'), ('$eve'),
	('o''brien@a.test'), ('%s@a.test'), ('a\\b@a.test'), ('"a;b"@a.test'))
	AS people (address);
$(page_file mailhold.sql)
SQL
ok "it has people" test "$(people | wc -l)" -eq 7
page_program sql
page_file /root/.pg_service.conf | tr ' ' '\n' >"$HOME/.pg_service.conf"
mkdir -p "$work/front"
page_file /etc/dovecot/conf.d/auth-sql.conf.ext >"$work/front/local.conf"
page_file /etc/dovecot/proxy.sql >"$work/front/proxy.sql"
page_file /etc/postfix/transport.sql >"$work/transport.sql"
ok "servers before it run" places_up "pgsql:$work/transport.sql" $ann $bob $eve
routes

recipe_acts
recipe_is_safe "o'brien@a.test" '%s@a.test' 'a\b@a.test' '"a;b"@a.test'
is_nobody '%@a.test' "x'OR'1'='1@a.test" "x';DELETE/**/FROM/**/account;--@a.test"
recipe_moves
recipe_breaks "'$top/tests/servers/postgres' '$db' kill" "Connection refused" \
	"'$top/tests/servers/postgres' '$db' start"

done_testing
