#!/bin/sh
# Accounts with many folders: four times the folders cost four times the work,
# not sixteen times.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check

# folders N: an account of so many, each with a message, a UID and a GUID.
folders() {
	/usr/bin/python3 - "$work/mail$1/a.t/ann/Maildir" "$1" <<-'PY'
	import os, sys
	root, n = sys.argv[1], int(sys.argv[2])
	def make(path):
	    for part in ("cur", "new", "tmp"):
	        os.makedirs(os.path.join(path, part))
	make(root)
	names = [f".f{i:05d}" for i in range(n)]
	with open(os.path.join(root, "subscriptions"), "w") as file:
	    file.writelines(name[1:] + "\n" for name in names)
	for i, name in enumerate(names):
	    path = os.path.join(root, name)
	    make(path)
	    with open(f"{path}/cur/1{i}.M1P1.h:2,S", "w") as file:
	        file.write(f"Subject: {i}\n\nx\n")
	    with open(f"{path}/dovecot-uidlist", "w") as file:
	        file.write(f"3 V1{i} N2 G{i + 1:032x}\n1 :1{i}.M1P1.h\n")
	PY
}

# costs COMMAND...: its CPU time, in hundredths of a second, in $cost.
costs() {
	/usr/bin/python3 - "$@" >cost <<-'PY'
	import resource, subprocess, sys
	rc = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	print(int(100 * (used.ru_utime + used.ru_stime)) if rc == 0 else -1)
	PY
	cost=$(cat cost)
	echo "# $cost: $*"
	[ "$cost" -ge 0 ]
}

# grows SMALL LARGE: up to eight times, and something for the start.
grows() {
	[ "$2" -le $(($1 * 8 + 50)) ]
}

for n in 400 1600; do
	folders $n
	new_repository repo$n
	store="maildir:$work/mail$n/%d/%n/Maildir"
	ok "a set of $n folders" bk-backup "$store"
	ok "... and one in which nothing changed" costs bk-backup "$store"
	eval "unchanged_$n=$cost"
	ok "... restored" costs bk-restore latest \
		--to "maildir:$work/back$n/%d/%n/Maildir"
	eval "restored_$n=$cost"
	cat mail$n/a.t/ann/Maildir/.*/dovecot-uidlist | grep -o 'G[0-9a-f]*' \
		>guids
	cat back$n/a.t/ann/Maildir/.*/dovecot-uidlist | grep -o 'G[0-9a-f]*' \
		>guids.back
	ok "... each with its GUID" cmp guids guids.back
done
# shellcheck disable=SC2154 # set above
ok "an unchanged run takes no square of it" \
	grows "$unchanged_400" "$unchanged_1600"
# shellcheck disable=SC2154
ok "nor does a restore" grows "$restored_400" "$restored_1600"

done_testing
