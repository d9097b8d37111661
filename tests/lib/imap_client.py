#!/usr/bin/python3
"""A small IMAP client for tests: literals both ways, whole responses parsed,
a time-out on everything.  One object is one logged-in session.

    imap_client.py ENV ACCOUNT COMMAND...

carries out commands; ENV is the env file of tests/servers/dovecot or cyrus.

A LOGIN is what a program of the tests takes for one account on one server:

    imap://USER[:PASSWORD]@HOST:PORT[?as=ACCOUNT][&ca=FILE]    imaps://...

USER and PASSWORD may be percent-encoded, the password is `pw` without.  With
as= the user logs in for that ACCOUNT by SASL PLAIN; with ca= there is TLS.
"""

import base64
import pathlib
import re
import socket
import ssl
import sys
import urllib.parse

TIMEOUT_S = 60
TOKEN = re.compile(rb'[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+')
LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


def env_ports(path):
    """IMAP's and LMTP's."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    env = dict(line.split("=", 1) for line in lines)
    return int(env["IMAP"]), int(env["LMTP"])


class ImapError(Exception):
    """The server said NO or BAD."""


def to_mutf7(name):
    """RFC 3501 section 5.1.3, as bytes."""
    out = bytearray()
    for run in re.findall(r"[ -~]+|[^ -~]+", name):
        if " " <= run[0] <= "~":
            out += run.replace("&", "&-").encode()
        else:
            coded = base64.b64encode(run.encode("utf-16-be")).rstrip(b"=")
            out += b"&" + coded.replace(b"/", b",") + b"-"
    return bytes(out)


def from_mutf7(raw):
    """The inverse of to_mutf7."""
    def plain(match):
        coded = match.group(1).replace(b",", b"/")
        if not coded:
            return b"&"
        coded += b"=" * (-len(coded) % 4)
        return base64.b64decode(coded).decode("utf-16-be").encode()
    return re.sub(rb"&([^-]*)-", plain, raw).decode()


class Imap:
    """run() returns the untagged responses, each a list of tokens: str for an
    atom, bytes for a string, list for a parenthesised list."""

    def __init__(self, port, user, password="pw", *, host="127.0.0.1", who="",
                 ca=None, tls=False):
        """`who` is the account that the user acts for; with `ca` there is TLS,
        by STARTTLS unless `tls`."""
        self.user, self.password, self.account = user, password, who or user
        self.sock = socket.create_connection((host, port), TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        if tls:
            self.encrypt(host, ca)
        self.read_response()
        if ca and not tls:
            self.run("STARTTLS")
            self.encrypt(host, ca)
        if who:
            plain = f"{who}\0{user}\0{password}".encode()
            self.run("AUTHENTICATE PLAIN", base64.b64encode(plain).decode())
        else:
            self.run("LOGIN", user.encode(), password.encode())
        self.capabilities = {word for words in self.run("CAPABILITY")
                             if words[0] == "CAPABILITY" for word in words[1:]}

    @classmethod
    def at(cls, login):
        """A session of a LOGIN, see above."""
        url = urllib.parse.urlsplit(login)
        more = dict(urllib.parse.parse_qsl(url.query))
        return cls(url.port, urllib.parse.unquote(url.username),
                   urllib.parse.unquote(url.password or "pw"),
                   host=url.hostname, who=more.get("as", ""),
                   ca=more.get("ca"), tls=url.scheme == "imaps")

    def encrypt(self, host, ca):
        self.file.close()
        self.sock = ssl.create_default_context(cafile=ca).wrap_socket(
            self.sock, server_hostname=host)
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.file.close()
        self.sock.close()

    def run(self, *words):
        """Strings go out as they are, bytes as literals."""
        line = bytearray(b"t")
        for word in words:
            if word != ")":
                line += b" "
            if isinstance(word, bytes):
                line += b"{%d+}\r\n%s" % (len(word), word)
            else:
                line += word.encode()
        self.sock.sendall(line + b"\r\n")
        # Cyrus waits with its last line until the one before is acknowledged,
        # which the kernel would put off for 40 ms.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        untagged = []
        while True:
            head, text = self.read_response()
            if head == b"*":
                untagged.append(text)
            elif head == b"t":
                if text[0] != "OK":
                    raise ImapError(f"{words[0]} {words[1:3]}: {text}")
                return untagged

    def read_response(self):
        """One response with its literals: its first word, its tokens."""
        segments = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise ImapError(f"connection lost after {line!r}")
            literal = LITERAL.search(line)
            if not literal:
                segments.append((line, None))
                break
            segments.append((line[:literal.start()],
                             self.file.read(int(literal.group(1)))))
        head, first = segments[0][0].split(b" ", 1)
        if first.startswith((b"OK ", b"NO ", b"BAD ", b"BYE ")):
            return head, first.decode().split()
        segments[0] = (first, segments[0][1])
        return head, parse(segments)

    def select(self, name, verb="SELECT"):
        """The numbers of the response codes: UIDVALIDITY, UIDNEXT, ..."""
        numbers = {}
        for words in self.run(verb, to_mutf7(name), "(CONDSTORE)"):
            if words[0] == "OK" and words[2].rstrip("]").isdigit():
                numbers[words[1].lstrip("[")] = int(words[2].rstrip("]"))
        return numbers

    def search(self, *criteria):
        """The UIDs that match."""
        for words in self.run("UID SEARCH", *criteria):
            if words[0] == "SEARCH":
                return [int(uid) for uid in words[1:]]
        return []

    def folders(self, verb="LIST"):
        """(name, set of attributes) of every folder of LIST or LSUB that is the
        account's own."""
        found = []
        foreign = tuple(prefix + separator * (not prefix.endswith(separator))
                        for prefix, separator in self.namespaces()[1])
        for words in self.run(verb, b"", b"*"):
            if words[0] == verb:
                name = words[3]
                if isinstance(name, str):
                    name = name.encode()
                name = from_mutf7(name)
                separator = "" if words[2] == "NIL" else words[2].decode()
                if not (name + separator).startswith(foreign):
                    found.append((name, set(words[1])))
        return found

    def namespaces(self):
        """(prefix, separator) of the account's own namespaces, then of those
        that are others'."""
        for words in self.run("NAMESPACE"):
            if words[0] == "NAMESPACE":
                kinds = [[] if kind == "NIL" else
                         [(from_mutf7(prefix), separator.decode())
                          for prefix, separator, *_ in kind]
                         for kind in words[1:4]]
                return kinds[0], kinds[1] + kinds[2]
        return [("", "/")], []


def parse(segments):
    """Tokens of a response that came as text, literal, text, literal, ..."""
    stack = [[]]
    for text, literal in segments:
        for token in TOKEN.findall(text):
            if token == b"(":
                stack.append([])
            elif token == b")":
                done = stack.pop()
                stack[-1].append(done)
            elif token.startswith(b'"'):
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", token[1:-1]))
            else:
                stack[-1].append(token.decode())
        if literal is not None:
            stack[-1].append(literal)
    return stack[0]


if __name__ == "__main__":
    with Imap(env_ports(sys.argv[1])[0], sys.argv[2]) as session:
        for command in sys.argv[3:]:
            session.run(command)
