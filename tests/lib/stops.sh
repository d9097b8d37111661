# A server stops while an account changes servers: a table of what stops, when,
# and where the account is then.
# shellcheck shell=sh disable=SC2154 # `work` is e2e.sh's
#
#	. "$top/tests/lib/stops.sh"	after front.sh and moves.sh
#	stops_up N			all servers run, with so many accounts
#	stops <<TABLE			a line a try, of the next account each:
#		HOW SERVER ACT VERB END
#	stopped				afterwards: all accounts are whole
#
# At the ACT of the first route (tests/lib/route_file.sh) this happens; VERB is forth or back.  END is what bk must say: "undone" (it is at the
# source), "moved" (at the destination), "stuck" (at neither: the command that it
# names must end that, and all is at the destination).  HOW is
#
#	stop, kill	of the SERVER: a, b, front, mx
#	disk, quota	of the SERVER is full: b, which stops_up made for that
#	hang		of the first route's command

u() {
	echo "u$1@a.test"
}

# may_fill SIDE: a Dovecot whose mail has 8 MiB, and quotas.
may_fill() {
	mkdir -p "$work/$1/mail"
	if is_alone; then
		mount -t tmpfs -o size=8m,mode=755 tmpfs "$work/$1/mail"
		trap 'stop_servers; umount "$work/b/mail"; rm -rf "$work"' EXIT
	fi
	cat >"$work/$1/local.conf" <<-CONF
	mail_plugins = acl zlib quota
	protocol imap {
	  mail_plugins = acl zlib imap_acl quota
	}
	protocol lmtp {
	  mail_plugins = acl zlib quota
	}
	plugin {
	  quota = count:User quota
	  quota_vsizes = yes
	}
	CONF
}

# is_alone: mounts are for this test only, see alone.
is_alone() {
	[ "${BK_TEST_ALONE:-}" = "$$" ]
}

stops_up() {
	may_fill b
	# shellcheck disable=SC2046 # words
	ok "all servers run" front_up $(for n in $(seq "$1"); do u "$n"; done)
	file_route
	front_sections
	sed -i '/^url\|^type/s/$/\ntimeout = 2s/' "$BK_CONFIG"
	next_account=1
	: >lives
}

kind_of() {
	case $1 in
	front) echo dovecot_proxy ;;
	mx) echo postfix ;;
	*) echo dovecot ;;
	esac
}

# sends ACCOUNT SUBJECT: into the queue, whoever runs.
sends() {
	cat <<-SH
	printf 'From: x@y.test\\nTo: $1\\nSubject: $2\\n\\n$2\\n' |
		/usr/sbin/sendmail -C "$work/mx/etc" -f x@y.test $1
	SH
}

# goes_wrong HOW SERVER ACCOUNT: a script for it.
goes_wrong() {
	case $1 in
	stop | kill) echo "'$top/tests/lib/freeze' '$work/$2' $1" ;;
	disk) echo "head -c 9000000 /dev/zero >'$work/$2/mail/fill'" ;;
	quota)
		cat <<-SH
		printf 'Subject: large\\n\\n%2000d\\n' 1 |
			"$top/tests/servers/dovecot" "$work/a" doveadm save -u $3 -m INBOX
		SH
		;;
	hang) echo 'exec sleep 100' ;;
	esac
}

# A session has the quota that it began with.
has_quota() {
	"$top/tests/servers/dovecot" "$work/$1" user "$2" 'userdb_quota_rule=*:bytes=1500'
	until "$top/tests/servers/dovecot" "$work/$1" doveadm user "$2" |
		grep -q bytes=1500; do
		sleep 0.05
	done
}

# wakes SERVER HOW ACCOUNT
wakes() {
	case $2 in
	disk) rm "$work/$1/mail/fill" ;;
	quota) "$top/tests/servers/dovecot" "$work/$1" user "$3" ;;
	stop) "$top/tests/lib/freeze" "$work/$1" go ;;
	kill) "$top/tests/servers/$(kind_of "$1")" "$work/$1" start ;;
	esac
}

forth() {
	bk-move --from a --to b --account "$1" --stages data,account
}

back() {
	bk-move rollback --from a --to b --account "$1"
}

# does_next: the command that was named.
does_next() {
	next=$(sed -n 's/.*\(bk move .*\)$/\1/p' said | tail -n 1)
	# shellcheck disable=SC2086 # words
	[ -n "$next" ] && bk-${next#bk }
}

# ended END STATUS: what was said fits what is to be.
ended() {
	echo "status $2"
	cat said
	case $1 in
	undone) [ "$2" -eq 20 ] && grep -q 'the source stays active; run: bk' said ;;
	moved) [ "$2" -eq 0 ] || grep -q 'destination is active; run: bk' said ;;
	stuck) [ "$2" -eq 18 ] && grep -q 'NEITHER\|neither server' said ;;
	esac
}

# one HOW SERVER ACT VERB END
one() {
	account=$(u "$next_account")
	next_account=$((next_account + 1))
	sends "$account" 1 | sh
	[ "$1" != quota ] || has_quota "$2" "$account"
	[ "$4" = forth ] || forth "$account" >first 2>&1 || cat first
	{
		sends "$account" 2
		goes_wrong "$1" "$2" "$account"
	} >"route.at-$3"
	"$4" "$account" >said 2>&1
	status=$?
	ok "$4: $1 $2 at $3: it was" test ! -e "route.at-$3"
	ok "... and is awake again" wakes "$2" "$1" "$account"
	ok "... it is: $5" ended "$5" $status
	side=a
	case $5:$4 in
	stuck:*) ok "... what it says ends that" does_next ;;
	esac
	case $5 in stuck | moved) side=b ;; esac
	sends "$account" 3 | sh
	echo "$account $side" >>lives
}

stops() {
	while read -r how server act verb end; do
		one "$how" "$server" "$act" "$verb" "$end" </dev/null
	done
}

has_123() {
	reaches "$1" "$2" && 
		[ "$(subjects "$1" "$2" | grep -x '[0-9]*' | xargs)" = "1 2 3" ]
}

stopped() {
	ok "all mail is delivered" queue_runs_out
	while read -r account side; do
		ok "$account is whole at $side" has_123 "$side" "$account" </dev/null
	done <lives
}
