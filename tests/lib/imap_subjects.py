#!/usr/bin/python3
"""What is in an account: a line for each folder that has mail, its name and the
subjects in it, `Work lunch, plan`; both sorted.

    imap_subjects.py LOGIN                    as tests/lib/imap_client.py has it
    imap_subjects.py LOGIN FOLDER SUBJECT     the UID of that one instead
"""

import re
import sys

from imap_client import Imap


def messages(imap, name):
    """(subject, UID) of each."""
    if not imap.select(name, "EXAMINE") or not imap.search("ALL"):
        return
    for words in imap.run("UID FETCH 1:*", "(UID BODY.PEEK[HEADER])"):
        if words[1:2] == ["FETCH"]:
            header = next(w for w in words[2] if isinstance(w, bytes))
            subject = re.search(rb"Subject: (.*?)\r\n", header).group(1)
            yield subject.decode(), words[2][words[2].index("UID") + 1]


def main():
    with Imap.at(sys.argv[1]) as imap:
        if len(sys.argv) > 2:
            print(dict(messages(imap, sys.argv[2]))[sys.argv[3]])
            return
        for name, attributes in sorted(imap.folders()):
            if "\\Noselect" in attributes:
                continue
            found = sorted(subject for subject, _ in messages(imap, name))
            if found:
                print(name, ", ".join(found))


if __name__ == "__main__":
    main()
