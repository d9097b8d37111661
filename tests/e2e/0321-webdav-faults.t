#!/bin/sh
# WebDAV through a network that cuts, resets, stalls and falsifies: what is said
# to be done is done, and nothing half has a name.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/targets.sh
. "$top/tests/lib/targets.sh"
unset BK_ACT_PIN BK_ACT_CERT BK_ACT_KEY BK_ACT_TIMEOUT BK_ACT_CLEARTEXT

size=3000000

act() {
	timeout 60 "$BK_BUILD/drivers/act_webdav" "$@"
}

# holds NAME COMMAND...: a test without output of its own.
holds() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@"; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		sed 's/^/# /' out after
	fi
}

# Done, or lost; not hung, and no other kind.
told_well() {
	case $acted in
	0) ! grep -vE '(^[a-z/0-9.]+ [0-9]+|: done)$' out ;;
	1) grep -qE '^(open|put|get|list): LOST ' out &&
		! grep -qE '^[a-z]*: [A-KM-Z]' out ;;
	*) false ;;
	esac
}

# What was put is there in full, or not at all; and in full if it was said.
is_whole() {
	act "$url" get "$1" $size >after 2>&1 && return 0
	grep -q '^get: GONE ' after && ! grep -q '^put: done' out
}

# In time: two seconds without a byte are enough.
in_time() {
	[ $(($(date +%s) - began)) -le 8 ]
}

# breaks WHAT N TIMES: a put, a get and a listing through it.
breaks() {
	fault "$server" "$@"
	n=$((n + 1))
	began=$(date +%s)
	act "$far" put "data/$n" $size >out 2>&1
	acted=$?
	fault "$server" none
	holds "$server, put: $*" told_well
	holds '... in time' in_time
	holds '... whole, or not there' is_whole "data/$n"
	fault "$server" "$@"
	began=$(date +%s)
	act "$far" open get data/whole $size , list '' >out 2>&1
	acted=$?
	fault "$server" none
	holds "$server, get and list: $*" told_well
	holds '... in time' in_time
}

export BK_ACT_TIMEOUT=2
n=0
need_nginx
need_apache
export BK_ACT_PASSWORD="file:$BK_TEST_PASSWORD_FILE" BK_ACT_CA="$BK_TEST_CA"
for server in nginx apache; do
	case $server in
	nginx)
		url=$BK_TEST_WEBDAV_URL
		up='0 300 1000 2000 3000 50000 2900000 3003000'
		down='300 2500 4000 100000 2999000'
		;;
	apache)
		url=$BK_TEST_WEBDAV2_DIGEST_URL
		up='1000 1500 2500 3500 100000'
		down='2500 3500 1000000'
		;;
	esac
	need_faultproxy $server
	far=$(through_proxy "$url")
	ok "$server: nothing goes wrong" act "$far" put data/whole $size , \
		get data/whole $size
	for bytes in $up; do
		breaks cut "$bytes"
		breaks reset "$bytes"
		breaks flip "$bytes"
	done
	for bytes in $down; do
		breaks down-cut "$bytes"
		breaks down-reset "$bytes"
		breaks down-flip "$bytes"
	done
	for bytes in 0 2500 100000; do
		breaks stall "$bytes"
		breaks down-stall "$bytes"
	done
	# The first connection alone: the next in the same act does it.
	breaks cut 1500 1
	breaks reset 100000 1
	act "$url" open list '' >after 2>&1
	holds 'no part is shown' sh -c '! grep part after'
done

done_testing
