#!/usr/bin/python3
"""A small ManageSieve client for tests (RFC 5804).

    sieve_client.py [--ca FILE] [--as USER] PORT USER PASSWORD list
    sieve_client.py ... put NAME <SCRIPT | get NAME | delete NAME
    sieve_client.py ... activate NAME         "": none

`list` prints a name a line, the active one's followed by `ACTIVE`.  With --ca
it speaks TLS (STARTTLS) to a server whose certificate FILE has signed.
"""

import argparse
import base64
import re
import socket
import ssl
import sys

TIMEOUT_S = 30
LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


class SieveError(Exception):
    """The server said NO or BYE."""


def literal(raw):
    return b"{%d+}\r\n%s" % (len(raw), raw)


class Sieve:
    """One logged-in session; `who` is the authorisation identity."""

    def __init__(self, port, user, password="pw", who="", ca=None):
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.file = self.sock.makefile("rb")
        self.capabilities = self.answer()
        if ca:
            self.run(b"STARTTLS")
            self.file.close()
            self.sock = ssl.create_default_context(cafile=ca).wrap_socket(
                self.sock, server_hostname="127.0.0.1")
            self.file = self.sock.makefile("rb")
            self.capabilities = self.answer()
        plain = f"{who}\0{user}\0{password}".encode()
        self.run(b"AUTHENTICATE", b'"PLAIN"',
                 literal(base64.b64encode(plain)))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.file.close()
        self.sock.close()

    def run(self, *words):
        self.sock.sendall(b" ".join(words) + b"\r\n")
        return self.answer()

    def answer(self):
        """The lines before OK, literals in them."""
        lines = []
        while True:
            line = self.file.readline()
            while size := LITERAL.search(line):
                line = line[:size.start()] + self.file.read(
                    int(size.group(1))) + self.file.readline()
            if not line.endswith(b"\r\n"):
                raise SieveError(f"connection lost after {line!r}")
            if line.upper().startswith((b"NO", b"BYE")):
                raise SieveError(line.decode().strip())
            if line.upper().startswith(b"OK"):
                return lines
            lines.append(line[:-2])

    def scripts(self):
        """(name, is it active) of each; no name has a quote in the tests."""
        found = []
        for line in self.run(b"LISTSCRIPTS"):
            name, _, rest = line[1:].partition(b'"')
            found.append((name.decode(), rest.strip().upper() == b"ACTIVE"))
        return found

    def put(self, name, script):
        self.run(b"PUTSCRIPT", literal(name.encode()), literal(script))

    def get(self, name):
        return b"\r\n".join(self.run(b"GETSCRIPT", literal(name.encode())))

    def delete(self, name):
        self.run(b"DELETESCRIPT", literal(name.encode()))

    def activate(self, name):
        self.run(b"SETACTIVE", literal(name.encode()))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ca")
    parser.add_argument("--as", dest="who", default="")
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("verb", choices=["list", "put", "get", "delete",
                                         "activate"])
    parser.add_argument("name", nargs="?", default="")
    args = parser.parse_args()
    with Sieve(args.port, args.user, args.password, args.who,
               args.ca) as sieve:
        if args.verb == "list":
            for name, active in sieve.scripts():
                print(name, "ACTIVE") if active else print(name)
        elif args.verb == "put":
            sieve.put(args.name, sys.stdin.buffer.read())
        elif args.verb == "get":
            sys.stdout.buffer.write(sieve.get(args.name))
        else:
            getattr(sieve, args.verb)(args.name)


if __name__ == "__main__":
    try:
        main()
    except (SieveError, OSError) as error:
        sys.exit(str(error))
