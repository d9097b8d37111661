#!/bin/sh
# The recipe of bk.conf(5) for LDAP, as the page has it, before a real directory
# that a Dovecot proxy and a Postfix ask.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
# shellcheck source=tests/lib/front.sh
. "$top/tests/lib/front.sh"
# shellcheck source=tests/lib/recipes.sh
. "$top/tests/lib/recipes.sh"
needs bk-move dovecot postfix postmap slapd ldapadd
[ "$(id -u)" -eq 0 ] || skip "only root can run a Postfix"

ldap=$work/ldap
ok "a directory runs" front slapd "$ldap" new
ok "... does" front slapd "$ldap" start
choose_places
# The page's directory is at this host, and its servers have their usual ports.
edits="s,ldapi:///,$(sed -n 's/^LDAPI=//p' "$ldap/env"),
s,/etc/dovecot/,$work/front/,
s/=proxy=y/&, =port=$place_port/
s,:%s:24,:%s:$((place_port + 1)),
s,\"doveadm\",&\\, \"-c\"\\, \"$work/front/dovecot.conf\","
page_file mailhold.ldif >learnt && mv learnt mailhold.ldif
# shellcheck disable=SC2046 # words
ok "it learns the attribute" $(sed -n 's/^\.Ql \(ldapadd .*\) :$/\1/p' \
	"$top/man/bk.conf.5" | sed "$edits")

# person NUMBER ADDRESS
person() {
	cat <<-LDIF
	dn: cn=person $1,ou=people,dc=example,dc=org
	objectClass: inetOrgPerson
	objectClass: inetLocalMailRecipient
	cn: person $1
	sn: person
	description: $1
	mail: $2
	mailHost: $place_a
	userPassword: pw

	LDIF
}

# A line for each; the class that the recipe adds stays.
people() {
	ldapsearch -x -H "ldap://127.0.0.1:$(sed -n 's/^LDAP=//p' "$ldap/env")" \
		-LLL -o ldif-wrap=no -b ou=people,dc=example,dc=org |
		grep -v '^objectClass: mailHeld$' |
		awk -v RS= '{ gsub(/\n/, " | "); print }' | sort
}

{
	person 1 $ann
	person 2 $bob
	person 3 $eve
	person 4 "o'brien@a.test"
	person 5 'a*b@a.test'
	person 6 'axb@a.test'
	person 7 'a(b)@a.test'
	person 8 '"a,b"@a.test'
	person 9 'a\2ab@a.test'
	person 10 twice@a.test
	person 11 twice@a.test
} >people.ldif
ok "it has people" sh -c "'$top/tests/servers/slapd' '$ldap' add <people.ldif"
page_program ldap
mkdir -p "$work/front"
page_file /etc/dovecot/conf.d/auth-ldap.conf.ext >"$work/front/local.conf"
for file in held proxy; do
	page_file /etc/dovecot/$file.ldap >"$work/front/$file.ldap"
done
page_file /etc/postfix/transport.ldap >"$work/transport.ldap"
ok "servers before it run" places_up "ldap:$work/transport.ldap" $ann $bob $eve
routes

recipe_acts
recipe_is_safe "o'brien@a.test" 'a*b@a.test' 'a(b)@a.test' '"a,b"@a.test' \
	'a\2ab@a.test'
is_nobody '*@a.test' 'x)(mail=*@a.test' '*)(mailHost=*@a.test'
exits 1 "an address that two have is none" by_hand hold twice@a.test moving
says_like 'refused: .* ended with status 3: 2 entries have this address'
recipe_moves
recipe_breaks "'$top/tests/servers/slapd' '$ldap' kill" "Can't contact LDAP server" \
	"'$top/tests/servers/slapd' '$ldap' start"

done_testing
