#!/usr/bin/python3
"""What a reader of a set must find: the mail of Maildirs, read without bk.

    expect.py list TOP              canonical JSON lines for TOP/*/*/Maildir, made as
                                    those of `bkread.py list --hash`, in their order
    expect.py files TOP DIR         proves what `bkread.py extract` left in DIR:
                                    bytes and dates of all messages, and no file more
    expect.py narrow <LISTING       a listing without what only a repository knows
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import sys

LETTERS = {"S": "Seen", "R": "Answered", "F": "Flagged", "T": "Deleted", "D": "Draft",
           "P": "Passed"}
ORDER = ["Seen", "Answered", "Flagged", "Deleted", "Draft", "Passed"]
FOLDER = {"account", "folder", "uidvalidity", "uidnext", "subscribed", "messages"}
MESSAGE = {"account", "folder", "uid", "name", "flags", "keywords", "internaldate", "size",
           "sha256"}


def from_mutf7(name):
    def decode(match):
        if not match[1]:
            return "&"
        return base64.b64decode(match[1].replace(",", "/") + "===").decode("utf-16-be")
    return re.sub(r"&([^-]*)-", decode, name)


def lines_of(path):
    try:
        return path.read_bytes().decode(errors="surrogateescape").split("\n")[:-1]
    except FileNotFoundError:
        return []


def subscriptions(maildir):
    """Names as folders are spelt: Dovecot writes modified UTF-7 here too."""
    lines = lines_of(maildir / "subscriptions")
    if lines[:1] == ["V\t2"]:
        lines = [line.replace("\t", ".") for line in lines[2:]]
    return set(lines)


def uidlist(folder):
    """(UIDVALIDITY, UIDNEXT, {base name: uid})"""
    lines = lines_of(folder / "dovecot-uidlist")
    if not lines:
        return 0, 0, {}
    head = dict((word[0], word[1:]) for word in lines[0].split()[1:])
    uids = {}
    for line in lines[1:]:
        before, _, name = line.partition(" :")
        uids[name.partition(":2,")[0]] = int(before.split()[0])
    return int(head.get("V", 0)), int(head.get("N", 0)), uids


def keywords(folder):
    return dict(line.split(" ", 1) for line in lines_of(folder / "dovecot-keywords"))


def folders(top):
    """(account, folder name, path, is it subscribed to?), in order."""
    found = []
    for maildir in pathlib.Path(top).glob("*/*/Maildir"):
        account = f"{maildir.parent.name}@{maildir.parent.parent.name}"
        names = subscriptions(maildir)
        found.append((account, "INBOX", maildir, "INBOX" in names))
        for path in maildir.glob(".?*/"):
            if (path / "cur").is_dir():
                name = from_mutf7(path.name[1:].replace(".", "/"))
                found.append((account, name, path, path.name[1:] in names))
    return sorted(found, key=lambda each: each[:2])


def messages(folder):
    """(uid, name, flags, keywords, path) of its messages, in order."""
    _, _, uids = uidlist(folder)
    words = keywords(folder)
    found = []
    for kind in "cur", "new":
        for path in (folder / kind).iterdir():
            name, _, info = path.name.partition(":2,")
            flags = {LETTERS[letter] for letter in info if letter in LETTERS}
            its = [words[str(ord(letter) - 97)] for letter in info
                   if letter.islower() and str(ord(letter) - 97) in words]
            found.append((uids.get(name, 0), name, sorted(flags, key=ORDER.index), sorted(its),
                          path))
    return sorted(found, key=lambda each: (each[0], os.fsencode(each[1])))


def line(**what):
    print(json.dumps(what, sort_keys=True))


def do_list(top):
    for account in sorted({each[0] for each in folders(top)}):
        line(account=account)
    for account, name, path, subscribed in folders(top):
        validity, following, _ = uidlist(path)
        its = messages(path)
        line(account=account, folder=name, uidvalidity=validity, uidnext=following,
             subscribed=subscribed, messages=len(its))
        for uid, base, flags, words, file in its:
            raw = file.read_bytes()
            line(account=account, folder=name, uid=uid, name=base, flags=flags, keywords=words,
                 internaldate=int(file.stat().st_mtime), size=len(raw),
                 sha256=hashlib.sha256(raw).hexdigest())


def do_narrow():
    for each in map(json.loads, sys.stdin):
        keep = MESSAGE if "uid" in each else FOLDER if "folder" in each else {"account"}
        line(**{key: value for key, value in each.items() if key in keep})


def do_files(top, extracted):
    """By (mtime, digest): what a file is called there is the reader's affair."""
    def prints(paths):
        return sorted((int(p.stat().st_mtime), hashlib.sha256(p.read_bytes()).hexdigest())
                      for p in paths)
    wanted = prints(each[4] for _, _, path, _ in folders(top) for each in messages(path))
    found = prints(p for p in pathlib.Path(extracted).rglob("*") if p.is_file())
    for what in sorted(set(wanted) ^ set(found)):
        print("only in", "the Maildirs:" if what in wanted else "what was extracted:", *what)
    print(len(wanted), "messages,", len(found), "files")
    return 1 if wanted != found or not wanted else 0


if __name__ == "__main__":
    VERBS = {"list": do_list, "files": do_files, "narrow": do_narrow}
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    sys.exit(VERBS[sys.argv[1]](*sys.argv[2:]))
