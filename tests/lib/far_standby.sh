# A standby that is a mail server: two servers of our own, the primary `a` with the
# store `mail`, and `b`, the store `copy`, that follows it.
# shellcheck shell=sh disable=SC2154 # e2e.sh's
#
#	. "$top/tests/lib/far_standby.sh"	after moves.sh

# far_pair: where the two are to be made.
far_pair() {
	"$top/tests/servers/pki" "$work/pki"
	new_repository repo
}

# far_section SERVER LOGIN SECRET: the beginning of its section.
far_section() {
	cat >>"$BK_CONFIG" <<-CONF
	[server $1]
	url = imap://127.0.0.1:$(port_of "$1")
	ca = $work/pki/ca.crt
	login = proxy:$2
	password = file:$work/$3
	CONF
}

far_stores() {
	cat >>"$BK_CONFIG" <<-CONF
	[store mail]
	type = imap
	server = a
	[store copy]
	type = imap
	server = b
	CONF
}

# sieve_of SERVER: where its scripts are.
sieve_of() {
	echo "sieve://127.0.0.1:$(sed -n 's/^SIEVE=//p' "$work/$1/env")"
}

# far_dovecots MAIL ACCOUNT...: Dovecots that keep mail so, and know these.
far_dovecots() {
	location=$1
	shift
	far_pair
	(umask 077 && echo masterpw >"$work/masterpw" && echo doveadmkey >"$work/key")
	for server in a b; do
		dovecot "$work/$server" full "$work/pki" "$location"
		dovecot "$work/$server" adduser "$@"
		# As it is without our haste: who changed a mailbox for its user
		# may no longer list all users.
		printf 'service doveadm {\n  service_count = 1\n}\n' \
			>"$work/$server/local.conf"
		dovecot "$work/$server" start
		far_section $server master masterpw
		cat >>"$BK_CONFIG" <<-CONF
		sieve = $(sieve_of $server)
		allow-cleartext = yes
		doveadm = http://127.0.0.1:$(sed -n 's/^DOVEADM=//p' "$work/$server/env")
		doveadm-password = file:$work/key
		CONF
	done
	far_stores
}

# far_cyruses ACCOUNT...: Cyruses that know these.
far_cyruses() {
	far_pair
	for server in a b; do
		cyrus "$work/$server" new "$work/pki"
		echo 'munge8bit: no' >"$work/$server/local.conf"
		cyrus "$work/$server" start
		cyrus "$work/$server" adduser "$@"
		far_section $server cyrus pw
		cat >>"$BK_CONFIG" <<-CONF
		keep-uids = syncapply
		sieve = $(sieve_of $server)
		CONF
	done
	far_stores
	far_accounts=$*
}

follow() {
	bk-standby follow --once --to copy "$@"
}

status() {
	bk-standby status --to copy --max-age 8h "$@"
}

fresh() {
	status "$@" >said && grep -q '^fresh' said
}

# shown SERVER: all of it, but for the METADATA of the account itself, which no set
# has.
shown() {
	# shellcheck disable=SC2086 # words
	if [ "${far_accounts-}" ]; then
		"$top/tests/lib/imap_view.py" take "$(port_of "$1")" $far_accounts
	else
		view "$work/$1"
	fi | grep -v '"kind": "account"'
}

# as_primary: each folder, UID, flag, keyword, date and byte.
as_primary() {
	shown a >a.view
	shown b >b.view
	compare a.view b.view
}

# letters SERVER ACCOUNT FOLDER WORD...: a message for each word, at a Dovecot.
letters() {
	server=$1 account=$2 folder=$3
	shift 3
	for word; do
		printf 'Subject: %s\r\n\r\n%s\r\n' "$word" "$word" |
			dovecot "$work/$server" doveadm save -u "$account" \
				-m "$folder"
	done
}

# sieve SERVER ACCOUNT VERB [NAME]
sieve() {
	server=$1 account=$2
	shift 2
	"$top/tests/lib/sieve_client.py" \
		"$(sed -n 's/^SIEVE=//p' "$work/$server/env")" "$account" pw "$@"
}

# tells REGEX: the last command did.
tells() {
	cat out err >told
	ok "... it tells: $1" grep -qE -e "$1" told
}
