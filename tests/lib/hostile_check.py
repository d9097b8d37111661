#!/usr/bin/python3
"""Does hostile_imap.py do what it says?  TAP: a test for each scenario, struck
by a client that sends everything blindly, and some for its good behaviour.

    hostile_check.py PKI
"""

import argparse
import socket
import sys
import tempfile
import threading
import time

import hostile_imap
from imap_client import Imap, ImapError

TIMEOUT_S = 20
ENOUGH = 300_000
LINGER_S = 0.05
MAIL = b"Subject: an early 3\r\n\r\nhello\r\n"
DIALOGUE = (
    ("CAPABILITY", "ID NIL", "LOGIN ann pw", "ENABLE QRESYNC", "NAMESPACE",
     'LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT))',
     "STATUS Work (MESSAGES UIDVALIDITY)", "SELECT Work",
     "UID SEARCH RETURN (ALL) ALL",
     "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])",
     "CREATE New", "SUBSCRIBE New"),
    ("UID STORE 1 +FLAGS (\\Deleted)", "UID EXPUNGE 1", "UNSELECT", "LOGOUT"))
failed = []
tests = 0


def ok(is_so, name):
    global tests
    tests += 1
    print("ok" if is_so else "not ok", tests, "-", name, flush=True)


def start(scenario, pki=None, script=None, capabilities=None):
    args = argparse.Namespace(
        scenario=scenario, script=script, pki=pki, tls=False, messages=5,
        times=sys.maxsize, pause=0.001, capabilities=capabilities, log=None)
    server = hostile_imap.Server(args)
    return server, server.listen()


def append(scenario):
    plus = "" if "LITERAL+" in scenario.without else "+"
    literal = b"{%d%s}\r\n%s" % (len(MAIL), plus.encode(), MAIL)
    old = b'"01-Jan-1970 00:00:00 +0000"'
    return b"t APPEND INBOX ($Label1) %s %s (\\Seen) %s\r\n" % (
        old, literal, literal)


def take_some(sock, server):
    """Who is silent or drips does so for ever: not long after it began."""
    sock.settimeout(LINGER_S)
    end, size, began = time.monotonic() + TIMEOUT_S, 0, False
    while size < ENOUGH and time.monotonic() < end:
        if server.left < sys.maxsize and not began:
            began, end = True, time.monotonic() + LINGER_S
        try:
            got = sock.recv(65536)
        except TimeoutError:
            continue
        if not got:
            break
        size += len(got)


def struck(scenario, pki):
    """Says everything at once and reads until there is enough, or nothing:
    has the server misbehaved?"""
    server, port = start(scenario.name, pki)
    first, last = (b"".join(b"t %s\r\n" % c.encode() for c in commands)
                   for commands in DIALOGUE)
    says = b"t STARTTLS\r\n" if scenario.points == ["starttls"] \
        else first + append(scenario) + last
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as sock:
        try:
            sock.sendall(says)
            take_some(sock, server)
        except OSError:
            pass
    return server.left < sys.maxsize


def check_good(port, pki):
    with Imap(port, "ann") as imap:
        names = [name for name, _ in imap.folders()]
        ok(names == ["INBOX", "Sent", "Work"], "it lists folders")
        numbers = imap.select("Work")
        ok(numbers["UIDNEXT"] == 6 and numbers["UIDVALIDITY"],
           "it selects one")
        fetched = imap.run("UID FETCH 2:* (FLAGS INTERNALDATE BODY.PEEK[])")
        ok(len(fetched) == 4 and b"Subject: Work 2" in fetched[0][2][-1],
           "it fetches messages")
        imap.run("APPEND New/One", MAIL) if "New/One" in names else \
            imap.run("CREATE", b"New/One")
        imap.run("APPEND", b"New/One", "(\\Seen work)",
                 '"05-May-2005 05:05:05 +0500"', MAIL, "()", MAIL)
        imap.select("New/One")
        ok(imap.search("ALL") == [1, 2], "it appends several messages")
        again = imap.run("UID FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])")[0][2]
        ok(again == ["UID", "1", "FLAGS", ["\\Seen", "work"], "INTERNALDATE",
                     b"05-May-2005 05:05:05 +0500", "BODY[]", MAIL],
           "... with flags, date and bytes")
        imap.run("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        imap.run("UID EXPUNGE 1:*")
        imap.run("UID MOVE 2 Sent")
        ok(imap.search("ALL") == [], "it expunges and moves")
        imap.run("ENABLE QRESYNC")
        known = imap.select("Sent")
        imap.run("SELECT New/One")
        shown = imap.run(f"SELECT Sent (QRESYNC ({known['UIDVALIDITY']} 1))")
        ok(any(w[1:2] == ["FETCH"] for w in shown), "it resynchronises")
    with Imap(port, "ann", ca=f"{pki}/ca.crt") as imap:
        ok(len(imap.folders()) == 4, "it speaks TLS")
    try:
        Imap(port, "ann", "wrong")
        ok(False, "it knows the password")
    except ImapError:
        ok(True, "it knows the password")


def check_script():
    with tempfile.NamedTemporaryFile("w", suffix=".script") as file:
        file.write("# a server that goes to bed\n"
                   "send * OK hello\\r\\n\n"
                   "expect ^\\S+ SELECT\n"
                   "send * OK [ALERT] late\\r\\n$TAG NO tired\\r\\n\n"
                   "expect NOOP\nordinary\nexpect NOOP\n"
                   "send * BYE\\r\\n\nclose\n")
        file.flush()
        _, port = start(None, script=file.name)
        with Imap(port, "ann") as imap:
            try:
                imap.select("INBOX")
                ok(False, "a script refuses")
            except ImapError as error:
                ok("tired" in str(error), "a script refuses")
            imap.run("NOOP")
            ok(len(imap.folders()) == 3, "... and goes on in good order")
            try:
                imap.run("NOOP")
                ok(False, "... and closes")
            except ImapError:
                ok(True, "... and closes")


def main():
    pki = sys.argv[1]
    threading.excepthook = lambda e: failed.append(e.exc_value)
    names = hostile_imap.SCENARIOS
    ok(len(names) >= 40, f"{len(names)} scenarios")
    for scenario in names.values():
        ok(struck(scenario, pki), f"{scenario.name}: {scenario.says}")
    check_good(start("logout-silence", pki)[1], pki)
    check_script()
    ok(not failed, f"nothing went wrong that should not {failed}")
    print(f"1..{tests}")


if __name__ == "__main__":
    main()
