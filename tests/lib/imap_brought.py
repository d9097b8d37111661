#!/usr/bin/python3
"""Brings some of an account's mail to another, as a tool may that cares little:
every other message of some folders, with the date of today and flags of its own.

    imap_brought.py LOGIN LOGIN FOLDER...     prints how many

LOGIN is that of tests/lib/imap_client.py.
"""

import sys

from imap_client import Imap, ImapError, to_mutf7


def bodies(imap, name):
    imap.select(name, "EXAMINE")
    for uid in imap.search("ALL")[::2]:
        for words in imap.run(f"UID FETCH {uid} BODY.PEEK[]"):
            if words[1] == "FETCH":
                yield next(w for w in words[2] if isinstance(w, bytes))


def main():
    count = 0
    with Imap.at(sys.argv[1]) as old, Imap.at(sys.argv[2]) as new:
        for name in sys.argv[3:]:
            try:
                new.run("CREATE", to_mutf7(name))
            except ImapError:
                pass  # it is there
            for body in bodies(old, name):
                new.run("APPEND", to_mutf7(name), "(\\Flagged odd)", body)
                count += 1
    print(count)


if __name__ == "__main__":
    main()
