#!/usr/bin/python3
"""The messages of a Maildir tree as files, without any mail server.

    maildir_files.py list ROOT          a line for each message, sorted: folder,
                                        base name, flags, mtime, SHA-256
    maildir_files.py contents ROOT      a line for each content: its SHA-256
    maildir_files.py delivered ROOT RECORD [BEFORE [SERVER]]
                                        proves RECORD of mail_world.py deliver:
                                        what was accepted before the time BEFORE
                                        is there, and nothing is there cut;
                                        what SERVER has no longer was deleted
"""

import collections
import hashlib
import os
import re
import sys

# What they stand for differs from folder to folder and from time to time.
KEYWORD_LETTERS = re.compile("[a-z]")
TOKEN = re.compile(rb"^X-Test-Token: (\S+)\r?$", re.M)


def messages(root):
    """(folder, base name, flags, path) of every file in a cur or new."""
    root = os.fsencode(root)
    for place, _, names in os.walk(root):
        folder, kind = os.path.split(place)
        if kind in (b"cur", b"new"):
            for name in names:
                base, _, flags = name.partition(b":2,")
                yield (os.path.relpath(folder, root), base, flags,
                       os.path.join(place, name))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def printable(raw):
    return raw.decode(errors="backslashreplace").replace("\n", "\\n")


def list_messages(root):
    lines = []
    for folder, base, flags, path in messages(root):
        digest = hashlib.sha256(read(path)).hexdigest()
        lines.append("\t".join([
            printable(folder), printable(base),
            KEYWORD_LETTERS.sub("", printable(flags)),
            str(int(os.stat(path).st_mtime)), digest]))
    print(*sorted(lines), sep="\n")


def list_contents(root):
    digests = (hashlib.sha256(read(path)).hexdigest()
               for _, _, _, path in messages(root))
    print(*sorted(set(digests)), sep="\n")


def found_tokens(root):
    """Tokens of delivered messages with the digests of all their copies, as
    they were sent: from the token's line on, with CRLF."""
    found = collections.defaultdict(set)
    for _, _, _, path in messages(root):
        raw = read(path)
        token = TOKEN.search(raw)
        if token:
            sent = raw[token.start():].replace(b"\r", b"")
            digest = hashlib.sha256(sent.replace(b"\n", b"\r\n")).hexdigest()
            found[token.group(1).decode()].add(digest)
    return found


def check_delivered(root, record, before="inf", server=None):
    found = found_tokens(root)
    left = found_tokens(server) if server else None
    wrong = accepted = 0
    with open(record, encoding="ascii") as lines:
        for line in lines:
            account, token, when, digest = line.split()
            copies = found.get(token, set())
            must_be_there = float(when) < float(before) and (
                left is None or token in left)
            accepted += must_be_there
            if must_be_there and not copies:
                wrong += 1
                print(f"{account}: {token} was accepted and is not there")
            if copies - {digest}:
                wrong += 1
                print(f"{account}: {token} is not what was sent")
    if not accepted:
        print("nothing had been delivered")
    return 1 if wrong or not accepted else 0


VERBS = {"list": list_messages, "contents": list_contents,
         "delivered": check_delivered}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    sys.exit(VERBS[sys.argv[1]](*sys.argv[2:]))
