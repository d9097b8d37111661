#!/bin/sh
# Do manual pages and completions say what the tools know?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/tap.sh"

# The part of a page that its tool prints.
options() {
	sed -n '/^\.Sh OPTIONS/,/^\.Sh /{/^\.Sh /!p}' "$1"
}

same_options() {
	"$1" --print-man >printed
	options printed >theirs
	options "$top/man/$1.1" >written
	[ -s theirs ] && diff theirs written
}

parses() {
	"$2" "--print-completion=$1" >completion
	command -v "$1" >where || return 0 # a shell that is not here
	case $1 in
	fish) fish --no-execute completion ;;
	*) "$1" -n completion ;;
	esac
}

for path in "$BK_BUILD"/bin/bk*; do
	tool=${path##*/}
	ok "$tool: the OPTIONS of its page are its own" same_options "$tool"
	for shell in bash zsh fish; do
		ok "$tool: its completion is $shell" parses "$shell" "$tool"
	done
	ok "$tool: --help succeeds" "$tool" --help
	ok "$tool: --version succeeds" "$tool" --version
	exits 2 "$tool: an unknown option is wrong use" "$tool" --no-such-option
done

done_testing
