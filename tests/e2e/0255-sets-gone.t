#!/bin/sh
# Sets that are gone are a finding, never "interrupted runs left them"; what
# interrupted runs did leave is none.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-init bk-backup bk-check

store="maildir:$work/mail/%d/%n/Maildir"
python3 -B "$top/demo/mail.py" mail
new_repository repo
exits 5 "a repository without a set" bk-check
says 'bk-check: no set is here: nothing can be restored'
ok "... is not called whole" test ! -s out
ok "a full set" bk-backup "$store" --full
ok "a differential" bk-backup "$store" --differential
mv repo whole

# again: the repository as it was.
again() {
	rm -rf repo
	cp -a whole repo
}

for gone in 'repo/sets/*' repo/sets; do
	again
	# shellcheck disable=SC2086
	rm -r $gone
	exits 13 "$gone is gone" bk-check --read-data -q
	says_like '.*set [0-9T]+ \([0-9a-f]+\) is not here; this host completed it.*'
	exits 13 "... found by a host that remembers nothing, too" \
		env BK_STATE_DIR="$work/other" bk-check --read-data -q
	says_like '.*no set is here, but [0-9]+ files .* sets/ has lost its files.*'
done

again
newest=$(find repo/sets -name '*.bks' | sort | tail -n 1)
rm "$newest"
exits 13 "the newest set is gone" bk-check -q
says_like '.*set [0-9T]+ \([0-9a-f]+\) is not here; this host completed it.*'
exits 13 "... found by a host that remembers nothing, too" \
	env BK_STATE_DIR="$work/other" bk-check -q
says_like '.*set [0-9T]+ \([0-9a-f]+\) has its files here, and no root.*'

# One row says what depends on a set that is gone.
again
full=$(find repo/sets -name '*.bks' | sort | head -n 1)
rm "$full"
exits 13 "the full set is gone" bk-check -q
says_like '.*set [0-9T]+ \([0-9a-f]+\) is not here; needed by: [0-9T]+-d \([0-9a-f]+\).*'
ok "... told once" test "$(grep -c "is not here" err)" -eq 1

# A root that belongs elsewhere.
again
new_repository elsewhere
ok "a set of another repository" bk-backup "$store" --full
cp elsewhere/sets/*.bks repo/sets/
export BK_REPO=repo
exits 13 "a root of another repository" bk-check -q
says_like '.*belongs to another repository.*run: rm .*'

rm -rf copy
cp -a whole copy
ok "another copy is judged by what is in it" bk-check -r copy \
	--password-from "file:$work/password"

rm -r repo/data repo/sets
exits 13 "everything is gone but the keys" bk-check -q
rm -rf repo repo.key bk.conf
new_repository repo
exits 5 "a new repository in the same place is another one" bk-check -q
ok "... for a backup too" bk-backup "$store" --full
ok "... nothing of the old one is missed" sh -c '! grep "no longer in" err'

# The root of a first run does not come: its intent says so.
rm -rf repo repo.key bk.conf
new_repository repo
ok "a full set" bk-backup "$store" --full
id=$(basename repo/sets/*.bks .bks)
rm -r repo/sets state
mkdir -p repo/open
echo >"repo/open/$id.00000000.bko"
bk-check >said 2>&1
ok "a first run that was interrupted is explained" sh -c \
	"grep 'no harm' said && ! grep 'has lost' said"

done_testing
