#!/bin/sh
# A route that is a file, for tests of what changes routes: a program for
# [route] type = command.
#
#	route_file.sh FILE ACT ACCOUNT ...	see bk.conf(5)
#
# FILE.ACCOUNT holds source, held, destination or what else there is; FILE.log
# gets a line for each act.  What fails is in FILE.fails: an ACT a line; an act
# that is there as ACT-done fails after it was done.  Who began an act that is in
# FILE.kills or FILE.terms is killed there, or asked to stop.  FILE.at-ACT is a
# script that is run there, once.
set -eu
file=$1 act=$2 at=$1.$3
shift 3

# meets ACT: is it to go wrong here?
meets() {
	if [ -e "$file.at-$1" ]; then
		mv "$file.at-$1" "$file.did"
		sh "$file.did" >"$file.said" 2>&1
	fi
	if [ -e "$file.kills" ] && grep -qx "$1" "$file.kills"; then
		rm "$file.kills"
		kill -s KILL "$PPID"
		exit 1
	fi
	if [ -e "$file.terms" ] && grep -qx "$1" "$file.terms"; then
		rm "$file.terms"
		kill -s TERM "$PPID"
	fi
	if [ -e "$file.fails" ] && grep -qx "$1" "$file.fails"; then
		echo "somebody says no to $1" >&2
		exit 1
	fi
}

put() {
	echo "$1" >"$at.new"
	mv "$at.new" "$at"
}

meets "$act"
[ "$act" = look ] || echo "$act" >>"$file.log"
case $act in
look)
	[ -e "$at" ] || echo source >"$at"
	cat "$at" "$at"
	;;
hold) put held ;;
point) put "$1" ;;
back) put "$1" ;;
esac
meets "$act-done"
[ "$act" != kick ] || exit 3
