#!/bin/sh
# What goes along with the mail, and what cannot: each thing is in the report
# and in the administrator's mail, as moved, not possible or skipped, also when
# a later pass had nothing to say of it.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/e2e.sh
. "$top/tests/lib/e2e.sh"
# shellcheck source=tests/lib/moves.sh
. "$top/tests/lib/moves.sh"
needs bk-move dovecot openssl python3
cd "$work" || exit 1
export BK_STATE_DIR="$work/state"
ann=ann@a.test

"$top/tests/servers/pki" "$work/pki"
dovecot "$work/a" full "$work/pki"
dovecot "$work/a" user $ann 'userdb_quota_rule=*:storage=100M'
dovecot "$work/a" adduser bob@a.test carla@a.test dora@a.test
dovecot "$work/b" full "$work/pki"
dovecot "$work/b" adduser $ann bob@a.test carla@a.test dora@a.test
# The new server knows no rights and no annotations.
cat >b/local.conf <<-'CONF'
imap_metadata = no
imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ UIDPLUS MULTIAPPEND CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE NAMESPACE ESEARCH QUOTA MOVE UNSELECT
CONF
dovecot a start
dovecot b start
for server in a b; do
	section $server "$(port_of $server)"
done
echo "sieve = sieve://127.0.0.1:$(sed -n 's/^SIEVE=//p' a/env)" >sieve.a
sed -i "/server a/r sieve.a" "$BK_CONFIG"
cat >sendmail <<'SCRIPT'
#!/bin/sh
cat >"$(dirname "$0")/mail"
SCRIPT
chmod +x sendmail
cat >>"$BK_CONFIG" <<-CONF
[notify]
mail = admin@a.test
via = sendmail:$work/sendmail
from = bk@mx1.test
CONF
# shellcheck source=tests/lib/notices.sh
. "$top/tests/lib/notices.sh"

long=$(printf 'k%.0s' $(seq 200))
letter() {
	does a "$1" "APPEND $2 $(message '' "$3")"
}
letter $ann INBOX one
does a $ann 'CREATE Team' 'SUBSCRIBE Team' 'SUBSCRIBE INBOX' \
	'SETACL Team bob@a.test lrs' 'SETACL Team carla@a.test lr' \
	'SETMETADATA Team (/shared/comment "of the team")' 'CREATE Trash'
printf 'keep;\r\n' | "$top/tests/lib/sieve_client.py" \
	"$(sed -n 's/^SIEVE=//p' a/env)" $ann pw put main
printf 'carla@a.test -\n' >identities
# Folders that two servers make in one second have the same UIDVALIDITY.
sleep 1

move() {
	bk-move --from a --to b "$@"
}

# report WORD...: of it a table, and an object a row.
report() {
	bk-move report --from a --to b "$@" | tr -s ' ' >table
	bk-move report --from a --to b --json "$@" >rows
}

# row WHAT BECAME NUMBER [FOLDER] [WHY]: the report has such a row.
row() {
	python3 - "$@" <<'PYTHON'
import json, sys
what, became, number, folder, why = (sys.argv[1:] + ["", ""])[:5]
rows = [json.loads(line) for line in open("rows")]
def fits(row):
    return (row.get("what") == what and row["became"] == became and
            row["number"] == int(number) and
            (row.get("folder") or "") == folder and
            why in (row.get("why") or ""))
if not any(fits(row) for row in rows):
    for row in rows:
        print("#", row)
    sys.exit(1)
PYTHON
}

# ---- after the first pass ------------------------------------------------------

exits 0 "a move" move --account $ann --identities identities --map Trash=
report
ok "subscriptions are counted" row subscriptions moved 2
ok "rights that the server does not know" row rights 'not possible here' 1 \
	Team 'rights of user=bob@a.test: the server has none'
ok "... and those that the identities leave out" row rights skipped 1 Team \
	'carla@a.test: left out, as the identities say'
ok "annotations" row annotations 'not possible here' 1 Team \
	'/shared/comment: the server has none'
ok "the quota, with its numbers" row quota 'not possible here' 1 '' \
	'102400 KiB at the source, 20971520 KiB at the destination'
ok "a Sieve script that has nowhere to go" row 'Sieve scripts' \
	'not possible here' 1 '' 'nobody said where the destination has any'
ok "new UIDs, once for all folders" row UIDs 'not possible here' 2 '' \
	'the server gives out its own'
ok "a folder that is left out" row folders skipped 1 Trash 'as --map says'
ok "the table has the same" grep -q \
	'^ann@a.test quota not possible here 1 .*102400 KiB' table

opened
reads '^WHAT COULD NOT BE CARRIED OVER$'
reads '^  ann@a.test: quota: not possible here: 102400 KiB at the source'
reads '^  ann@a.test: Sieve scripts: not possible here: nobody said where'
reads '^  ann@a.test: Team: rights: not possible here: rights of user=bob@a.test: '
reads '^  ann@a.test: Team: rights: skipped: rights of .*carla@a.test: left out, as the'
reads '^  ann@a.test: Team: annotations: not possible here: '
reads '^  ann@a.test: UIDs: not possible here: the server gives out its own$'
reads '^  ann@a.test: Trash: folders: skipped: as --map says$'
reads '^ann@a.test: complete | .*1 copied.* | [1-9][0-9]* B in '
reads '^CARRIED ann@a.test subscriptions moved 2$'
reads '^CARRIED ann@a.test Sieve scripts not possible here 1$'

# ---- after others ----------------------------------------------------------------

letter $ann INBOX two
exits 0 "a pass with something new" move --account $ann --map Trash=
report
ok "what it did not touch is still there" row quota 'not possible here' 1 '' \
	'102400 KiB at the source'
ok "... once" [ "$(grep -c '"quota"' rows)" -eq 1 ]
ok "... and of each folder" row rights 'not possible here' 1 Team \
	'rights of user=bob@a.test: turned down by an earlier pass'
ok "... UIDs too" row UIDs 'not possible here' 2 '' 'gives out its own'
opened
reads '^  ann@a.test: quota: not possible here: 102400 KiB at the source'
exits 0 "a pass with nothing new" move --account $ann --map Trash=
report
ok "... forgets nothing" row subscriptions moved 2
sed -i "/server b/a sieve = sieve://127.0.0.1:$(sed -n 's/^SIEVE=//p' b/env)" \
	"$BK_CONFIG"
exits 0 "where scripts go is said" move --account $ann
report
ok "... and they went" row 'Sieve scripts' moved 1
exits 1 "... and nothing is left of it" grep 'nobody said' rows
ok "a folder is no longer left out" sh -c '! grep -q as.--map rows'
opened
exits 1 "... does not tell of it" grep -e 'Sieve scripts: not' -e Trash read

# ---- a keyword that is refused -----------------------------------------------------

inbox=$work/old/a.test/bob/Maildir
mkdir -p "$inbox/cur" "$inbox/new" "$inbox/tmp"
printf '0 %s\n1 short\n' "$long" >"$inbox/dovecot-keywords"
for n in 1 2; do
	printf 'Subject: %s\n\n%s\n' $n $n >"$inbox/cur/100$n.M1P1.mx:2,Sab"
done
refused() {
	bk-move --from "maildir:$work/old/%d/%n/Maildir" --to b \
		--account bob@a.test "$@"
}
exits 3 "keywords that the server turns down" refused
opened
reads "^  bob@a.test: INBOX: flags (2): not possible here: keyword $long: .*Keyword length too long"
exits 0 "the next pass has nothing to do" refused
opened
reads "^  bob@a.test: INBOX: flags (2): not possible here: keyword $long: "
bk-move report --from "maildir:$work/old/%d/%n/Maildir" --to b --json >rows
ok "... and the report still has them" row flags 'not possible here' 2 INBOX \
	"keyword $long"

# ---- many --------------------------------------------------------------------------

for n in $(seq 30); do
	does a carla@a.test "CREATE F$n" "SETACL F$n bob@a.test lrs"
done >/dev/null
exits 0 "an account with much that cannot be" move --account carla@a.test
opened
ok "... has some of it" [ "$(grep -c '^  carla@a.test: F' read)" -eq 20 ]
reads "^  carla@a.test: and 10 more: bk move report --from a --to b --account carla@a.test\$"
report --account carla@a.test
ok "... and the report has all" [ "$(grep -c '"rights"' rows)" -eq 30 ]
letter dora@a.test INBOX one
sleep 1
exits 0 "two accounts" move --account $ann --account dora@a.test --full
opened
reads '^  2 accounts: UIDs: not possible here: the server gives out its own$'

dovecot a stop
dovecot b stop
done_testing
