#!/bin/sh
# A mistake in the configuration ends every tool with status 2, file, line and
# a hint, before anything is touched.

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib/e2e.sh"
needs bk-key
unset BK_PASSWORD_FILE

# refuses MESSAGE: bk-key list with bk.conf, which is on stdin, ends so.
refuses() {
	cat >bk.conf
	exits 2 "bk.conf: $1" bk-key list -c bk.conf
	says "bk-key: bk.conf$1"
}

refuses ":14: unknown key 'pasword' in [repo main]; did you mean 'password'?" <<-'CONF'
	# what is backed up
	[store mail]
	type = maildir
	path = /var/vmail/%d/%n/Maildir

	[job nightly]
	store = mail
	exclude = spam-*@*
	  test-*@*
	full = sat 22:00

	[repo main]
	path = /var/lib/bk/main
	pasword = file:/etc/bk/main.pass
CONF
refuses ":2: trees: '/' is all of this host; name folders" <<-'CONF'
	[store mail]
	trees = /etc/dovecot /
CONF
refuses ":1: unknown section [rope main]; did you mean [repo main]?" <<-'CONF'
	[rope main]
CONF
refuses ":1: unknown section [frobnicator]; see bk.conf(5)" <<-'CONF'
	[frobnicator]
CONF
refuses ":1: [repo] needs a name, as in [repo main]" <<-'CONF'
	[repo]
	path = /x
CONF
refuses ":1: a key before the first [section]: path" <<-'CONF'
	path = /x
CONF
refuses ":2: expected 'key = value'" <<-'CONF'
	[repo main]
	path /x
CONF
refuses ":3: given twice in this section: path" <<-'CONF'
	[repo main]
	path = /x
	path = /y
CONF
refuses ":3: [repo main] is there already, at bk.conf:1" <<-'CONF'
	[repo main]
	path = /x
	[repo main]
CONF
refuses ":3: a line that begins with a blank goes on with the value before it; begin it at the left" <<-'CONF'
	[repo main]
	path = /x
	  password = prompt
CONF
refuses ":2: the line is longer than 198 bytes; go on in the next line, beginning with a blank" <<-CONF
	[repo main]
	path = /$(printf '%0250d' 0)
CONF
refuses ":2: path: 'main' does not begin with '/'" <<-'CONF'
	[repo main]
	path = main
CONF
refuses ":2: full: 'sut' in 'sut 22:00' is not understood; write times as sat 22:00 or mon-sat 06:30 12:30" <<-'CONF'
	[job nightly]
	full = sut 22:00
CONF
refuses ":2: max-shrink: '30' is not a percentage; write it as 30% or 0.1%" <<-'CONF'
	[job nightly]
	max-shrink = 30
CONF
refuses ":2: keep: '3' is not a rule of what to keep; write 30d, last:10, hourly:24, daily:14, weekly:8, monthly:12, yearly:5 or all" <<-'CONF'
	[job nightly]
	keep = 3 days
CONF
refuses ":4: store: there is no [store mial]; did you mean 'mail'?" <<-'CONF'
	[store mail]
	type = maildir
	[job nightly]
	store = mial
CONF
refuses ":2: type: unknown 'maildri'; did you mean 'maildir'?" <<-'CONF'
	[store mail]
	type = maildri
CONF

# ---- a secret is not repeated --------------------------------------------------

refuses ":2: password: say where the password is, not the password itself: file:PATH, command:COMMAND, env:NAME, credential:NAME, fd:N, keyblock:PATH or prompt" <<-'CONF'
	[repo main]
	password = hunter2
CONF
refuses ":2: url: a URL with a password in it is refused; write password = file:PATH beside it" <<-'CONF'
	[target nas]
	url = ftpes://bk:hunter2@nas/bk
CONF

# ---- which file ----------------------------------------------------------------

exits 2 "a file that was named must be there" bk-key list -c none.conf
says "bk-key: none.conf: No such file or directory"
printf '[repo main]\npath = %s/none\npassword = prompt\n' "$work" >good.conf
export BK_CONFIG="$work/bk.conf"
exits 2 "BK_CONFIG is read" bk-key list
exits 10 "-c beats it" bk-key list -c good.conf
exits 10 "so does the repository on the command line beat the file's" \
	bk-key list -c /dev/null -r "$work/none" --password-from prompt
chmod 666 good.conf
exits 2 "a file that everybody may write to" bk-key list -c good.conf
says "bk-key: good.conf: everybody may write to it; run: chmod o-w good.conf"
chmod 644 good.conf
unset BK_CONFIG

# ---- what options lack ---------------------------------------------------------

exits 2 "no repository was named" bk-key list -c /dev/null
says "bk-key: which repo? name it by -r REPO; there is none in /dev/null"
exits 2 "a slip in its name" bk-key list -c good.conf -r mian
says "bk-key: no repository 'mian'; did you mean 'main'? (a folder here: ./mian)"
exits 2 "two places for a password" env BK_PASSWORD_FILE=/x BK_PASSWORD_FD=3 \
	bk-key list -c good.conf
says "bk-key: two of BK_PASSWORD_FILE, _COMMAND and _FD are set"
exits 2 "no password and nobody to ask" bk-key list -c good.conf --no-input
says "bk-key: no password for $work/none: use --password-from, BK_PASSWORD_FILE, or password = in its section"
exits 2 "a number of threads" env BK_JOBS=many bk-key list -c good.conf
says "bk-key: BK_JOBS: 'many' is not a number"
exits 2 "with --json the last line says it too" bk-key list -c bk.conf --json
cp out got
ok "... as an object" grep -qE \
	'^\{"v":1,"t":"[^"]*","run":"[^"]*","type":"exit","status":2,"class":"misuse","text":"bk.conf:2: url: .*"\}$' \
	got
ok "nothing was made" test ! -e none -a ! -e state -a ! -e cache

# ---- completion from the file ----------------------------------------------------

ok "repositories are completed from the file" \
	bk-key --complete list -c good.conf -r ma
cp out got
ok "... by name" grep -qx main got
for name in nas offsite cloud; do
	printf '[target %s]\nurl = file:///t/%s\n' $name $name
done >spread.conf
completes() {
	ok "$1 is completed" bk-key --complete list -c spread.conf "$1"
	sed '/^:/d' out >got
	shift
	printf '%s\n' "$@" >want
	ok "... by $*" cmp want got
}
completes --repo=spread: spread:2+1:
completes --repo=spread:2+1: spread:2+1:nas spread:2+1:offsite spread:2+1:cloud
completes --repo=spread:2+1:nas,offsite,cl spread:2+1:nas,offsite,cloud
ok "a broken file completes nothing and says nothing" \
	bk-key --complete list -c bk.conf -r ma
cp err got
ok "... at all" test ! -s got

done_testing
