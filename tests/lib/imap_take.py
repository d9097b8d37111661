#!/usr/bin/python3
"""Takes the oldest mail out of an INBOX and prints it; waits for one for ten
seconds, and fails when none comes.

    imap_take.py ENV ACCOUNT    ENV as tests/lib/imap_client.py has it
"""

import imaplib
import sys
import time

from imap_client import env_ports


def take(imap):
    imap.select("INBOX")
    _, found = imap.uid("SEARCH", "ALL")
    if not found[0]:
        return None
    first = found[0].split()[0].decode()
    _, parts = imap.uid("FETCH", first, "(BODY.PEEK[])")
    imap.uid("STORE", first, "+FLAGS.SILENT", "(\\Deleted)")
    imap.expunge()
    return parts[0][1]


def main():
    with imaplib.IMAP4("127.0.0.1", env_ports(sys.argv[1])[0]) as imap:
        imap.login(sys.argv[2], "pw")
        for _ in range(100):
            mail = take(imap)
            if mail:
                sys.stdout.buffer.write(mail)
                return
            time.sleep(.1)
    sys.exit("no mail came")


if __name__ == "__main__":
    main()
