#!/bin/sh
# A host that lacks what a run needs: a folder for temporary files, descriptors,
# a clock, a place for the report.  None of it is the mail's fault, and no mail
# may be left out because of it.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-list bk-restore bk-check faketime
need_corpus

store="maildir:$work/mail/%d/%n/Maildir"
back="maildir:$work/back/%d/%n/Maildir"
"$top/tests/lib/make_maildir.py" plain "$work/mail" "$corpus" 30
ann=mail/a.test/ann/Maildir
{
	printf 'Subject: large\n\n'
	head -c 6000000 /dev/zero | tr '\0' x
} >"$ann/cur/1.large.x:2,S"
new_repository repo

no_set() {
	bk-list --json >list
	! grep -q '"type":"set"' list
}

few() {
	# shellcheck disable=SC3045 # the shells that we meet have it
	(ulimit -n "$1" && shift && exec "$@")
}

# ---- no folder for what does not fit in memory ---------------------------------

for dir in /nonexist /etc/passwd; do
	TMPDIR=$dir exits 1 "spooling to $dir" bk-backup "$store" --full
	says_like "bk-backup: spool in $dir: .*; set TMPDIR to a folder with room"
	ok "... makes no set" no_set
done

# ---- too few descriptors -------------------------------------------------------

for n in 5 6 7 8 9 10 11 12; do
	few $n bk-backup "$store" --full >out 2>err
	status=$?
	cp err few.err
	[ $status -ne 0 ] || break
	ok "with $n descriptors there is no set" no_set
	ok "... but status 1" [ $status -eq 1 ]
	ok "... and the cause" grep -q \
		'^bk-backup: .*Too many open files; raise ulimit -n$' few.err
done

# ---- a clock that lies ----------------------------------------------------------

at() {
	faketime "$@"
}

exits 1 "a clock before 1970" at '1969-12-31 23:00:00' bk-backup "$store" --full
says_like "bk-backup: this host.s clock says 1969-12-31T23:00:[0-9]*Z; set it, then run it again"
ok "... makes no set" no_set
ok "a full set" bk-backup "$store" --full
quiet
ok "a clock that went back" at '2011-02-03 04:05:06' bk-backup "$store" --full
says_like ".*this host's clock says 2011-02-03T04:05:0.Z, but the newest set of the store is of 20.*: is the clock right[?]"
ok "... and latest is the one that was made last" bk-list latest

ok "a host that lacks nothing" bk-backup "$store" --full
ok "... and a restore" bk-restore latest --to "$back"
touch -d 2001-01-01 back/a.test/ann/Maildir/cur/1.large.x*
TMPDIR=/nonexist exits 1 "what is there cannot be compared" \
	bk-restore latest --to "$back" --merge
says_like "bk-restore: .*spool in /nonexist: .*; set TMPDIR to a folder with room"

# ---- nowhere to write the report ------------------------------------------------

for options in "" "--json" "-q"; do
	sets=$(find repo/sets -type f | wc -l)
	# shellcheck disable=SC2016 # expanded by that shell
	exits 0 "a full disk behind the report ${options:-alone}" sh -c \
		'bk-backup "$0" --full $1 >/dev/full' "$store" "$options"
	[ "$options" = -q ] || says_like "bk-backup: set [0-9T]*-f was committed, but the results could not be written: No space left on device"
	ok "... and the set is there" \
		[ "$(find repo/sets -type f | wc -l)" -eq $((sets + 1)) ]
done
# shellcheck disable=SC2016 # expanded by that shell
exits 0 "a closed stdout" sh -c 'bk-backup "$0" --full >&-' "$store"
says_like "bk-backup: set [0-9T]*-f was committed, but the results could not be written.*"

# ---- a umask that takes everything ----------------------------------------------

# Root may read what has no mode at all, so that the modes are looked at.
(umask 777 && BK_PASSWORD_FILE=$work/password bk-init -r "$work/new/repo") \
	>out 2>err
ok "with a umask of 777" [ -e new/repo/bkrepo ]
ok "... folders are ours" [ -z "$(find new -type d ! -perm 700)" ]
ok "... and so are files" [ -z "$(find new -type f ! -perm 600)" ]

# ---- what is no file --------------------------------------------------------------

# spoilt NAME HOW...: bk-check of a repository whose file NAME became something
# else.
spoilt() {
	file=$1
	shift
	rm -rf odd && cp -a repo odd && rm "odd/$file"
	"$@" "odd/$file"
	timeout 60 bk-check -r "$work/odd" \
		--password-from "keyblock:$work/repo.key"
}
for file in $(cd repo && find bkrepo sets data -type f | awk -F. '!seen[$2]++')
do
	exits 13 "a FIFO in place of $file" spoilt "$file" mkfifo
	exits 13 "a folder in place of $file" spoilt "$file" mkdir
done

done_testing
