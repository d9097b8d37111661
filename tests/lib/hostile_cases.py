"""How tests/lib/hostile_imap.py can misbehave: SCENARIOS, by name.

A scenario is a function that is called instead of what is ordinary at one point
of a session (see Session.bend in fake_imap.py), or a line of data that makes
one.  Its first line of documentation says what it does; its verdict, what the
client has to make of it.
"""

import itertools
import re
import time

from fake_imap import command_of, quoted, set_of

SCENARIOS = {}
BLOCK = b"0123456789abcde\n" * 4096
GIB = 1 << 30
MANY = 100_000  # folders; whoever makes them needs less


class Forgotten(Exception):
    """What was announced will not come; what comes next is a command."""


class Scenario:
    def __init__(self, name, point, side, verdict, act, options):
        self.name = name
        self.points = point.split()
        self.side = side
        self.verdict = verdict
        self.act = act
        self.says = " ".join(act.__doc__.split())
        self.more = options.get("more", "").split()
        self.without = options.get("without", "").split()


def at(point, side, verdict, name=None, **options):
    """A function that is called instead of what is ordinary at that point: a
    verb, "connect", "literal" (one is announced) or "half" (of one has come).
    more= and without= are capabilities."""
    def keep(act):
        key = (name or act.__name__).replace("_", "-")
        assert key not in SCENARIOS, key
        SCENARIOS[key] = Scenario(key, point, side, verdict, act, options)
        return act
    return keep


def answering(point, side, verdict, name, text, says, **options):
    """A scenario that consists of a tagged answer."""
    def act(s, command):
        s.done(command, text)
    act.__doc__ = says
    at(point, side, verdict, name, **options)(act)


def saying(point, side, verdict, name, text, says, **options):
    """One that says something out of place and goes on in good order."""
    def act(s, *args):
        s.line(text)
        s.ordinarily(*args)
    act.__doc__ = says
    at(point, side, verdict, name, **options)(act)


def replacing(point, side, verdict, name, pattern, text, says, **options):
    """One that changes the untagged answers of SELECT, LIST or FETCH."""
    old = re.compile(pattern, re.DOTALL)

    def act(s, command):
        for line in s.lines_of(command):
            s.line(old.sub(text, line, count=1))
        s.done(command)
    act.__doc__ = says
    at(point, side, verdict, name, **options)(act)


def bye(s, text="* BYE the server goes to bed"):
    s.line(text)
    s.leave()


def for_ever(s, raw):
    while True:
        s.send(raw)


def silence(s):
    """Until the client has had enough."""
    while True:
        s.more()
        s.buffer = b""


# ---- greeting ----------------------------------------------------------------

@at("connect", "both", "lost")
def greeting_bye(s):
    """BYE instead of a greeting"""
    bye(s, "* BYE too many connections")


@at("connect", "both", "lost")
def greeting_never(s):
    """no greeting ever comes"""
    silence(s)


@at("connect", "both", "lost")
def greeting_closed(s):
    """closes before it greets"""
    s.leave()


@at("connect", "both", "corrupt")
def greeting_http(s):
    """it is a web server"""
    s.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    s.leave()


@at("connect", "both", "corrupt")
def greeting_endless(s):
    """a greeting whose line never ends"""
    s.send("* OK ")
    for_ever(s, b"x" * 65536)


@at("connect", "both", "lost")
def greeting_drips(s):
    """a greeting of one byte a second, which never ends"""
    for byte in itertools.cycle(b"* OK hello "):
        s.send(bytes([byte]))
        s.wait()


@at("connect", "both", "corrupt")
def greeting_nul(s):
    """a greeting with NUL bytes in it"""
    s.line("* OK \0\0\0 hello")
    silence(s)


@at("connect", "both", "insecure")
def preauth(s):
    """PREAUTH: nobody asked who we are, and TLS cannot begin any more"""
    s.logged_in = True
    s.line("* PREAUTH [CAPABILITY ", s.capability(), "] welcome, somebody")


saying("connect", "both", "ignored", "greeting-alert",
       "* OK [ALERT] \x1b]0;owned\x07\x1b[31mlook here",
       "an alert with bytes that control a terminal, before the greeting")

# ---- TLS ---------------------------------------------------------------------


@at("connect capability", "both", "insecure")
def starttls_stripped(s, *_command):
    """somebody took STARTTLS out of the capabilities"""
    s.pki = None
    s.ordinarily(*_command)


answering("starttls", "both", "insecure", "starttls-refused",
          "NO not today", "STARTTLS is announced and refused")
answering("starttls", "both", "insecure", "starttls-bad",
          "BAD unknown command", "STARTTLS is announced and not known")


@at("starttls", "both", "insecure")
def starttls_injected(s, command):
    """answers in clear text right behind the OK, to be taken for encrypted"""
    s.send(command.tag, " OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
           "* PREAUTH you are logged in\r\n")
    s.start_tls()


@at("starttls", "both", "insecure")
def starttls_closed(s, command):
    """closes instead of the handshake"""
    s.done(command, "OK begin")
    s.leave()


@at("starttls", "both", "insecure")
def starttls_half(s, command):
    """closes in the middle of the handshake"""
    s.done(command, "OK begin")
    s.more()
    s.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"r" * 30)
    s.leave()


@at("starttls", "both", "insecure")
def starttls_stalls(s, command):
    """the handshake never goes on"""
    s.done(command, "OK begin")
    silence(s)


@at("starttls", "both", "insecure")
def starttls_clear(s, command):
    """goes on in clear text, as if nothing had been asked"""
    s.done(command, "OK begin")
    s.more()
    s.line("* OK no need for that")
    silence(s)


@at("starttls", "both", "ignored")
def starttls_capabilities(s, command):
    """what it can do is another thing before and after: MULTIAPPEND is gone"""
    s.ordinary(command)
    s.capabilities.remove("MULTIAPPEND")


# ---- login -------------------------------------------------------------------

LOGIN = "login authenticate"
for code, verdict in {"AUTHENTICATIONFAILED": "refused", "EXPIRED": "refused",
                      "AUTHORIZATIONFAILED": "refused",
                      "CONTACTADMIN": "refused", "PRIVACYREQUIRED": "refused",
                      "UNAVAILABLE": "busy", "INUSE": "busy", "LIMIT": "busy",
                      "THROTTLED": "busy"}.items():
    answering(LOGIN, "both", verdict, f"login-{code.lower()}",
              f"NO [{code}] not like that",
              f"the login is answered NO [{code}]")
answering(LOGIN, "both", "refused", "login-bad", "BAD what is that?",
          "the login is answered BAD")


@at("capability connect", "both", "refused")
def login_disabled(s, *args):
    """LOGINDISABLED and no AUTH: there is no way to log in"""
    if args:
        s.line("* CAPABILITY IMAP4rev1 LOGINDISABLED")
        s.done(args[0])
    else:
        s.line("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello")


@at(LOGIN, "both", "lost")
def login_bye(s, _command):
    """BYE instead of an answer to the login"""
    bye(s)


@at(LOGIN, "both", "lost")
def login_never(s, _command):
    """the login is never answered"""
    silence(s)


@at(LOGIN, "both", "lost")
def bye_after_login(s, command):
    """BYE right after the login"""
    s.ordinary(command)
    bye(s)


@at(LOGIN, "both", "lost")
def login_unknown_tag(s, _command):
    """OK for a tag that nobody sent, and nothing for the one that was"""
    s.line("ZZ99 OK welcome")
    silence(s)


@at(LOGIN, "both", "corrupt")
def login_challenges(s, _command):
    """one challenge after the other, for ever"""
    for_ever(s, b"+ Z28gb24=\r\n")


@at(LOGIN, "both", "ignored")
def login_capabilities(s, command):
    """after the login it can do less than before: no LITERAL+, no MULTIAPPEND,
    no CONDSTORE"""
    for name in "LITERAL+", "MULTIAPPEND", "CONDSTORE", "QRESYNC":
        s.capabilities.remove(name)
    s.ordinary(command)


@at("capability", "both", "ignored")
def capability_nonsense(s, command):
    """capabilities that are none: too long, with odd bytes, twice"""
    s.line("* CAPABILITY ", s.capability(), " X=\x01\x7f ", "Y" * 5000, " = ",
           s.capability())
    s.done(command)


@at("capability", "both", "ignored")
def capability_none(s, command):
    """CAPABILITY is answered by OK and nothing else: only what every server
    can do is used"""
    s.done(command)


@at("capability", "both", "corrupt")
def capability_endless(s, _command):
    """capabilities without end"""
    s.send("* CAPABILITY")
    for_ever(s, b" X" * 32768)


answering("id", "both", "ignored", "id-bad", "BAD no ID here",
          "ID is announced and not known")
answering("enable", "both", "ignored", "enable-no", "NO not that",
          "ENABLE is refused: neither CONDSTORE nor QRESYNC")
answering("namespace", "both", "ignored", "namespace-no", "NO not that",
          "NAMESPACE is refused")
saying("namespace", "both", "ignored", "namespace-nil",
       "* NAMESPACE NIL NIL NIL", "there are no namespaces, and then there are")

# ---- what may come anywhere --------------------------------------------------


@at("list", "both", "corrupt")
def nesting(s, command):
    """parentheses, 10,000 deep"""
    s.line("* LIST ", "(" * 10000, ")" * 10000, ' "/" deep')
    s.done(command)


@at("list", "both", "corrupt")
def nesting_endless(s, _command):
    """parentheses that open for ever"""
    s.send("* LIST ")
    for_ever(s, b"(" * 65536)


@at("list", "both", "corrupt")
def unbalanced(s, command):
    """a parenthesis that never closes, and one too many"""
    s.line('* LIST (\\HasNoChildren "/" one')
    s.line('* LIST ()) "/" two')
    s.done(command)


@at("list", "both", "corrupt")
def endless_line(s, _command):
    """a line that never ends"""
    s.send('* LIST () "/" "')
    for_ever(s, b"x" * 65536)


@at("list", "both", "corrupt")
def endless_answers(s, _command):
    """untagged answers without end"""
    for_ever(s, b'* LIST () "/" Work\r\n' * 4096)


@at("list", "both", "lost")
def drip(s, command):
    """an answer of one byte a second"""
    for line in s.list_lines(command):
        for byte in line + b"\r\n":
            s.send(bytes([byte]))
            s.wait()
    s.done(command)


@at("list", "both", "ignored")
def gibibyte(s, command):
    """a gibibyte of untagged lines that mean nothing, then the answer"""
    line = b"* OK still at it" + b"." * 100 + b"\r\n"
    for _ in range(GIB // (len(line) * 500)):
        s.send(line * 500)
    s.ordinary(command)


saying("list", "both", "corrupt", "not-tagged", "hello, is this IMAP?",
       "a line that is no answer at all")
saying("list", "both", "ignored", "unknown-untagged",
       '* XFOO (1 "two" (NIL)) three', "an untagged answer that nobody knows")
saying("list", "both", "ignored", "unknown-tag", "ZZ99 OK done",
       "an answer to a tag that was never sent")
saying("list select fetch append", "both", "ignored", "plus-unasked",
       "+ go on", "a continuation request that nobody asked for")
saying("list select fetch append", "both", "ignored", "alert",
       "* OK [ALERT] \x1b[2Jthe disk \x07is nearly full",
       "an alert with bytes that control a terminal: shown, and harmless")
saying("list select fetch", "both", "ignored", "capability-changes",
       "* CAPABILITY IMAP4rev1", "it says that it can do nothing any more")
saying("list", "both", "ignored", "bad-untagged", "* BAD I did not get that",
       "an untagged BAD")
saying("list", "both", "ignored", "code-huge",
       "* OK [UIDNEXT 99999999999999999999999999] [",
       "a response code with a number beyond 2^64, and one that is none")


@at("list", "both", "corrupt")
def lone_line_feeds(s, command):
    """lines that end in LF alone"""
    for line in s.list_lines(command):
        s.send(line, "\n")
    s.send(command.tag, " OK done\n")


for verb in "list", "select", "search", "fetch", "append", "store", "create":
    for kind, ends in {"bye": "BYE instead of an answer", "closed":
                       "closes instead of an answer"}.items():
        def leaves(s, _, kind=kind):
            if kind == "bye":
                bye(s)
            s.leave()
        leaves.__doc__ = f"{verb.upper()}: {ends}"
        at(verb + (" examine" if verb == "select" else ""),
           "target" if verb in ("append", "create", "store") else "both",
           "lost", f"{verb}-{kind}")(leaves)

for verb in "list", "select", "fetch":
    def twice(s, command):
        s.ordinary(command)
        s.done(command, "NO on second thoughts")
    twice.__doc__ = f"{verb.upper()} is answered twice: OK, then NO"
    at(verb + (" examine" if verb == "select" else ""), "both", "ignored",
       f"{verb}-two-answers")(twice)

# ---- LIST --------------------------------------------------------------------


def listing(name, verdict, says, delimiter, *names):
    """Folders that are listed beside the good ones."""
    def act(s, command):
        for line in s.list_lines(command):
            s.line(line)
        for one in names:
            s.line(b"* LIST () %s %s" % (delimiter, one))
        s.done(command)
    act.__doc__ = says
    at("list", "source", verdict, name)(act)


SLASH = b'"/"'
listing("name-dotdot", "skipped", "names that lead elsewhere: ../../etc/cron.d",
        SLASH, b'"../../etc/cron.d/x"', b'"a/../../b"', b'".."', b'"."')
listing("name-absolute", "skipped", "a name that begins with the separator",
        SLASH, b'"/etc/passwd"')
listing("name-nul", "skipped", "a name with a NUL", SLASH, b"{3}\r\na\0b")
listing("name-control", "skipped", "names with control bytes and line ends",
        SLASH, b"{9}\r\na\r\nb\x1b[2Jc", b"{3}\r\na\nb")
listing("name-8bit", "skipped", "a name that is neither mUTF-7 nor UTF-8",
        SLASH, b"{4}\r\n\xff\xfe\x80x")
listing("name-mutf7", "skipped", "names in broken mUTF-7", SLASH,
        b'"&AA"', b'"&AOQ"', b'"&&&-"', b'"&2AA-"', b'"&AEE-"')
listing("name-empty", "skipped", "an empty name, and empty parts", SLASH, b'""',
        b'"a//b"')
listing("name-huge", "skipped", "a name of a mebibyte", SLASH,
        b"{1048576}\r\n" + b"n" * 1048576)
listing("name-long", "skipped", "a part of a name of 1000 bytes", SLASH,
        b'"' + b"n" * 1000 + b'"')
listing("name-deep", "skipped", "a folder at depth 5000", SLASH,
        b"{9999}\r\n" + b"/".join([b"a"] * 5000))
listing("name-nil", "corrupt", "NIL where a name must be", SLASH, b"NIL")
listing("name-list", "corrupt", "a list where a name must be", SLASH, b"(a b)")
listing("name-twice", "ignored", "folders are listed twice, and INBOX in small"
        " letters", SLASH, b'"Work"', b'"Sent"', b'"inbox"')
listing("delimiter-nil", "ignored", "a folder without a hierarchy", b"NIL",
        b'"flat"')
listing("delimiter-quote", "skipped", "a quote for a separator", b'"\\""',
        b'"a\\"b"')
listing("delimiter-backslash", "ignored", "a backslash for a separator",
        b'"\\\\"', b'"back\\\\slash"')
listing("delimiter-long", "skipped", "a separator of several bytes",
        b'"::"', b'"a::b"')
listing("delimiter-multibyte", "skipped", "a separator beyond ASCII",
        b'"\xc3\xa4"', b'"axb"')
listing("delimiter-number", "corrupt", "a number for a separator", b"42",
        b'"a42b"')


@at("list", "source", "ignored")
def list_many(s, command):
    """100,000 folders that cannot be opened"""
    s.ordinary_lines(command)
    for n in range(MANY):
        s.line(f'* LIST (\\Noselect) "/" "many/{n}"')
    s.done(command)


@at("list", "source", "ignored")
def list_attributes(s, command):
    """folders with 10,000 attributes that nobody knows"""
    many = b"(%s)" % b" ".join(b"\\X%d" % n for n in range(10_000))
    for line in s.list_lines(command):
        s.line(re.sub(rb"\(.*?\)", lambda _: many, line, count=1))
    s.done(command)


replacing("list", "source", "ignored", "list-status-missing",
          rb"^\* STATUS .*", b"* NO [SERVERBUG] not counted",
          "no STATUS comes with LIST, although it was asked for")

# ---- SELECT ------------------------------------------------------------------

SELECT = "select examine"
for code, verdict in {"NONEXISTENT": "skipped", "NOPERM": "skipped",
                      "SERVERBUG": "skipped", "CORRUPTION": "skipped",
                      "UNAVAILABLE": "busy", "INUSE": "busy"}.items():
    answering(SELECT, "source", verdict, f"select-{code.lower()}",
              f"NO [{code}] not this one", f"SELECT is answered NO [{code}]")


@at(SELECT, "source", "ignored")
def select_keeps(s, command):
    """another mailbox is refused once as unavailable, and the one of before stays
    selected"""
    if s.folder and s.folder.name != command.name() and not s.kept:
        s.kept = True
        return s.done(command, "NO [UNAVAILABLE] not now")
    return s.ordinary(command)


answering("unselect", "source", "ignored", "unselect-refused",
          "NO [CANNOT] it stays open", "UNSELECT is refused")


@at(SELECT, "both", "lost")
def bye_after_select(s, command):
    """BYE right after SELECT"""
    s.ordinary(command)
    bye(s)


for name, verdict, text, says in (
        ("exists-too-large", "ignored", b"* 4000 EXISTS",
         "EXISTS says more than there are"),
        ("exists-too-small", "ignored", b"* 1 EXISTS",
         "EXISTS says less than there are: the others come all the same"),
        ("exists-2-32", "corrupt", b"* 4294967296 EXISTS",
         "EXISTS says 2^32"),
        ("exists-2-64", "corrupt", b"* 18446744073709551617 EXISTS",
         "EXISTS says more than 2^64"),
        ("exists-negative", "corrupt", b"* -1 EXISTS", "EXISTS says -1")):
    replacing(SELECT, "source", verdict, name, rb"^\* \d+ EXISTS$", text, says)

for name, verdict, text, says in (
        ("uidvalidity-missing", "skipped", b"* OK nothing",
         "SELECT says no UIDVALIDITY"),
        ("uidvalidity-zero", "skipped", b"* OK [UIDVALIDITY 0] none",
         "UIDVALIDITY is 0"),
        ("uidvalidity-2-32", "corrupt", b"* OK [UIDVALIDITY 4294967296] big",
         "UIDVALIDITY is 2^32"),
        ("uidvalidity-text", "corrupt", b"* OK [UIDVALIDITY soon] hm",
         "UIDVALIDITY is no number")):
    replacing(SELECT, "source", verdict, name, rb"^\* OK \[UIDVALIDITY.*", text,
              says)

replacing(SELECT, "source", "ignored", "uidnext-too-small",
          rb"^\* OK \[UIDNEXT.*", b"* OK [UIDNEXT 1] next",
          "UIDNEXT is 1, and there are messages")
replacing(SELECT, "source", "corrupt", "uidnext-2-32",
          rb"^\* OK \[UIDNEXT.*", b"* OK [UIDNEXT 4294967297] next",
          "UIDNEXT is beyond 2^32")
replacing(SELECT, "both", "ignored", "modseq-missing",
          rb"^\* OK \[HIGHESTMODSEQ.*", b"* OK [NOMODSEQ] none here",
          "CONDSTORE is announced, this folder has NOMODSEQ")
replacing(SELECT, "both", "corrupt", "modseq-2-64",
          rb"^\* OK \[HIGHESTMODSEQ.*",
          b"* OK [HIGHESTMODSEQ 18446744073709551616] beyond",
          "HIGHESTMODSEQ is 2^64")


@at(SELECT, "source", "again")
def uidvalidity_changes(s, command):
    """UIDVALIDITY is another one each time that a folder is opened"""
    s.account.folders[command.name()].uidvalidity += 1
    s.ordinary(command)


@at(SELECT, "both", "ignored")
def flags_many(s, command):
    """100,000 keywords in FLAGS and PERMANENTFLAGS"""
    flags = " ".join(f"keyword{n}" for n in range(100_000))
    s.line(f"* FLAGS ({flags})")
    s.line(f"* OK [PERMANENTFLAGS ({flags})] these")
    s.ordinary(command)


@at(SELECT, "target", "skipped")
def flags_none(s, command):
    """no flag can be set for good in this folder: the messages arrive without,
    which is reported"""
    for line in s.lines_of(command):
        if b"PERMANENTFLAGS" in line:
            line = "* OK [PERMANENTFLAGS ()] none"
        s.line(line)
    s.done(command, "OK [READ-WRITE] done")


answering("select", "target", "refused", "select-refused",
          "NO [NOPERM] not you", "a folder cannot be opened")


@at("select", "target", "ignored")
def select_read_only(s, command):
    """a folder where nothing may be changed opens [READ-ONLY]"""
    for line in s.select_lines(command):
        s.line(line)
    s.done(command, "OK [READ-ONLY] done")


@at(SELECT, "source", "ignored")
def vanished_all(s, command):
    """VANISHED of 1:4294967295, and the messages are there all the same"""
    for line in s.select_lines(command):
        s.line(line)
    s.line("* VANISHED (EARLIER) 1:4294967295")
    s.done(command)


# ---- FETCH -------------------------------------------------------------------

def bodies(s, command):
    """(is it BODY[] of the second message that is asked for?, its answer)."""
    for n, (_, message, line) in enumerate(s.fetch_lines(command)):
        yield n == 1 and b"BODY[] {" in line, message, line


def in_the_body(verdict, says):
    """A scenario that begins when the body of the second message is asked for;
    the function gets what came before its literal, and its body."""
    def keep(act):
        def bent(s, command):
            for is_it, message, line in bodies(s, command):
                if is_it:
                    head = line[:line.index(b"BODY[] {")] + b"BODY[] "
                    act(s, head, message.body)
                else:
                    s.line(line)
            s.done(command)
        bent.__doc__ = says
        at("fetch", "source", verdict, act.__name__)(bent)
        return act
    return keep


@in_the_body("corrupt", "a literal of 4 GiB is announced, and nothing follows")
def literal_4g(s, head, _body):
    s.send(head, b"{4294967296}\r\n")
    silence(s)


@in_the_body("skipped", "a literal of 4 GiB less one is announced, and it comes"
             " as long as somebody listens: refused at once or after any bound")
def literal_4g_sent(s, head, _body):
    s.send(head, b"{4294967295}\r\n")
    for_ever(s, BLOCK)


@in_the_body("corrupt", "a literal of 2^64 bytes is announced")
def literal_2_64(s, head, _body):
    s.line(head, b"{18446744073709551616}")
    silence(s)


@in_the_body("corrupt", "a literal of -1 bytes is announced")
def literal_negative(s, head, body):
    s.line(head, b"{-1}\r\n", body, ")")


@in_the_body("corrupt", "a literal longer than was announced")
def literal_too_long(s, head, body):
    s.line(head, b"{%d}\r\n" % (len(body) - 20), body, ")")


@in_the_body("corrupt", "a literal shorter than was announced: what follows is"
             " taken for the rest of it")
def literal_too_short(s, head, body):
    s.line(head, b"{%d}\r\n" % (len(body) + 20), body, ")")


@in_the_body("lost", "closes in the middle of a literal")
def literal_cut(s, head, body):
    s.send(head, b"{%d}\r\n" % len(body), body[:20])
    s.leave()


@in_the_body("lost", "BYE in the middle of a literal, and closes: it is part of"
             " the message")
def literal_bye(s, head, body):
    s.send(head, b"{%d}\r\n" % (len(body) + 500), body[:20])
    bye(s)


@in_the_body("lost", "nothing more comes in the middle of a literal")
def literal_stalls(s, head, body):
    s.send(head, b"{%d}\r\n" % len(body), body[:20])
    silence(s)


@in_the_body("lost", "a literal of one byte a second")
def literal_drips(s, head, body):
    s.send(head, b"{%d}\r\n" % len(body))
    for byte in body:
        s.send(bytes([byte]))
        s.wait()
    s.line(")")


@in_the_body("ignored", "a body as a quoted string")
def body_quoted(s, head, _body):
    s.line(head, b'"Subject: quoted")')


@in_the_body("skipped", "a body that is NIL")
def body_nil(s, head, _body):
    s.line(head, b"NIL)")


@in_the_body("skipped", "a body that is empty")
def body_empty(s, head, _body):
    s.line(head, b"{0}\r\n)")


@in_the_body("corrupt", "a body that is an atom")
def body_atom(s, head, _body):
    s.line(head, b"surprise)")


@in_the_body("ignored", "a body with NUL bytes, which is what it is")
def body_nul(s, head, body):
    body = body.replace(b"Line", b"L\0ne")
    s.line(head, b"{%d}\r\n" % len(body), body, ")")


@in_the_body("corrupt", "a line that never ends behind a body")
def body_endless_tail(s, head, body):
    s.send(head, b"{%d}\r\n" % len(body), body, b' X "')
    for_ever(s, b"x" * 65536)


for name, verdict, pattern, text, says in (
        ("uid-zero", "corrupt", rb"UID \d+", b"UID 0", "UIDs that are 0"),
        ("uid-2-32", "corrupt", rb"UID \d+", b"UID 4294967296",
         "UIDs that are 2^32"),
        ("uid-text", "corrupt", rb"UID \d+", b"UID first",
         "UIDs that are no numbers"),
        ("uid-missing", "skipped", rb"UID \d+ ", b"", "FETCH without the UID"),
        ("body-missing", "skipped", rb" BODY\[\] .*", b")",
         "FETCH without the body"),
        ("number-zero", "corrupt", rb"^\* \d+", b"* 0",
         "messages with the number 0"),
        ("number-2-32", "corrupt", rb"^\* \d+", b"* 4294967296",
         "messages with the number 2^32"),
        ("number-missing", "corrupt", rb"^\* \d+ ", b"* ",
         "messages without a number"),
        ("flags-illegal", "skipped", rb"FLAGS \(",
         b'FLAGS ({3}\r\na\0b "q s" \\\\Odd a*b % "" ',
         "flags with characters that no flag can have"),
        ("flags-nil", "ignored", rb"FLAGS \(.*?\)", b"FLAGS NIL",
         "FLAGS NIL: none"),
        ("flags-of-a-message-many", "skipped", rb"FLAGS \(",
         b"FLAGS (%s " % b" ".join(b"k%d" % n for n in range(100_000)),
         "messages with 100,000 keywords"),
        ("flags-long", "skipped", rb"FLAGS \(",
         b"FLAGS (%s " % (b"k" * 100_000),
         "messages with a keyword of 100,000 bytes"),
        ("flags-missing", "skipped", rb"FLAGS \(.*?\) ", b"",
         "FETCH without the flags"),
        ("date-missing", "skipped", rb'INTERNALDATE ".*?" ?', b"",
         "FETCH without a date"),
        ("date-bad", "skipped", rb'INTERNALDATE ".*?"',
         b'INTERNALDATE "31-Feb-20021 25:61:61 +9999"',
         "a date that there never was"),
        ("date-nil", "skipped", rb'INTERNALDATE ".*?"', b"INTERNALDATE NIL",
         "a date that is NIL"),
        ("date-extreme", "ignored", rb'INTERNALDATE ".*?"',
         b'INTERNALDATE "31-Dec-9999 23:59:60 -1200"',
         "a date at the end of days, in a leap second"),
        ("size-lies", "ignored", rb"RFC822\.SIZE \d+", b"RFC822.SIZE 99999999",
         "RFC822.SIZE is not what comes"),
        ("size-2-64", "corrupt", rb"RFC822\.SIZE \d+",
         b"RFC822.SIZE 18446744073709551617", "RFC822.SIZE is beyond 2^64"),
        ("items-unknown", "ignored", rb"FETCH \(",
         b'FETCH (X-ODD (1 (2 {3}\r\n(\r\n)) "x") ', "items that nobody knows"),
        ("items-twice", "ignored", rb"FLAGS (\(.*?\))", rb"FLAGS \1 FLAGS \1",
         "items that come twice"),
        ("fetch-unbalanced", "corrupt", rb"FETCH \(", b"FETCH ((",
         "parentheses that do not close"),
        ("fetch-nesting", "corrupt", rb"FETCH \(",
         b"FETCH (X %s " % (b"(" * 10000 + b")" * 10000),
         "an item that is nested 10,000 deep"),
        ("body-twice", "skipped", rb"BODY\[\] (\{.*\)$)",
         rb'BODY[] "no" BODY[] \1', "two bodies of one message")):
    replacing("fetch", "source", verdict, name, pattern, text, says)


def reordering(name, verdict, says):
    def keep(act):
        def bent(s, command):
            for line in act([line for _, _, line in s.fetch_lines(command)]):
                s.line(line)
            s.done(command)
        bent.__doc__ = says
        at("fetch", "source", verdict, name)(bent)
        return act
    return keep


@reordering("uid-backwards", "ignored", "messages come in the wrong order: the"
            " last one first")
def backwards(lines):
    return reversed(lines)


@reordering("uid-twice", "ignored", "every message comes twice")
def doubled(lines):
    return [line for line in lines for _ in "ab"]


@reordering("uid-equal", "corrupt", "all messages have the same UID")
def equal(lines):
    return [re.sub(rb"UID \d+", b"UID 1", line) for line in lines]


@reordering("uid-descending", "corrupt", "UIDs go down while numbers go up")
def descending(lines):
    uids = [re.search(rb"UID \d+", line) for line in lines]
    return [re.sub(rb"UID \d+", other[0], line, count=1) if other else line
            for line, other in zip(lines, reversed(uids))]


@reordering("fetch-none", "lied", "FETCH is answered OK, and no message comes")
def none(_lines):
    return []


@reordering("fetch-some", "lied", "FETCH is answered OK, and one message does"
            " not come")
def some(lines):
    return lines[:1] + lines[2:]


@at("fetch", "source", "ignored")
def fetch_uninvited(s, command):
    """messages that nobody asked for, with UIDs that nobody knows"""
    body = b"Subject: uninvited\r\n\r\n"
    s.line(b"* 4000 FETCH (UID 4000 FLAGS (\\Seen))")
    s.line(b"* 4001 FETCH (UID 4001 FLAGS () BODY[] {%d}\r\n%s)"
           % (len(body), body))
    s.ordinary(command)


@at("fetch", "source", "ignored")
def flags_unasked(s, command):
    """FETCH of flags alone comes in between, as when somebody else works"""
    for number, message, line in s.fetch_lines(command):
        s.line(line)
        s.line(f"* {number} FETCH (FLAGS (\\Seen \\Answered))")
        s.line(f"* {number} FETCH (UID {message.uid} FLAGS (\\Seen))")
    s.done(command)


@at("fetch", "source", "ignored")
def uid_after_body(s, command):
    """the body comes before UID, flags and date"""
    s.bodies_first = True
    s.ordinary(command)


@at("fetch", "source", "ignored")
def exists_shrinks(s, command):
    """EXISTS gets smaller, and nobody said EXPUNGE"""
    for n, (_, _, line) in enumerate(s.fetch_lines(command)):
        s.line(line)
        if n == 1:
            s.line("* 1 EXISTS")
    s.done(command)


@at("fetch", "source", "ignored")
def exists_grows(s, command):
    """EXISTS grows while messages come"""
    for n, (_, _, line) in enumerate(s.fetch_lines(command)):
        s.line(f"* {4000 + n} EXISTS")
        s.line(line)
    s.done(command)


@at("fetch", "source", "ignored")
def expunge_in_fetch(s, command):
    """EXPUNGE in the middle of FETCH, which is forbidden: only UIDs count"""
    for n, (_, _, line) in enumerate(s.fetch_lines(command)):
        if n:
            s.line("* 1 EXPUNGE")
        s.line(line)
    s.done(command)


@at("fetch", "source", "corrupt")
def expunge_beyond(s, command):
    """EXPUNGE of numbers that there are not"""
    s.line("* 0 EXPUNGE")
    s.line("* 4294967297 EXPUNGE")
    s.ordinary(command)


@at("fetch", "source", "again")
def uidvalidity_in_fetch(s, command):
    """UIDVALIDITY becomes another one in the middle of FETCH"""
    s.folder.uidvalidity += 1
    for n, (_, _, line) in enumerate(s.fetch_lines(command)):
        if n == 1:
            s.line(f"* OK [UIDVALIDITY {s.folder.uidvalidity}] a new life")
        s.line(line)
    s.done(command)


@at("fetch", "source", "skipped")
def fetch_issued(s, command):
    """one message comes, then NO [EXPUNGEISSUED]"""
    for line in itertools.islice(s.fetch_lines(command), 1):
        s.line(line[2])
    s.done(command, "NO [EXPUNGEISSUED] some are gone")


for code, verdict in {"UNAVAILABLE": "busy", "THROTTLED": "busy",
                      "SERVERBUG": "skipped", "LIMIT": "busy"}.items():
    answering("fetch", "source", verdict, f"fetch-{code.lower()}",
              f"NO [{code}] not now", f"FETCH is answered NO [{code}]")


@at("fetch", "source", "corrupt")
def vanished_bad(s, command):
    """VANISHED of what is no set"""
    s.line("* VANISHED (EARLIER) 5:,*:x")
    s.ordinary(command)


# ---- APPEND ------------------------------------------------------------------

for code, verdict in {"TRYCREATE": "ignored", "OVERQUOTA": "full",
                      "LIMIT": "busy", "INUSE": "busy", "THROTTLED": "busy",
                      "UNAVAILABLE": "busy", "NOPERM": "refused",
                      "TOOBIG": "skipped", "CANNOT": "skipped",
                      "BADCHARSET": "skipped"}.items():
    answering("append", "target", verdict, f"append-{code.lower()}",
              f"NO [{code}] not this", f"APPEND is answered NO [{code}]")
answering("append", "target", "busy", "append-try-again",
          "NO please try again later",
          "APPEND is answered NO, and only the words say that it may pass")
answering("append", "target", "skipped", "append-bad",
          "BAD what is that?", "APPEND is answered BAD")


def is_append(segments):
    return b" APPEND " in segments[0][0].upper()


def while_appending(point, verdict, name, says, **options):
    """The function leaves or returns; then APPEND goes on in good order."""
    def keep(act):
        def bent(s, segments):
            if is_append(segments):
                act(s, segments)
            else:
                s.ordinarily(segments)
        bent.__doc__ = says
        at(point, "target", verdict, name, **options)(bent)
        return act
    return keep


SYNCHRONISING = "LITERAL+"


@while_appending("literal", "lost", "plus-never", "no `+` ever comes for a"
                 " synchronising literal", without=SYNCHRONISING)
def plus_never(s, _segments):
    silence(s)


@while_appending("literal", "lost", "plus-bye", "BYE instead of `+`",
                 without=SYNCHRONISING)
def plus_bye(s, _segments):
    bye(s)


@while_appending("literal", "skipped", "plus-no", "NO instead of `+`",
                 without=SYNCHRONISING)
def plus_no(s, segments):
    s.done(command_of(segments), "NO [TOOBIG] we do not take that")
    raise Forgotten


@while_appending("literal", "ignored", "plus-late", "untagged answers before"
                 " the `+`", without=SYNCHRONISING)
def plus_late(s, segments):
    s.line("* 5 EXISTS")
    s.line("* OK [ALERT] nearly full")
    s.invite(segments)


@while_appending("half", "lost", "append-bye-half", "BYE in the middle of the"
                 " message")
def bye_half(s, _segments):
    bye(s)


@while_appending("half", "lost", "append-closed-half", "closes in the middle of"
                 " the message")
def closed_half(s, _segments):
    s.leave()


@while_appending("half", "lost", "append-stalls-half", "reads no more in the"
                 " middle of the message")
def stalls_half(s, _segments):
    while not s.is_left():
        time.sleep(0.1)


@while_appending("half", "ignored", "append-untagged-half", "untagged answers"
                 " in the middle of the message")
def untagged_half(s, _segments):
    s.line("* 23 EXISTS")
    s.line("* OK still there?")


def codes_of(name, verdict, says, code):
    """APPEND that stores, with another APPENDUID: code(uidvalidity, uids)."""
    def act(s, command):
        folder, new = s.append(command)
        text = code(folder.uidvalidity, [m.uid for m in new])
        s.done(command, f"OK {text} done")
    act.__doc__ = says
    at("append", "target", verdict, name)(act)


codes_of("appenduid-too-many", "ignored", "APPENDUID names more UIDs than"
         " messages came: it is not believed",
         lambda v, uids: f"[APPENDUID {v} {uids[0]}:{uids[-1] + 5}]")
codes_of("appenduid-too-few", "ignored", "APPENDUID names fewer UIDs than"
         " messages came", lambda v, uids: f"[APPENDUID {v} {uids[0]}]"
         if uids[1:] else f"[APPENDUID {v}]")
codes_of("appenduid-missing", "ignored", "no APPENDUID, although UIDPLUS was"
         " announced", lambda *_: "")
codes_of("appenduid-zero", "ignored", "APPENDUID names UID 0",
         lambda v, _: f"[APPENDUID {v} 0]")
codes_of("appenduid-huge", "ignored", "APPENDUID names 1:4294967295",
         lambda v, _: f"[APPENDUID {v} 1:4294967295]")
codes_of("appenduid-backwards", "ignored", "APPENDUID names the UIDs from the"
         " last to the first",
         lambda v, uids: f"[APPENDUID {v} {set_of(reversed(uids))}]")
codes_of("appenduid-validity", "ignored", "APPENDUID has another UIDVALIDITY"
         " than SELECT", lambda v, uids: f"[APPENDUID {v + 1} {set_of(uids)}]")
codes_of("appenduid-garbage", "ignored", "APPENDUID is no APPENDUID",
         lambda *_: "[APPENDUID one (2) {3} ,,:]")


@at("append", "target", "again")
def append_unanswered(s, command):
    """what was appended is stored, and the connection closed without a word"""
    s.append(command)
    s.leave()


@at("append", "target", "lied")
def append_not_stored(s, command):
    """APPEND is answered OK, and nothing is stored"""
    folder = s.account.folders[command.name()]
    count = len(list(s.appended(command)))
    first = folder.uidnext
    folder.uidnext += count
    s.done(command, f"OK [APPENDUID {folder.uidvalidity} "
                    f"{set_of(range(first, folder.uidnext))}] done")


@at("append", "target", "lied")
def append_mangled(s, command):
    """what is stored is not what came: 8 bytes are others"""
    folder, new = s.append(command)
    for message in new:
        message.body = message.body[:-8] + b"mangled\n"
    s.done(command, f"OK [APPENDUID {folder.uidvalidity} "
                    f"{set_of(m.uid for m in new)}] done")


def refusing(name, says, is_refused, verdict="skipped"):
    """APPEND of several is all or nothing: one that is refused refuses all."""
    def act(s, command):
        if any(is_refused(*one) for one in s.appended(command)):
            s.done(command, "NO [CANNOT] not this one")
        else:
            s.ordinary(command)
    act.__doc__ = says
    at("append", "target", verdict, name)(act)


refusing("append-refuses-one", "one message is refused, whatever comes with it:"
         " the one with ` 3` in its subject",
         lambda flags, date, body: re.search(rb"(?m)^Subject: .* 3\r$", body))
refusing("append-refuses-keywords", "messages with keywords are refused: they"
         " arrive without, which is reported",
         lambda flags, date, body: any(f[0] != "\\" for f in flags))
refusing("append-refuses-flags", "messages with any flag are refused",
         lambda flags, date, body: flags)
refusing("append-refuses-dates", "messages before 1971 are refused",
         lambda flags, date, body: date.split("-")[2] < "1971")
refusing("append-refuses-all", "every message is refused",
         lambda flags, date, body: True)


@at("append", "target", "ignored")
def append_two_answers(s, command):
    """APPEND is answered twice: OK, then NO"""
    s.ordinary(command)
    s.done(command, "NO on second thoughts")


@at("append", "target", "lost")
def append_unknown_tag(s, command):
    """APPEND is stored, the OK is for a tag that nobody sent"""
    s.append(command)
    s.line("ZZ99 OK done")
    silence(s)


@at("append", "target", "lost")
def append_bye_after(s, command):
    """BYE right after the OK to APPEND"""
    s.ordinary(command)
    bye(s)


# ---- the rest ----------------------------------------------------------------

answering("create", "target", "ignored", "create-alreadyexists",
          "NO [ALREADYEXISTS] there", "CREATE says that the folder is there,"
          " and it is not: what is put there is refused")
answering("create", "target", "skipped", "create-noperm",
          "NO [NOPERM] not here", "folders cannot be made")
answering("create", "target", "full", "create-overquota",
          "NO [OVERQUOTA] enough of them", "no more folders: a quota")
answering("create", "target", "skipped", "create-not-made", "OK done",
          "CREATE is answered OK, and no folder is there")
answering("subscribe", "target", "skipped", "subscribe-no", "NO not that",
          "folders cannot be subscribed to")
answering("store", "target", "skipped", "store-no", "NO not that",
          "flags cannot be changed")
answering("expunge", "target", "refused", "expunge-no", "NO [NOPERM] never",
          "nothing can be deleted for good")
saying("store", "target", "ignored", "store-modified",
       "* 1 FETCH (MODSEQ (18446744073709551615) FLAGS (\\Deleted))",
       "STORE shows a message that somebody else has just deleted")


@at("search", "both", "corrupt")
def search_garbage(s, command):
    """SEARCH is answered by what are no numbers"""
    s.line("* SEARCH 1 two 99999999999")
    s.line(f'* ESEARCH (TAG "{command.tag}") UID ALL 5:1,,*')
    s.done(command)


@at("search", "both", "ignored")
def search_huge(s, command):
    """SEARCH finds 1:4294967295"""
    s.line(f'* ESEARCH (TAG "{command.tag}") UID COUNT 4294967295 '
           "ALL 1:4294967295")
    s.done(command)


@at("status", "both", "ignored")
def status_lies(s, command):
    """STATUS says that there is nothing in a folder that has messages"""
    s.line("* STATUS ", quoted(command.name()),
           " (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 1)")
    s.done(command)


@at("logout", "both", "ignored")
def logout_silence(s, _command):
    """LOGOUT is never answered"""
    silence(s)
