#!/usr/bin/python3
"""One account in a real Dovecot, for the test of the Maildir driver.

    dovecot_account.py fill PORT ACCOUNT      makes mail over IMAP
    dovecot_account.py resync PORT OLD NEW    a client that knew OLD opens NEW:
                                              is it shown every change?
    dovecot_account.py watch PORT ACCOUNT     keeps the inbox open until stdin
                                              ends, then looks at it again
"""

import sys

from imap_client import Imap, ImapError, to_mutf7

FOLDERS = ["Sent", "Entwürfe", "Entwürfe/2026 & später", "日本語", "Empty"]
FLAGS = ["", "\\Seen", "\\Seen \\Answered work", "\\Flagged $Forwarded work",
         "\\Deleted", "\\Draft \\Seen Later"]


def fill(port, account):
    with Imap(port, account) as imap:
        for name in FOLDERS:
            imap.run("CREATE", to_mutf7(name))
        for name in FOLDERS[::2]:
            imap.run("SUBSCRIBE", to_mutf7(name))
        for name in ["INBOX", *FOLDERS[:-1]]:
            for i, flags in enumerate(FLAGS * 2):
                body = f"Subject: {name} {i}\r\n\r\n" + "line\r\n" * i
                imap.run("APPEND", to_mutf7(name), f"({flags})",
                         f'"{i + 1:02d}-Mar-2021 10:11:12 +0000"',
                         body.encode())
            imap.select(name)
            imap.run("STORE 3 +FLAGS (\\Deleted)")
            imap.run("EXPUNGE")
        imap.run("SETACL", b"Sent", b"bob", b"lrs")


def resync(port, old, new):
    with Imap(port, old) as imap:
        known = imap.select("INBOX")
    with Imap(port, new) as imap:
        imap.run("ENABLE QRESYNC")
        state = f"({known['UIDVALIDITY']} {known['HIGHESTMODSEQ'] + 1000})"
        shown = imap.run("SELECT INBOX", f"(QRESYNC {state})")
        changed = sum(1 for words in shown if words[1:2] == ["FETCH"])
        exists = next(int(w[0]) for w in shown if w[1:2] == ["EXISTS"])
        if changed != exists:
            sys.exit(f"{changed} of {exists} messages shown as changed")
        # What comes next has a UID that the source cannot have given out.
        imap.run("APPEND INBOX", b"Subject: new\r\n\r\n")
        uid = max(imap.search("ALL"))
        if uid < known["UIDNEXT"] + 1000:
            sys.exit(f"UID {uid} after UIDNEXT {known['UIDNEXT']}")


def watch(port, account):
    with Imap(port, account) as imap:
        imap.select("INBOX")
        print("ready", flush=True)
        sys.stdin.read()
        try:
            imap.run("NOOP")
            imap.run("UID FETCH 1:* (FLAGS)")
        except ImapError as error:
            print(error)  # told and sent away: it will come again
    with Imap(port, account) as imap:
        imap.select("INBOX")


{"fill": fill, "resync": resync, "watch": watch}[sys.argv[1]](
    int(sys.argv[2]), *sys.argv[3:])
