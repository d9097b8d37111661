#!/bin/sh
# Dovecot's other kinds of Maildir: folders as plain directories, names in UTF-8,
# compressed messages.  What the server showed, it shows again after everything
# was lost and restored.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot bk-init bk-backup bk-restore
need_corpus
new_repository repo

# round NAME MAIL_LOCATION [COMPRESSION]
round() {
	root=$work/$1
	store="maildir:$root/mail/%d/%n/Maildir"
	dovecot "$root" new "$2" "${3:-}"
	dovecot "$root" adduser ann@a.test bob@a.test info@b.test
	dovecot "$root" start
	ok "$1: mail" world fill "$root/env" "$corpus" \
		ann@a.test bob@a.test info@b.test
	view "$root" >before
	files list "$root/mail" >files.before
	ok "$1: a full set" bk-backup "$store" --full
	quiet
	dovecot "$root" stop
	find "$root/mail" -mindepth 1 -delete
	ok "$1: a restore" bk-restore latest --store "$store" --to "$store"
	files list "$root/mail" >files.after
	ok "$1: every file is what it was" diff files.before files.after
	dovecot "$root" start
	view "$root" >after
	ok "$1: the server shows the same" compare before after
	dovecot "$root" stop
}

round fs 'maildir:~/Maildir:LAYOUT=fs'
round utf8 'maildir:~/Maildir:UTF-8'
round gz 'maildir:~/Maildir' gz
round zstd 'maildir:~/Maildir' zstd
round fs-utf8 'maildir:~/Maildir:LAYOUT=fs:UTF-8'

done_testing
