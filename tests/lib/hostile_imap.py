#!/usr/bin/python3
"""An IMAP server that misbehaves in one way.

    hostile_imap.py [OPTION...] SCENARIO      prints its port and serves until
                                              its stdin ends
    hostile_imap.py [OPTION...] --all         all of them, each on a port of its
                                              own: lines of SCENARIO and port,
                                              then one that says `ready`
    hostile_imap.py --list                    what there is

    --pki FOLDER    of tests/servers/pki: offers STARTTLS
    --tls           TLS from the start
    --messages N    in each of its folders, INBOX, Sent and Work: 5; with 0 it
                    has an empty INBOX and nothing else
    --times N       misbehaves N times, then never again; always without
    --pause S       between two bytes where it drips, a second without
    --capabilities "NAME..."   instead of what it announces
    --log FILE      a line for each that the client sent, password and all
    --script FILE   instead of a SCENARIO, see below

In all else it is the server of fake_imap.py: any user with the password `pw`.
--list has a line for each scenario: name, side, verdict, what it does; between
them are tabs.  Side is where the server must stand for it to matter: `source`,
`target` or `both`.  The verdict is what the client has to make of it:

    ignored   nothing: it goes on, all that is right is carried over
    corrupt   an error: that is no IMAP; it talks to this server no more
    lost      an error: BYE, end of stream or time-out; to be tried again
    refused   an error in the server's own words: this login, folder or message
    busy      waits and tries again as long as its patience lasts, then an error
    full      an error: no room
    insecure  an error before any password was sent
    skipped   what cannot be carried over is named, all else is carried over
    again     tries again, and has nothing twice
    lied      succeeds as far as it can know; verify finds the difference

Never may memory grow with what is sent, nor anything be written outside.

A script has lines of:

    expect REGEX    answers what comes in good order, up to a command that
                    matches; of that the tag is $TAG from now on
    send BYTES      with Python's escapes, and $TAG
    ordinary        answers the command as a good server does
    close           the connection

A script that begins with `send` greets in its own way.
"""

import argparse
import copy
import re
import socket
import ssl
import sys
import threading
import time

from fake_imap import CAPABILITIES, Account, Gone, Session
from hostile_cases import SCENARIOS, Forgotten


class Hostile(Session):
    """Misbehaves where its scenario says so, as often as `left` allows."""

    def __init__(self, server, sock):
        known = server.args.capabilities
        super().__init__(sock, server.account, server.args.pki,
                         known.split() if known else
                         [c for c in CAPABILITIES + server.scenario.more
                          if c not in server.scenario.without])
        self.server = server
        self.ordinarily = None
        self.bodies_first = False
        self.kept = False
        self.log = server.log

    def heard(self, line):
        if self.log:
            print(line.decode("latin-1").rstrip("\r\n"), file=self.log,
                  flush=True)

    def bend(self, point, ordinary, *args):
        scenario = self.server.scenario
        if point not in scenario.points or not self.server.may_misbehave():
            return ordinary(*args)
        self.ordinarily = ordinary
        try:
            return scenario.act(self, *args)
        except KeyError:  # of a folder that there is not
            return ordinary(*args)

    def wait(self):
        time.sleep(self.server.args.pause)

    def lines_of(self, c):
        if c.verb in ("select", "examine"):
            lines = self.select_lines(c)
        elif c.verb == "fetch":
            lines = (line for _, _, line in self.fetch_lines(c))
        else:
            lines = self.list_lines(c)
        for line in lines:
            yield line.encode() if isinstance(line, str) else line

    def ordinary_lines(self, c):
        for line in self.lines_of(c):
            self.line(line)

    def fetch_items(self, c):
        items = super().fetch_items(c)
        return sorted(items, key=lambda i: not i.startswith("BODY")) \
            if self.bodies_first else items

    def is_left(self):
        """Also where there is TLS, of which nothing is read."""
        try:
            return socket.socket.recv(self.sock, 1, socket.MSG_PEEK
                                      | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def read_command(self):
        while True:
            try:
                return super().read_command()
            except Forgotten:
                pass



class Script:
    """The lines of a file, as a scenario."""

    points = []

    def __init__(self, path):
        self.more = self.without = []
        with open(path, encoding="utf-8") as lines:
            self.steps = [line.strip().partition(" ")[::2] for line in lines
                          if line.strip() and not line.startswith("#")]
        for word, _ in self.steps:
            if word not in ("expect", "send", "ordinary", "close"):
                sys.exit(f"{path}: what is '{word}'?")


class Scripted(Hostile):
    def serve(self):
        try:
            self.follow(self.server.scenario.steps)
        except Gone:
            pass
        finally:
            self.sock.close()

    def follow(self, steps):
        command = None
        if not steps or steps[0][0] != "send":
            self.greet()
        for word, text in steps:
            if word == "expect":
                command = self.await_command(re.compile(text, re.IGNORECASE))
            elif word == "send":
                tag = command.tag if command else "*"
                raw = text.encode().decode("unicode_escape")
                self.send(raw.replace("$TAG", tag))
            elif word == "ordinary":
                self.ordinary(command)
            else:
                self.leave()
        self.await_command(re.compile("(?!)"))

    def await_command(self, wanted):
        while True:
            command = self.read_command()
            if not command:
                self.line("* BAD what?")
            elif wanted.search(command.text):
                return command
            else:
                self.ordinary(command)


class Server:
    def __init__(self, args):
        self.args = args
        self.kind = Scripted if args.script else Hostile
        self.scenario = Script(args.script) if args.script \
            else SCENARIOS[args.scenario]
        self.account = Account(args.messages)
        self.left = args.times
        self.lock = threading.Lock()
        self.log = open(args.log, "a", encoding="utf-8") if args.log else None

    def may_misbehave(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def session(self, sock):
        with self.lock:
            client = self.kind(self, sock)
        if self.args.tls:
            try:
                client.start_tls()
            except (Gone, ssl.SSLError):
                return sock.close()
        return client.serve()

    def listen(self):
        """Serves from now on; the port."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, args=[listener],
                         daemon=True).start()
        return listener.getsockname()[1]

    def accept(self, listener):
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=self.session, args=[sock],
                             daemon=True).start()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--pki")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--times", type=int, default=sys.maxsize)
    parser.add_argument("--pause", type=float, default=1)
    parser.add_argument("--capabilities")
    parser.add_argument("--log")
    parser.add_argument("--script")
    parser.add_argument("scenario", nargs="?")
    args = parser.parse_args()
    if args.list:
        for one in SCENARIOS.values():
            print(one.name, one.side, one.verdict, one.says, sep="\t")
    elif args.all:
        for name in SCENARIOS:
            args.scenario = name
            print(name, Server(copy.copy(args)).listen())
        print("ready", flush=True)
        sys.stdin.read()
    elif args.script or args.scenario in SCENARIOS:
        print(Server(args).listen(), flush=True)
        sys.stdin.read()
    else:
        sys.exit(f"no scenario '{args.scenario}': --list has them all")


if __name__ == "__main__":
    main()
