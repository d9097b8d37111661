# TAP for mails to an administrator, read in his mailbox.
# shellcheck shell=sh disable=SC2154 # `inbox` is the test's
#
#	inbox=$work/a/mail/a.test/admin/Maildir
#	. "$top/tests/lib/notices.sh"	after e2e.sh and front.sh

# reads REGEX: somebody who opens it does.
reads() {
	ok "... it says: $1" grep -q "$1" read
}

opened() {
	ok "... which is whole" "${top:?}/tests/lib/read_notice.py" mail Subject \
		From To Auto-Submitted References
	cp out read
}

# mailed REGEX: a mail with that subject, behind "[bk] ".
mailed() {
	ok "a mail is delivered" delivered "$inbox"
	opened
	reads "^Subject: \[bk\] $1\$"
}
