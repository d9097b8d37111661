#!/bin/sh
# Do the lints find what they are for?  Each is run in a small tree that has
# one fault.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/tap.sh"

start_over() {
	rm -rf tree
	mkdir -p tree/tests tree/libbk/base tree/libbk/repo tree/cmd tree/man
	cp -r "$top/tests/lint" tree/tests/lint
	cp "$top/.clang-format" tree/
	printf 'base:\nrepo: base\ncmd: base\n' >tree/libbk/ROOMS
	printf '/* "strcpy(" is a text, rand() a remark. */\n' >tree/libbk/base/a.c
}

# finds LINT WHAT: it fails, and says this.
finds() {
	"tree/tests/lint/$1" >said 2>&1 && return 1
	grep -q -- "$2" said || { cat said && return 1; }
}

has() {
	command -v "$1" >out
}

for lint in format:clang-format length:awk manual:mandoc rooms:awk \
	shell:shellcheck tools:sh words:perl; do
	has "${lint#*:}" || continue
	lint=${lint%:*}
	start_over
	ok "$lint: nothing is wrong with a good tree" "tree/tests/lint/$lint"
done

start_over
echo '#include "repo/pack.h"' >tree/libbk/base/a.c
ok "rooms: an include that goes up" \
	finds rooms 'libbk/base/a.c:1: base may not include repo'
echo '#include "a.h"' >tree/libbk/base/a.c
ok "rooms: an include without a room" finds rooms 'name the room of "a.h"'
start_over
mkdir tree/libbk/attic
: >tree/libbk/attic/b.c
echo >tree/libbk/attic/b.c
ok "rooms: a room that ROOMS does not know" finds rooms 'knows no room attic'
start_over
cp tree/libbk/base/a.c tree/libbk/repo/a.c
ok "rooms: two files of one name" finds rooms 'named like libbk/base/a.c'

while read -r code complaint; do
	start_over
	printf 'void f(void)\n{\n\t%s\n}\n' "$(echo "$code" | tr _ ' ')" \
		>tree/libbk/base/a.c
	ok "words: $code" finds words "libbk/base/a.c:3: .*$complaint"
done <<'END'
strcpy(a,_b); strcpy
x_=_atoi(a); atoi
(void)rename(a,_b); only.in.libbk/base/file.c
return_memcmp(key,_other,_32); bk_bytes_equal
/*_TODO_*/ TODO
END
echo 'x->rand(1); p.system(2); my_system(3);' >tree/libbk/base/a.c
ok "words: members and longer names are no calls of these" \
	tree/tests/lint/words

start_over
yes '/* */' | head -n 501 >tree/libbk/base/a.c
ok "length: a file of 501 lines" finds length 'a.c: more than 500 lines'
start_over
echo 'int main(void);' >tree/cmd/bk-list.c
: >tree/README.md
ok "tools: no manual page" finds tools 'no man/bk-list.1'
echo '.Sh NAME' >tree/man/bk-list.1
ok "tools: a page without statuses" finds tools 'no section EXIT STATUS'
ok "tools: no word in the README" finds tools 'no word in README.md'

# Those that ask a program of their own, where it is installed.
start_over
echo 'int  x ;' >tree/libbk/base/a.c
! has clang-format || ok "format: another layout" \
	finds format 'clang-format -i libbk/base/a.c'
# shellcheck disable=SC2016 # the fault that is looked for
printf '#!/bin/sh\necho $x\n' >tree/run
! has shellcheck || ok "shell: an unquoted word" finds shell SC2086
printf '.Dd today\n' >tree/man/bk.1
! has mandoc || ok "manual: a page that is none" finds manual 'bk.1'

done_testing
