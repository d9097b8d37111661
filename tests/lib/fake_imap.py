"""An IMAP server in memory, for tests: small, well-behaved, and to be bent at
one point by tests/lib/hostile_imap.py.

It knows one account, whatever the user is called; the password is `pw`, a token
may be anything.  It speaks what CAPABILITIES says, and nothing else.
"""

import base64
import dataclasses
import re
import socket
import ssl
import threading

from imap_client import parse

CAPABILITIES = ("IMAP4rev1 LITERAL+ ID ENABLE UNSELECT UIDPLUS MULTIAPPEND "
                "NAMESPACE CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS "
                "CONDSTORE QRESYNC ESEARCH MOVE").split()
LOGINS = "SASL-IR", "AUTH=PLAIN", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER"
IN_A_FOLDER = {"fetch", "search", "store", "expunge", "copy", "move", "close",
               "unselect"}
BEFORE_LOGIN = {"capability", "login", "authenticate", "starttls", "id",
                "logout", "noop"}
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")
DATE = re.compile(rb"[ \d]\d-[A-Z][a-z]{2}-\d{4} [\d:]{8} [-+]\d{4}$")
PLAIN_NAME = re.compile(r"[A-Za-z0-9/._-]+$")
LINE_MAX = 1 << 20
TIMEOUT_S = 120


class Gone(Exception):
    """The client has left, or is to be left."""


@dataclasses.dataclass
class Message:
    uid: int
    flags: set
    date: str
    body: bytes
    modseq: int


class Folder:
    def __init__(self, name, uidvalidity, attributes=()):
        self.name = name
        self.uidvalidity = uidvalidity
        self.attributes = list(attributes)
        self.subscribed = False
        self.uidnext = 1
        self.modseq = 1
        self.messages = []
        self.gone = []  # (modseq, uid) of what was expunged

    def add(self, body, flags=(), date="01-Mar-2021 10:11:12 +0000"):
        self.modseq += 1
        message = Message(self.uidnext, set(flags), date, body, self.modseq)
        self.messages.append(message)
        self.uidnext += 1
        return message

    def remove(self, message):
        self.modseq += 1
        self.messages.remove(message)
        self.gone.append((self.modseq, message.uid))


def small_message(folder, number):
    return (f"From: ann@a.test\r\nSubject: {folder} {number}\r\n"
            f"Message-ID: <{number}.{folder.lower()}@a.test>\r\n\r\n"
            + f"Line of {number}.\r\n" * number).encode()


class Account:
    """What all sessions share: `lock` is held for each command."""

    def __init__(self, messages=5):
        self.lock = threading.RLock()
        self.folders = {}
        self.uidvalidity = 1000
        self.create("INBOX")
        for name, attributes in ("Sent", ["\\Sent"]), ("Work", []):
            if messages:
                self.create(name, attributes).subscribed = True
        for folder in self.folders.values():
            for number in range(1, messages + 1):
                flags = ["", "\\Seen", "\\Flagged", "$Label1"][number % 4]
                folder.add(small_message(folder.name, number), flags.split())

    def create(self, name, attributes=()):
        self.uidvalidity += 1
        self.folders[name] = Folder(name, self.uidvalidity, attributes)
        return self.folders[name]


@dataclasses.dataclass
class Command:
    tag: str
    verb: str      # in small letters, without UID
    uid: bool      # it was UID VERB
    words: list    # as imap_client.parse() gives them
    text: str      # as it came, without literals

    def name(self, index=0):
        """A folder's name among the words."""
        return text_of(self.words[index])


def text_of(word):
    text = word.decode("latin-1") if isinstance(word, bytes) else word
    return "INBOX" if text.upper() == "INBOX" else text


def quoted(name):
    """A name as the server writes it."""
    if isinstance(name, str):
        name = name.encode("latin-1")
    if re.search(rb"[\r\n\0\x80-\xff]", name):
        return b"{%d}\r\n%s" % (len(name), name)
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", name) + b'"'


def numbers_of(text, largest):
    """Those of a sequence set, as ranges: it may be 1:4294967295."""
    for part in text.split(","):
        low, _, high = part.partition(":")
        ends = [largest if n == "*" else int(n) for n in (low, high or low)]
        yield range(min(ends), max(ends) + 1)


def set_of(uids):
    return ",".join(map(str, uids))


def matches(name, pattern):
    parts = {"*": ".*", "%": "[^/]*"}
    wanted = "".join(parts.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(wanted, name, re.DOTALL) is not None


class Session:
    """One connection.  bend(point, ordinary, *args) is called at every point
    where a server could misbehave; here it does what is ordinary."""

    def __init__(self, sock, account, pki=None, capabilities=CAPABILITIES):
        self.sock = sock
        self.sock.settimeout(TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.account = account
        self.pki = pki
        self.capabilities = list(capabilities)
        self.logged_in = False
        self.secure = False
        self.folder = None
        self.enabled = set()

    def bend(self, _point, ordinary, *args):
        return ordinary(*args)

    def heard(self, line):
        """For a record of what the client said."""

    # ---- the wire ----------------------------------------------------------

    def send(self, *parts):
        """Text or bytes; a line end is not added."""
        raw = b"".join(p.encode("latin-1") if isinstance(p, str) else p
                       for p in parts)
        try:
            self.sock.sendall(raw)
        except OSError as error:
            raise Gone from error

    def line(self, *parts):
        self.send(*parts, "\r\n")

    def done(self, command, text="OK done"):
        self.line(command.tag, " ", text)

    def leave(self):
        raise Gone

    def more(self):
        try:
            raw = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not raw:
            raise Gone
        self.buffer += raw

    def take(self, size):
        while len(self.buffer) < size:
            self.more()
        raw, self.buffer = self.buffer[:size], self.buffer[size:]
        return raw

    def read_line(self):
        while b"\n" not in self.buffer:
            if len(self.buffer) > LINE_MAX:
                raise Gone
            self.more()
        return self.take(self.buffer.index(b"\n") + 1)

    def read_command(self):
        segments = []
        while True:
            line = self.read_line()
            self.heard(line)
            literal = LITERAL.search(line)
            if not literal:
                segments.append((line, None))
                break
            text, size = line[:literal.start()], int(literal.group(1))
            if not literal.group(2):
                self.bend("literal", self.invite, segments + [(text, None)])
            half = self.take(size // 2)
            if size > 10:
                self.bend("half", lambda *_: None, segments + [(text, None)])
            segments.append((text, half + self.take(size - size // 2)))
        return command_of(segments)

    def invite(self, _segments):
        self.line("+ go on")

    def serve(self):
        try:
            self.bend("connect", self.greet)
            while True:
                command = self.read_command()
                if command:
                    self.bend(command.verb, self.ordinary, command)
                else:
                    self.line("* BAD what?")
        except Gone:
            pass
        finally:
            self.sock.close()

    # ---- commands ----------------------------------------------------------

    def ordinary(self, command):
        """Answers as a good server does."""
        act = getattr(self, "do_" + command.verb, None)
        if not act or not (self.logged_in or command.verb in BEFORE_LOGIN):
            return self.done(command, "BAD not now")
        if command.verb in IN_A_FOLDER and not self.folder:
            return self.done(command, "BAD select a folder")
        with self.account.lock:
            try:
                return act(command)
            except (IndexError, KeyError, ValueError, TypeError):
                return self.done(command, "NO [NONEXISTENT] no such thing")

    def capability(self):
        if self.logged_in:
            return " ".join(self.capabilities)
        first = [*LOGINS]
        if self.pki and not self.secure:
            first.append("STARTTLS")
        return " ".join(self.capabilities + first)

    def greet(self):
        self.line("* OK [CAPABILITY ", self.capability(), "] at your service")

    def do_capability(self, c):
        self.line("* CAPABILITY ", self.capability())
        self.done(c)

    def do_noop(self, c):
        self.done(c)

    do_check = do_noop

    def do_id(self, c):
        self.line('* ID ("name" "fake")')
        self.done(c)

    def do_logout(self, c):
        self.line("* BYE until next time")
        self.done(c)
        self.leave()

    def do_starttls(self, c):
        if not self.pki or self.secure:
            return self.done(c, "BAD no TLS")
        self.done(c, "OK begin")
        return self.start_tls()

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.pki}/server.crt",
                                f"{self.pki}/server.key")
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError as error:
            raise Gone from error
        self.buffer = b""
        self.secure = True

    def admit(self, c, is_right):
        if not is_right:
            return self.done(c, "NO [AUTHENTICATIONFAILED] wrong password")
        self.logged_in = True
        return self.done(c, f"OK [CAPABILITY {self.capability()}] welcome")

    def do_login(self, c):
        return self.admit(c, text_of(c.words[1]) == "pw")

    def do_authenticate(self, c):
        if len(c.words) > 1:
            coded = c.words[1].encode()
        else:
            self.line("+ ")
            coded = self.read_line().strip()
        raw = base64.b64decode(coded)
        return self.admit(c, c.words[0].upper() != "PLAIN"
                          or raw.endswith(b"\0pw"))

    def do_enable(self, c):
        names = {w.upper() for w in c.words} & {"CONDSTORE", "QRESYNC"}
        self.enabled |= names
        self.line("* ENABLED ", " ".join(sorted(names)))
        self.done(c)

    def do_namespace(self, c):
        self.line('* NAMESPACE (("" "/")) NIL NIL')
        self.done(c)

    # ---- folders -----------------------------------------------------------

    def status(self, folder, items):
        facts = {"MESSAGES": len(folder.messages), "RECENT": 0,
                 "UIDNEXT": folder.uidnext, "UIDVALIDITY": folder.uidvalidity,
                 "UNSEEN": sum("\\Seen" not in m.flags
                               for m in folder.messages),
                 "HIGHESTMODSEQ": folder.modseq}
        return " ".join(f"{i.upper()} {facts[i.upper()]}" for i in items)

    def list_lines(self, c):
        """The untagged answers to LIST or LSUB."""
        words, wanted, back, counts = list(c.words), [], [], None
        if isinstance(words[0], list):
            wanted = [w.upper() for w in words.pop(0)]
        patterns = words[1] if isinstance(words[1], list) else [words[1]]
        if len(words) > 3:
            back = [w.upper() for w in words[3] if isinstance(w, str)]
            counts = next((w for w in words[3] if isinstance(w, list)), None)
        for folder in list(self.account.folders.values()):
            if not any(matches(folder.name, text_of(p)) for p in patterns):
                continue
            if c.verb == "lsub" or "SUBSCRIBED" in wanted:
                if not folder.subscribed:
                    continue
            attributes = list(folder.attributes)
            if folder.subscribed and "SUBSCRIBED" in wanted + back:
                attributes.append("\\Subscribed")
            yield b'* %s (%s) "/" %s' % (
                c.verb.upper().encode(), " ".join(attributes).encode(),
                quoted(folder.name))
            if counts:
                yield b"* STATUS %s (%s)" % (
                    quoted(folder.name), self.status(folder, counts).encode())

    def do_list(self, c):
        for line in self.list_lines(c):
            self.line(line)
        self.done(c)

    do_lsub = do_list

    def do_status(self, c):
        folder = self.account.folders[c.name()]
        self.line("* STATUS ", quoted(c.name()), " (",
                  self.status(folder, c.words[1]), ")")
        self.done(c)

    def do_create(self, c):
        if c.name() in self.account.folders:
            return self.done(c, "NO [ALREADYEXISTS] there")
        self.account.create(c.name().rstrip("/"))
        return self.done(c)

    def do_delete(self, c):
        del self.account.folders[c.name()]
        self.done(c)

    def do_rename(self, c):
        folder = self.account.folders.pop(c.name())
        folder.name = c.name(1)
        self.account.folders[folder.name] = folder
        self.done(c)

    def do_subscribe(self, c):
        self.account.folders[c.name()].subscribed = c.verb == "subscribe"
        self.done(c)

    do_unsubscribe = do_subscribe

    def select_lines(self, c):
        """The untagged answers to SELECT or EXAMINE; selects."""
        folder = self.folder = self.account.folders[c.name()]
        yield "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1)"
        yield "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen " \
            "\\Draft $Label1 \\*)] these"
        yield f"* {len(folder.messages)} EXISTS"
        yield "* 0 RECENT"
        yield f"* OK [UIDVALIDITY {folder.uidvalidity}] this life"
        yield f"* OK [UIDNEXT {folder.uidnext}] next"
        yield f"* OK [HIGHESTMODSEQ {folder.modseq}] highest"
        known = c.words[1][1] if len(c.words) > 1 and len(c.words[1]) > 1 \
            else None
        if known and int(known[0]) == folder.uidvalidity:
            since = int(known[1])
            yield from self.vanished_lines(since)
            for number, message in enumerate(folder.messages, 1):
                if message.modseq > since:
                    yield self.fetched(number, message,
                                       ["UID", "FLAGS", "MODSEQ"])

    def vanished_lines(self, since):
        gone = [uid for modseq, uid in self.folder.gone if modseq > since]
        if gone:
            yield f"* VANISHED (EARLIER) {set_of(gone)}"

    def do_select(self, c):
        for line in self.select_lines(c):
            self.line(line)
        self.done(c, "OK [READ-ONLY] done" if c.verb == "examine"
                  else "OK [READ-WRITE] done")

    do_examine = do_select

    def do_unselect(self, c):
        self.folder = None
        self.done(c)

    def do_close(self, c):
        for message in [m for m in self.folder.messages
                        if "\\Deleted" in m.flags]:
            self.folder.remove(message)
        self.do_unselect(c)

    # ---- messages ----------------------------------------------------------

    def chosen(self, c, index=0):
        """(number, message) of those that a set names."""
        messages = self.folder.messages
        largest = len(messages)
        if c.uid:
            largest = messages[-1].uid if messages else 0
        ranges = list(numbers_of(text_of(c.words[index]), largest))
        return [(n, m) for n, m in enumerate(messages, 1)
                if any((m.uid if c.uid else n) in r for r in ranges)]

    def item(self, message, name):
        """An item of FETCH, as it goes out."""
        word = name.upper().replace(".PEEK", "")
        if word == "BODY[]":
            return b"BODY[] {%d}\r\n%s" % (len(message.body), message.body)
        if word in ("BODY[HEADER]", "BODY[HEADER]<0.262144>"):
            header = message.body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            name = word.partition(".")[0] + ">" * ("." in word)
            return b"%s {%d}\r\n%s" % (name.encode(), len(header), header)
        text = {"UID": message.uid,
                "FLAGS": f"({' '.join(sorted(message.flags))})",
                "INTERNALDATE": f'"{message.date}"',
                "RFC822.SIZE": len(message.body),
                "MODSEQ": f"({message.modseq})"}[word]
        return f"{word} {text}".encode()

    def fetched(self, number, message, items):
        return b"* %d FETCH (%s)" % (
            number, b" ".join(self.item(message, i) for i in items))

    def fetch_items(self, c):
        """The names of what is asked for, in the order of the good ones."""
        asked = c.words[1] if isinstance(c.words[1], list) else [c.words[1]]
        asked = [a.upper() for a in asked]
        if c.uid and "UID" not in asked:
            asked.insert(0, "UID")
        return sorted(asked, key=lambda name: name.startswith("BODY"))

    def fetch_lines(self, c):
        """(number, message, the answer about it) for all that is asked for."""
        items, since = self.fetch_items(c), 0
        if len(c.words) > 2:
            since = int(c.words[2][1])
            items = [i for i in items if i != "MODSEQ"] + ["MODSEQ"]
            if "VANISHED" in map(str.upper, c.words[2]):
                for line in self.vanished_lines(since):
                    self.line(line)
        for number, message in self.chosen(c):
            if message.modseq > since:
                yield number, message, self.fetched(number, message, items)

    def do_fetch(self, c):
        for _, _, line in self.fetch_lines(c):
            self.line(line)
        self.done(c)

    def do_search(self, c):
        words, returns = list(c.words), None
        if words[0] == "RETURN":
            returns, words = words[1], words[2:]
        uids = [m.uid for m in self.folder.messages]
        if words[0] == "UID":
            ranges = list(numbers_of(words[1], max(uids, default=0)))
            uids = [u for u in uids if any(u in r for r in ranges)]
        if returns is None:
            self.line("* SEARCH", *(f" {u}" for u in uids))
        else:
            found = f" ALL {set_of(uids)}" if uids else ""
            self.line(f'* ESEARCH (TAG "{c.tag}") UID COUNT {len(uids)}{found}')
        self.done(c)

    def do_store(self, c):
        rest = [w for w in c.words[1:]
                if not isinstance(w, list) or w[:1] != ["UNCHANGEDSINCE"]]
        how = rest[0].upper()
        flags = set(rest[1] if isinstance(rest[1], list) else rest[1:])
        for number, message in self.chosen(c):
            if how.startswith("+"):
                message.flags |= flags
            elif how.startswith("-"):
                message.flags -= flags
            else:
                message.flags = set(flags)
            self.folder.modseq += 1
            message.modseq = self.folder.modseq
            if not how.endswith(".SILENT"):
                self.line(self.fetched(number, message, ["UID", "FLAGS"]))
        self.done(c)

    def expunge(self, messages):
        for message in messages:
            number = self.folder.messages.index(message) + 1
            self.folder.remove(message)
            if "QRESYNC" in self.enabled:
                self.line(f"* VANISHED {message.uid}")
            else:
                self.line(f"* {number} EXPUNGE")

    def do_expunge(self, c):
        which = self.chosen(c) if c.uid else enumerate(self.folder.messages)
        self.expunge([m for _, m in which if "\\Deleted" in m.flags])
        self.done(c)

    def copy(self, c):
        target = self.account.folders[c.name(1)]
        old = [m for _, m in self.chosen(c)]
        new = [target.add(m.body, m.flags, m.date) for m in old]
        if not old:
            return old, "OK nothing"
        return old, (f"OK [COPYUID {target.uidvalidity} "
                     f"{set_of(m.uid for m in old)} "
                     f"{set_of(m.uid for m in new)}] done")

    def do_copy(self, c):
        self.done(c, self.copy(c)[1])

    def do_move(self, c):
        old, answer = self.copy(c)
        self.line("* ", answer)
        self.expunge(old)
        self.done(c)

    def appended(self, c):
        """(flags, date, body) of each message of an APPEND."""
        words = c.words[1:]
        while words:
            flags = words.pop(0) if isinstance(words[0], list) else []
            date = "02-Mar-2021 10:11:12 +0000"
            if DATE.match(words[0]) and len(words) > 1:
                date = words.pop(0).decode()
            yield flags, date, words.pop(0)

    def append(self, c):
        """Stores them; their folder, and them."""
        folder = self.account.folders[c.name()]
        return folder, [folder.add(body, flags, date)
                        for flags, date, body in list(self.appended(c))]

    def do_append(self, c):
        if c.name() not in self.account.folders:
            return self.done(c, "NO [TRYCREATE] no such folder")
        folder, new = self.append(c)
        return self.done(c, f"OK [APPENDUID {folder.uidvalidity} "
                            f"{set_of(m.uid for m in new)}] done")


def command_of(segments):
    """A Command, or None where the line is none."""
    text = b"".join(t for t, _ in segments).decode("latin-1").strip()
    try:
        tag, *words = parse(segments)
        verb = words.pop(0).lower()
        uid = verb == "uid"
        if uid:
            verb = words.pop(0).lower()
    except (ValueError, IndexError, AttributeError, UnicodeDecodeError):
        return None
    if not isinstance(tag, str) or not isinstance(verb, str):
        return None
    return Command(tag, verb, uid, words, text)
