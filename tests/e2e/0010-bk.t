#!/bin/sh
# bk is a door: it finds the tools, says what there is, and completes.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk

# has FILE TEXT: the file that the last ok or exits left has this very line.
has() {
	tests=$((tests + 1))
	if grep -qxF -e "$2" "$work/$1"; then
		printf 'ok %d - it prints: %s\n' $tests "$2"
	else
		printf 'not ok %d - it should print: %s\n' $tests "$2"
		sed 's/^/# /' "$work/$1"
	fi
}

# prints_words WORD...: its stdout is these words, one a line.
prints_words() {
	printf '%s\n' "$@" >want
	cp out got
	ok "... with the words as they are" cmp got want
}

# Tools beside bk are found before those in PATH.
mkdir here there
cp "$(command -v bk)" here/bk
cat >here/bk-echo <<-'SH'
	#!/bin/sh
	printf '%s\n' "${0##*/}" "$@"
SH
sed 's/printf/echo there; &/' here/bk-echo >there/bk-echo
sed 's/echo there/exit 7/' there/bk-echo >there/bk-far
chmod +x here/bk-echo there/bk-*
PATH=$work/there:$PATH

# ---- tools by name -------------------------------------------------------------

ok "bk alone lists the tools" here/bk
has out "  list      shows sets, and the accounts, folders and messages in them"
ok "bk help does too" here/bk help
has out "usage: bk TOOL [ARGUMENT...]"
ok "a tool beside bk gets the words as they are" here/bk echo -r "a  b" --json ""
prints_words bk-echo -r "a  b" --json ""
ok "bk help TOOL asks the tool" here/bk help echo
has out "--help"
exits 7 "a tool in PATH keeps its status" here/bk far
exits 2 "a tool that is not there" here/bk frobnicate
says "bk: there is no tool 'frobnicate'; bk alone lists them"
exits 2 "a slip of the finger" here/bk lsit
says "bk: there is no tool 'lsit'; did you mean 'list'?"
exits 2 "a path is no tool" here/bk ../there/bk-far
says "bk: there is no tool '../there/bk-far'; bk alone lists them"
exits 2 "an empty name" here/bk ""

# ---- options of bk itself ------------------------------------------------------

ok "--help" here/bk --help
has out "bk is a backup toolkit for mail servers."
ok "--version" here/bk --version
exits 2 "an unknown option" here/bk --verson
says "bk: unknown option '--verson'; did you mean '--version'?"
exits 2 "an unknown letter" here/bk -x
says "bk: unknown option '-x'; see --help"
exits 2 "a control character in a message is shown, not sent" \
	here/bk "$(printf 'a\033[31mb\nc')"
has err "bk: there is no tool 'a\\x1b[31mb\\nc'; bk alone lists them"

# ---- a full disk behind the results ---------------------------------------------

if [ -e /dev/full ]; then
	tests=$((tests + 1))
	here/bk --help >/dev/full 2>err
	[ $? -eq 15 ] && echo "ok $tests - results that cannot be written" ||
		echo "not ok $tests - results that cannot be written"
	says "bk: the results could not be written: No space left on device"
fi

tests=$((tests + 1))
here/bk --help >&- 2>err
[ $? -eq 1 ] && echo "ok $tests - results that nobody takes" ||
	echo "not ok $tests - results that nobody takes"

# ---- completion ----------------------------------------------------------------

ok "tools are completed" here/bk --complete ""
has out "$(printf 'check\tproves that a repository is whole')"
ok "the rest is asked of the tool" here/bk --complete echo -r "a b" ""
prints_words bk-echo --complete -r "a b" ""
for shell in bash zsh fish; do
	ok "a script for $shell" here/bk --print-completion=$shell
	command -v $shell >/dev/null || continue
	cp out bk.$shell
	ok "... which it understands" $shell -n bk.$shell
done
cat >here/bk-comp <<-'SH'
	#!/bin/sh
	printf 'ann@a.test\t2 sets\nbob@a.test\n'
	case $2 in ''|an*|--x=an*) ;; *) echo :files ;; esac
SH
chmod +x here/bk-comp

# completes SHELL TYPED WORD...: what the shell would put in place of the end.
completes() {
	shell=$1
	typed=$2
	shift 2
	command -v "$shell" >/dev/null || return
	case $shell in
	bash) cat >try <<-'SH' ;;
		source ./bk.bash
		COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
		COMP_LINE=$1 COMP_POINT=${#1}
		_bk_complete 2>/dev/null
		printf '%s\n' "${COMPREPLY[@]}"
	SH
	fish) cat >try <<-'SH' ;;
		source ./bk.fish
		complete -C "$argv[1]"
	SH
	esac
	printf '%s\n' "$@" >want
	PATH=$work/here:$PATH "$shell" try "$typed" >got 2>err
	ok "$shell completes '$typed'" cmp got want
}

: >"$work/bk-file"
completes bash "bk comp an" ann@a.test
completes bash "bk comp ann@a" a.test
completes bash "bk comp --x=an" ann@a.test
completes bash "bk comp bk-f" bk-file
completes bash "bk comp --x=bk-f" bk-file
completes bash "bk lis" list
tab=$(printf '\t')
completes fish "bk comp an" "ann@a.test${tab}2 sets"
completes fish "bk comp --x=an" "--x=ann@a.test${tab}2 sets"
completes fish "bk comp bk-f" bk-file
completes fish "bk comp --x=bk-f" --x=bk-file
exits 2 "no script for another shell" here/bk --print-completion=ksh
says "bk: 'ksh' is none of bash|zsh|fish"

done_testing
