#!/bin/sh
# Would the comparison of two views over IMAP notice a restore that is wrong?
# A copy by `cp -a` is the restore that is right; then each thing that can be
# lost is lost in turn, and must be named.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot
need_corpus

one=ann@a.test
dovecot "$work/a" new
# shellcheck disable=SC2046 # one word an account
dovecot "$work/a" adduser $(world accounts)
dovecot "$work/a" start
ok "a server is filled with real mail" world fill "$work/a/env" "$corpus"
view "$work/a" >before
ok "twenty accounts show a thousand messages and more" \
	awk '/"kind": "message"/ { n++ } END { exit n < 1000 }' before
view "$work/a" >again
ok "looking changes nothing" cmp before again
dovecot "$work/a" stop

# A second server, for ann alone: restores are shown by it.
dovecot "$work/b" new
dovecot "$work/b" adduser $one
ann=$work/b/mail/a.test/ann/Maildir

# restored WHAT NAME EXPECTED...: copies ann's mail, breaks it by WHAT and
# compares; EXPECTED are what must be said, line by line.
restored() {
	what=$1
	name=$2
	shift 2
	rm -rf "$work/b/mail/a.test"
	mkdir -p "$work/b/mail/a.test"
	cp -a "$work/a/mail/a.test/ann" "$work/b/mail/a.test/ann"
	(cd "$ann" && $what) || echo "# could not break: $name"
	dovecot "$work/b" start
	view "$work/b" >after
	dovecot "$work/b" stop
	if [ $# -eq 0 ]; then
		ok "$name" compare --account $one before after
		return
	fi
	exits 1 "$name: it differs" compare --account $one before after
	cp out said
	for line; do
		ok "... and it is named: $line" grep -xE "$one $line" said
	done
}

# Without its index a server reads everything from the files again.
forget_index() {
	find . -name 'dovecot*index*' -exec rm -f {} +
}

# file_of UID [FOLDER]: the path of a message.
file_of() {
	base=$(sed -n "s/^$1 .*:\(.*\)/\1/p" "${2:-.}/dovecot-uidlist")
	echo "${2:-.}"/cur/"$base"*
}

# The first UID of the INBOX whose message has flag F, ...
flagged=$(cd "$work/a/mail/a.test/ann/Maildir" &&
	for f in cur/*:2,F*; do
		base=${f#cur/}
		grep -F ":${base%:2,*}" dovecot-uidlist
	done | sed -n '1s/ .*//p')

nothing() {
	:
}
restored nothing "a copy of all files is the same"

lost_flag() {
	f=$(file_of "$flagged")
	mv "$f" "${f%%:2,*}:2,"
}
restored lost_flag "a flag lost" \
	"INBOX: uid $flagged: flags .*Flagged.* became \[\]"

last=$(sed -n '$s/ .*//p' "$work/a/mail/a.test/ann/Maildir/dovecot-uidlist")
changed_uid() {
	sed -i "1s/N[0-9]*/N$((last + 2))/; \$s/^$last /$((last + 1)) /" \
		dovecot-uidlist
	forget_index
}
restored changed_uid "a UID changed" "INBOX: uid $last is gone" \
	"INBOX: uid $((last + 1)) is new"

changed_date() {
	touch -d @1000000000 "$(file_of "$flagged")"
	forget_index
}
restored changed_date "a date changed" \
	"INBOX: uid $flagged: date [0-9]* became 1000000000"

lost_subscription() {
	sed -i '/^R&-D$/d' subscriptions
}
restored lost_subscription "a subscription lost" 'R&D: subscribed true became false'

extra_subscription() {
	echo Nowhere >>subscriptions
}
restored extra_subscription "a subscription too many" \
	"Nowhere: the subscription is new"

changed_byte() {
	printf X | dd bs=1 seek=30 conv=notrunc status=none of="$(file_of "$flagged")"
	touch -r dovecot-uidlist.date "$(file_of "$flagged")"
}
keep_date() {
	touch -r "$(file_of "$flagged")" dovecot-uidlist.date
	changed_byte
}
restored keep_date "a byte changed" \
	"INBOX: uid $flagged: sha256 \"[0-9a-f]*\" became \"[0-9a-f]*\""

swapped() {
	awk -F: '
		NR > 1 { name[NR] = $2; head[NR] = $1; next }
		{ print }
		END {
			name[1] = name[2]; name[2] = name[3]; name[3] = name[1]
			for (i = 2; i <= NR; i++)
				print head[i] ":" name[i]
		}' dovecot-uidlist >uidlist
	mv uidlist dovecot-uidlist
	forget_index
}
restored swapped "UIDs of two messages swapped" "INBOX: uid [0-9]*: sha256 .*"

lost_message() {
	rm "$(file_of "$flagged")"
}
restored lost_message "a message lost" "INBOX: uid $flagged is gone"

doubled_message() {
	cp -a "$(file_of "$flagged")" cur/1.double.x:2,
}
restored doubled_message "a message doubled" "INBOX: uid [0-9]* is new"

renamed_keyword() {
	sed -i 's/ work$/ play/' dovecot-keywords
	forget_index
}
restored renamed_keyword "a keyword renamed" \
	'INBOX: uid [0-9]*: flags .*"work".* became .*"play".*'

new_uidvalidity() {
	sed -i '1s/V[0-9]*/V77/' dovecot-uidlist
	forget_index
}
restored new_uidvalidity "UIDVALIDITY changed" "INBOX: uidvalidity [0-9]* became 77"

lower_uidnext() {
	sed -i '1s/N\([0-9]*\)/N1/' dovecot-uidlist
	rm "$(file_of "$(sed -n '$s/ .*//p' dovecot-uidlist)")"
	sed -i '$d' dovecot-uidlist
	forget_index
}
restored lower_uidnext "UIDNEXT went back" "INBOX: uidnext [0-9]* became [0-9]*"

restored forget_index "HIGHESTMODSEQ went back" \
	"INBOX: highestmodseq [0-9]* became [0-9]*"

lost_rights() {
	find . -name dovecot-acl -exec rm {} +
	rm -f dovecot-acl-list
}
restored lost_rights "rights lost" ".*: acl .* became .*"

lost_folder() {
	rm -r '.R&-D'
}
restored lost_folder "a folder lost" 'R&D: the folder is gone'

lost_empty_folder() {
	mkdir -p .New.Folder/cur .New.Folder/new .New.Folder/tmp
}
restored lost_empty_folder "a folder too many" "New/Folder: the folder is new"

exits 1 "an account that is not there is no success" \
	compare --account nobody@a.test before after
ok "a folder compares by content with another of the same mail" \
	compare --content --account $one --folder INBOX=INBOX before before
exits 1 "... and not with one of other mail" \
	compare --content --account $one --folder INBOX=Sent before before

done_testing
