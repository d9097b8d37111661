#!/usr/bin/python3
"""A ManageSieve server that calls its scripts as it likes, for tests.

    hostile_sieve.py PORT_FILE NAMES

It lets everybody in, in clear text, and has a script of each name in the file
NAMES, which is read anew for each list: a Python literal a line, such as
'../x' or 'x' * 1000000; the first is active.  The account ADDRESS has those in
NAMES.ADDRESS, where that is.  It writes its port to PORT_FILE
and runs until it is killed.
"""

import base64
import os
import re
import socketserver
import sys

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")
GREETING = (b'"IMPLEMENTATION" "hostile"\r\n"SASL" "PLAIN"\r\n'
            b'"SIEVE" "fileinto"\r\n"VERSION" "1.0"\r\nOK\r\n')


def literal(raw):
    return b"{%d}\r\n%s" % (len(raw), raw)


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(GREETING)
        self.names = sys.argv[2]
        while words := self.command():
            self.wfile.write(self.answer(*words))

    def command(self):
        """The verb and the literals after it; None at the end."""
        line, words = self.rfile.readline(), []
        while size := LITERAL.search(line):
            words.append(self.rfile.read(int(size.group(1))))
            line = line[:size.start()] + self.rfile.readline()
        return [line.split()[0].upper(), *words] if line.split() else None

    def answer(self, verb, *words):
        if verb == b"AUTHENTICATE":
            who = base64.b64decode(words[-1]).split(b"\0")
            own = sys.argv[2] + "." + (who[0] or who[1]).split(b"*")[0].decode()
            self.names = own if os.path.exists(own) else sys.argv[2]
            return b"OK\r\n"
        if verb == b"LISTSCRIPTS":
            with open(self.names, encoding="utf-8") as file:
                # pylint: disable-next=eval-used
                names = [eval(line).encode() for line in file]
            rows = [literal(name) for name in names]
            rows[0] += b" ACTIVE"
            return b"".join(row + b"\r\n" for row in rows) + b"OK\r\n"
        if verb == b"GETSCRIPT":
            return literal(b"# script " + words[0] + b"\r\n") + b"\r\nOK\r\n"
        return b"OK\r\n"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    with Server(("127.0.0.1", 0), Session) as server:
        with open(sys.argv[1] + ".new", "w", encoding="ascii") as file:
            print(server.server_address[1], file=file)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        server.serve_forever()


if __name__ == "__main__":
    main()
