#!/bin/sh
# What does scripts/deps do to a host?  apt-get, dpkg-query, sudo and id are
# impostors that write down what they were asked; the host is a folder.

# shellcheck disable=SC2016 # what is quoted so is for another shell
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/tap.sh"

export BK_DEPS_ROOT="$work/host" TRACE="$work/trace"
policy=$BK_DEPS_ROOT/usr/sbin/policy-rc.d
unit=$BK_DEPS_ROOT/etc/systemd/system/multi-user.target.wants/dovecot.service
path=$PATH
unset FORCE

# impostor NAME: stdin is its script.
impostor() {
	{
		echo '#!/bin/sh'
		echo 'echo "${0##*/} $*" >>"$TRACE"'
		cat
	} >"fake/$1"
	chmod +x "fake/$1"
}

# A bare host, where root runs make; "$work/has" lists installed packages.
start_over() {
	rm -rf host fake trace has
	mkdir -p host/usr/sbin host/proc/net "${unit%/*}" host/etc/rc2.d fake
	: >has
	: >trace
	impostor id <<-'END'
		echo 0
	END
	impostor dpkg-query <<-'END'
		grep -qx "$4" "${TRACE%/*}/has" && printf installed
	END
	impostor apt-get <<-'END'
		case "$*" in *--print-uris*) echo "'http://x/a.deb' a.deb 3000000 X:1" && exit ;; esac
		for daemon in dovecot proftpd nginx ssh smbd ceph-mon; do
			ln -sf "/lib/$daemon.service" "$BK_DEPS_ROOT/etc/systemd/system/multi-user.target.wants/"
			ln -sf "../init.d/$daemon" "$BK_DEPS_ROOT/etc/rc2.d/S01$daemon"
		done
		policy=$BK_DEPS_ROOT/usr/sbin/policy-rc.d
		[ ! -x "$policy" ] || { "$policy" server start; echo "policy $?" >>"$TRACE"; }
		[ ! -e "${TRACE%/*}/fail" ]
	END
	impostor update-rc.d <<-'END'
		rm "$BK_DEPS_ROOT/etc/rc2.d/S01$1"
	END
	impostor deb-systemd-helper <<-'END'
		[ "$2" = ceph-mon.service ] || rm "$BK_DEPS_ROOT/etc/systemd/system/multi-user.target.wants/$2"
	END
	PATH="$work/fake:$path"
}

deps() {
	sh "$top/scripts/deps" "$@"
}

installs() {
	grep -- ' install ' trace | grep -v print-uris
}

traced() {
	grep -q -- "$1" trace
}

says() {
	pattern=$1
	shift
	"$@" >said 2>&1
	grep -q -- "$pattern" said || { cat said && return 1; }
}

no() {
	! "$@"
}

start_over
ok "a task of mine is done" deps build
ok "the build needs a compiler" traced 'install .*gcc'
ok "the build brings no mail server" no traced dovecot
ok "apt-get is asked not to bring more than that" traced no-install-recommends
ok "a build leaves the policy alone" no traced policy
exits 2 "an unknown task is wrong use" deps everything

start_over
ok "it says what it installs" says 'libzstd-dev  *compression' deps build
ok "it says how much that is" says 'depend on: 3 MB' deps build

start_over
deps build >/dev/null
installs | tr ' ' '\n' >has
: >trace
deps build >said
ok "with everything there nothing is installed" no installs
ok "and nothing is said" test ! -s said

start_over
deps build >/dev/null
installs | tr ' ' '\n' | grep -vx python3 >has
: >trace
deps build >/dev/null
ok "only what is missing is installed" traced ' install python3$'

start_over
ok "test servers are installed" deps test
ok "and their start is forbidden meanwhile" traced '^policy 101'
for daemon in dovecot proftpd nginx ssh smbd ceph-mon; do
	ok "and not at their next start either: $daemon" \
		traced "deb-systemd-helper disable $daemon.service"
	ok "nor the old way" traced "update-rc.d $daemon disable"
done
ok "what the helper does not know does not start either" \
	test ! -h "${unit%/*}/ceph-mon.service"
ok "nothing of the host's is removed for them" traced no-remove
ok "no policy is left behind" test ! -e "$policy"

start_over
printf '#!/bin/sh\nexit 104\n' >"$policy"
chmod 750 "$policy"
before=$(stat -c '%i %a %y' "$policy")
ok "a host's own policy is moved aside" deps test
ok "ours is asked meanwhile" traced '^policy 101'
ok "and its own comes back: the same file" \
	test "$before" = "$(stat -c '%i %a %y' "$policy")"

start_over
ln -s /nowhere "$policy"
deps test >/dev/null 2>&1
ok "a policy that is a dangling link comes back" \
	test "$(readlink "$policy")" = /nowhere

start_over
printf 'own\n' >"$policy"
touch fail
exits 1 "apt-get fails: so do we" deps test
ok "after trying with new package lists" traced 'apt-get .*update'
ok "and the policy is back all the same" grep -q own "$policy"
rm fail

for signal in INT TERM HUP; do
	start_over
	printf 'own\n' >"$policy"
	impostor apt-get <<-'END'
		case "$*" in *' install '*) ;; *) exit 0 ;; esac
		case "$*" in *--print-uris*) exit 0 ;; esac
		kill -$SIGNAL $PPID
	END
	export SIGNAL=$signal
	deps test >/dev/null 2>&1
	ok "interrupted by $signal the policy is back" grep -q own "$policy"
done

start_over
printf 'own\n' >"$policy"
impostor apt-get <<-'END'
	case "$*" in *--print-uris*) exit 0 ;; esac
	kill -KILL $PPID
END
deps test >/dev/null 2>&1
ok "killed, it can put nothing back" no grep -q own "$policy"
impostor apt-get </dev/null
deps test >/dev/null 2>&1
ok "but the next run does" grep -q own "$policy"

start_over
mkdir host/proc/7
echo dovecot >host/proc/7/comm
ln -s /lib/systemd/system/dovecot.service "$unit"
ln -s ../init.d/dovecot host/etc/rc2.d/S01dovecot
exits 1 "where a mail server runs it refuses" deps test
ok "and says why" says 'dovecot is running' deps test
ok "and how to insist" says 'FORCE=1' deps test
ok "and has installed nothing" no installs
ok "a build is no danger there" deps build
export FORCE=1
ok "FORCE=1 insists" deps test
ok "the start of daemons is forbidden then too" traced '^policy 101'
ok "but the host's own server stays enabled" no traced 'disable dovecot'
unset FORCE

start_over
ln -s /lib/systemd/system/dovecot.service "$unit"
exits 1 "where one is enabled it refuses" deps test
ok "and says which" says 'dovecot is installed and starts' deps test

start_over
ln -s ../init.d/postfix host/etc/rc2.d/S01postfix
exits 1 "where one is enabled the old way it refuses" deps test

start_over
echo '  0: 00000000:0019 00000000:0000 0A 0 0 0' >host/proc/net/tcp
exits 1 "where something listens on a mail port it refuses" deps test
ok "and names the port" says 'port 25' deps test

start_over
echo '  0: 0100007F:9999 0100007F:0019 01 0 0 0' >host/proc/net/tcp
ok "talking to a mail server elsewhere is no mail service" deps test

start_over
mkdir host/proc/7
echo dovecot >host/proc/7/comm
ln -s /lib/systemd/system/dovecot.service "$unit"
printf 'dovecot-%s\n' imapd lmtpd sieve managesieved ldap pgsql >has
ok "with the mail server there already, the rest is installed" deps test
ok "the start of daemons is forbidden then too" traced '^policy 101'
ok "but the host's own server stays enabled" no traced 'disable dovecot'
ok "and the others are not" traced 'disable nginx'

start_over
mkdir host/proc/7
echo dovecot >host/proc/7/comm
FORCE=1 deps test >/dev/null
installs | tr ' ' '\n' | grep -vx npm >has
: >trace
ok "with all servers there already, the rest is installed" deps test
ok "without touching the policy" no traced '^policy'
ok "and none is disabled" no traced disable

start_over
ln -s /lib/ssh.service host/etc/systemd/system/multi-user.target.wants/
ln -s ../init.d/ssh host/etc/rc2.d/S01ssh
echo openssh-server >has
ok "where only sshd is the host's own" deps test
ok "nothing is said of it" test ! -s err
ok "it stays enabled" no traced 'disable ssh'
ok "and the others are not" traced 'disable nginx'

start_over
impostor id <<-'END'
	echo 1000
END
impostor sudo <<-'END'
	exec "$@"
END
ok "an ordinary user goes through sudo" deps test
ok "which was asked" traced '^sudo sh .*deps --as-root some gcc'
ok "and the packages are installed" installs

start_over
impostor id <<-'END'
	echo 1000
END
mkdir bin
for tool in sh rm cat awk sed grep cut tr sort; do
	ln -s "$(command -v $tool)" "bin/$tool"
done
PATH="$work/fake:$work/bin"
ok "without sudo it says what root should run" \
	says 'apt-get install -y .*gcc' deps build
exits 1 "and fails" deps build
rm fake/apt-get
ok "without apt-get it names the packages" says 'DEPS=no' deps build
PATH=$path

done_testing
