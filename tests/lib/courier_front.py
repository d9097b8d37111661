#!/usr/bin/python3
"""Listens, lets everybody in whose Maildir is there and who says `pw`, and gives
the connection to Courier's imapd.

    courier_front.py TREE PORT MAIL PRELOAD

TREE is where its packages lie unpacked, PRELOAD a library that imapd gets.
"""

import pathlib
import re
import socketserver
import subprocess
import sys

TREE, PORT, MAIL, PRELOAD = sys.argv[1:5]
CAPABILITIES = ("IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=REFERENCES SORT "
                "QUOTA IDLE ACL ACL2=UNION")
LOGIN = re.compile(rb'(\S+) LOGIN "?([^\s"]+)@([^\s"]+)"? "?([^\s"]+)"?\r\n$',
                   re.IGNORECASE)


def environment(inbox, tag, who):
    libraries = {str(path.parent) for path in
                 pathlib.Path(TREE, "usr/lib").rglob("lib*.so*")}
    return {"AUTHENTICATED": who, "AUTHADDR": who, "HOME": str(inbox.parent),
            "MAILDIRPATH": "Maildir", "TCPREMOTEIP": "127.0.0.1",
            "TCPREMOTEPORT": "1", "IMAPLOGINTAG": tag, "PROTOCOL": "IMAP",
            "IMAP_CAPABILITY": CAPABILITIES, "IMAP_UMASK": "022",
            "IMAP_KEYWORDS": "1", "IMAP_ACL": "1",
            "LD_LIBRARY_PATH": ":".join(sorted(libraries)),
            "LD_PRELOAD": PRELOAD}


class Session(socketserver.BaseRequestHandler):
    """Line by line, and no byte further: the rest is imapd's."""

    def line(self):
        found = b""
        while not found.endswith(b"\n"):
            byte = self.request.recv(1)
            if not byte:
                return b""
            found += byte
        return found

    def say(self, *lines):
        self.request.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self):
        self.say("* OK Courier-IMAP ready.")
        while line := self.line():
            tag, verb, *_ = line.decode("latin-1").split() + ["", ""]
            login = LOGIN.match(line)
            if login and self.let_in(tag, *login.groups()[1:]):
                return
            if verb.upper() == "CAPABILITY":
                self.say(f"* CAPABILITY {CAPABILITIES}", f"{tag} OK done")
            elif verb.upper() == "LOGOUT":
                self.say("* BYE", f"{tag} OK done")
                return
            else:
                self.say(f"{tag} NO not here")

    def let_in(self, tag, name, domain, password):
        inbox = pathlib.Path(MAIL, domain.decode(), name.decode(), "Maildir")
        if not inbox.is_dir() or password != b"pw":
            return False
        who = f"{name.decode()}@{domain.decode()}"
        subprocess.run([f"{TREE}/usr/bin/imapd", "Maildir"], check=False,
                       cwd=inbox.parent, env=environment(inbox, tag, who),
                       stdin=self.request, stdout=self.request)
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(PORT)), Session) as server:
    server.serve_forever()
