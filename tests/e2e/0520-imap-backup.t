#!/bin/sh
# Accounts on mail servers as what is backed up, and where it is brought back to:
# one server, another of its kind, one of another kind; a Maildir in between.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs dovecot openssl bk-init bk-backup bk-list bk-restore bk-check bk-move
need_cyrus

"$top/tests/servers/pki" "$work/pki"
ca=$work/pki/ca.crt
ann=ann@a.test
a=$work/a
b=$work/b
c=$work/c
for server in "$a" "$b"; do
	dovecot "$server" full "$work/pki" maildir:~/Maildir:LAYOUT=fs
	dovecot "$server" adduser $ann bob@a.test carla@a.test dora@a.test
	dovecot "$server" start
done
cyrus "$c" new "$work/pki"
cyrus "$c" start
cyrus "$c" adduser $ann

port_of() {
	sed -n "s/^$2=//p" "$1/env"
}

same() {
	"$top/tests/lib/same_mail.py" "$@" >said
}

ann_a=$(login "$a" $ann)
(umask 077 && echo pw >pw && echo masterpw >masterpw && echo secret >password)
new_repository repo
from=imaps://ann%40a.test@127.0.0.1:$(port_of "$a" IMAPS)
cat >>bk.conf <<CONF
[server source]
url = $from
ca = $ca
password = file:$work/pw

[server starttls]
url = imap://127.0.0.1:$(port_of "$a" IMAP)
ca = $ca
login = master:master
password = file:$work/masterpw

[server another]
url = imaps://127.0.0.1:$(port_of "$b" IMAPS)
ca = $ca
login = proxy:master
password = file:$work/masterpw

[server cyrus]
url = imaps://ann%40a.test@127.0.0.1:$(port_of "$c" IMAPS)
ca = $ca
password = file:$work/pw

[server wrong]
url = imaps://ann%40a.test@localhost:$(port_of "$a" IMAPS)
ca = $ca
password = file:$work/masterpw

[store ann]
type = imap
server = source
CONF

ok "an account" "$top/tests/lib/imap_world.py" ordinary "$ann_a" --messages 60
ok "a full set of an account on a server" bk-backup ann --full
cp out said
ok "... of 60 messages" grep -q '60 messages: 60 new' said
ok "the set is sound" bk-check --read-data=100%
ok "a second one finds nothing new" bk-backup ann --incremental
cp out said
ok "... and reads no message" grep -q ': 0 new, 60 kept, 0 flags' said
exits 16 "a wrong password" bk-backup wrong --full

"$top/tests/lib/imap_client.py" "$a/env" $ann 'SELECT INBOX' \
	'UID STORE 1:3 +FLAGS.SILENT (\Flagged)' >/dev/null
"$top/tests/lib/imap_world.py" ordinary "$(login "$a" carla@a.test)" \
	--messages 20 --seed 9

ok "a differential" bk-backup ann --differential
cp out said
ok "... has the flags that were set since" grep -q ': 0 new, 57 kept, 3 flags' said

# ---- to other servers --------------------------------------------------------

ok "to another server" bk-restore latest --to another
ok "... where it is as it was" same "$ann_a" "$(login "$b" $ann)"
sed "s,^,# ," said
ok "... once more" bk-restore latest --to another
ok "... brings nothing twice" same "$ann_a" "$(login "$b" $ann)"
ok "as somebody else" bk-restore latest --to another --as bob@a.test
ok "... likewise" same --identity $ann=bob@a.test "$ann_a" "$(login "$b" bob@a.test)"
ok "to a server of another kind" bk-restore latest --to cyrus
ok "... where it is as it was" same --munged --without special-use,acl \
	"$ann_a" "$(login "$c" $ann)"
sed "s,^,# ," said

ok "a move takes the same stores" bk-move verify --from ann --to another \
	--account $ann

# ---- from and to a Maildir ----------------------------------------------------

ok "from a server into a Maildir" bk-restore latest --as %n@here.test \
	--to "maildir:$work/mail/%d/%n/Maildir"
ok "a set of that" bk-backup "maildir:$work/mail/%d/%n/Maildir" --full
ok "... into a server" bk-restore latest --as carla@a.test --to another \
	--store "maildir:$work/mail/%d/%n/Maildir"
ok "... where it is as it was" same --without special-use,acl,metadata \
	"$ann_a" "$(login "$b" carla@a.test)"
sed "s,^,# ," said

# ---- rights that a server does not tell --------------------------------------

cat >>bk.conf <<CONF
[server dora]
url = imaps://dora%40a.test@127.0.0.1:$(port_of "$a" IMAPS)
ca = $ca
password = file:$work/pw

[store dora]
type = imap
server = dora
CONF
# restored: what restore makes of the newest set.
restored() {
	rm -rf "$work/told"
	bk-restore latest --store dora --to "maildir:$work/told" &&
		grep -r 'user=bob@a.test' "$work/told"
}
ok "mail" "$top/tests/lib/imap_world.py" ordinary "$(login "$a" dora@a.test)" \
	--messages 5
ok "a folder that is shared" "$top/tests/lib/imap_client.py" "$a/env" \
	dora@a.test 'CREATE Work' 'SETACL Work bob@a.test lrs'
ok "a full set" bk-backup dora --full
ok "... has who it is shared with" restored
acl=$(find "$a/mail" -path '*dora*Work*' -name dovecot-acl)
cp "$acl" acl
echo 'owner lrwstipekx' >>"$acl"
exits 3 "a full set while nobody is told" bk-backup dora --full
cp err said
ok "... which says so" grep -q 'Work  *the server does not tell its rights' said
ok "... and keeps them" restored
cat acl >"$acl"
touch -d '+5 seconds' "$acl"
ok "a full set when they are told again" bk-backup dora --full
done_testing
