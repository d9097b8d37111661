#!/bin/sh
# What bk-backup writes, read by a second reader that knows only bk-format(5): is
# it all there, as it lay in the Maildirs?

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-key bk-backup
reader=$top/tests/reader
"$reader/bkread.py" --help >/dev/null 2>err || skip "$(tail -n 1 err)"

anna=mail/alder.example/anna/Maildir
ben=mail/alder.example/ben/Maildir
clara=mail/quay.example/clara/Maildir
python3 -B "$top/demo/mail.py" mail
new_repository repo

# reads VERB...: as somebody who has the key block.
reads() {
	"$reader/bkread.py" repo --key-file repo.key "$@"
}

listing() {
	reads list --hash "$set" >listed && "$reader/expect.py" narrow <listed >found &&
		"$reader/expect.py" list mail >wanted && diff wanted found
}

extraction() {
	rm -rf extracted
	reads extract "$set" extracted && "$reader/expect.py" files mail extracted
}

newest() {
	set=$(reads sets | tail -n 1)
	kind=${set#* }
	kind=${kind%% *}
	set=${set%% *}
	[ "$kind" = "$1" ]
}

# made KIND: a set of this kind is the newest, and holds what the Maildirs hold.
made() {
	ok "a set is made: $1" bk-backup "--$1" "maildir:$work/mail/%d/%n/Maildir"
	ok "$1: it is there for the reader" newest "$1"
	ok "$1: everything that the page demands holds" reads verify "$set"
	ok "$1: accounts, folders and messages are those of the Maildirs" listing
	ok "$1: so is every byte, and every date" extraction
}

# some DIR FLAGS: the first message there with these flags.
some() {
	find "$1" -maxdepth 1 -name "*:2,$2" | sort | head -n 1
}

made full

# A message comes, one gets a flag, one loses all, one a keyword, one goes, one is
# moved; a folder comes, one goes, one is renamed.
printf 'From: a@b.example\r\n\r\nNew.\r\nOdd\n' >$ben/new/1760000000.M1P1.mx1
f=$(some $anna/cur S) && mv "$f" "${f%S}FS"
f=$(some $anna/cur RS) && mv "$f" "${f%RS}"
# shellcheck disable=SC2016 # a keyword begins with $
echo '5 $Later' >>$ben/dovecot-keywords
f=$(some $ben/cur S) && mv "$f" "${f%S}Sf"
rm "$(some $clara/cur RS)"
mv "$(some $anna/cur S)" $anna/.Trash/cur
mkdir -p $ben/".New.&AOk-t&AOk-"/cur $ben/".New.&AOk-t&AOk-"/new $ben/".New.&AOk-t&AOk-"/tmp
cp -p "$(some $clara/cur S)" $ben/".New.&AOk-t&AOk-"/cur
rm -r "$anna/.Archive.2024"
mv $clara/.Sent $clara/.Gone
made differential

# Numbers begin anew in one folder; an account comes; a long message comes.
sed -i '1s/V[0-9]*/V1770000000/' $clara/dovecot-uidlist
cp -a mail/quay.example/deniz mail/quay.example/emre
{
	printf 'Subject: long\nContent-Transfer-Encoding: base64\n\n'
	head -c 3000000 /dev/urandom | base64 -w 72
} >$anna/new/1760000001.M2P1.mx1
made incremental
rm $anna/new/1760000001.M2P1.mx1
f=$(some $anna/cur FS) && mv "$f" "${f%FS}FST"
rm -r mail/quay.example/emre
made incremental
made differential

ok "earlier sets are read as well as before" reads verify "$(reads sets |
	sed -n '2s/ .*//p')"

done_testing
