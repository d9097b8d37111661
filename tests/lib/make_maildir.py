#!/usr/bin/python3
"""Maildir trees from real mail, without a mail server.

    make_maildir.py plain ROOT CORPUS N      N messages in two accounts: files
                                             alone, no server has seen them yet
    make_maildir.py courier ROOT CORPUS      what Courier IMAP leaves behind; on
                                             stdout, as imap_view.py would show
                                             it: UIDs, flags, keywords, dates

Accounts lie in ROOT/DOMAIN/NAME/Maildir.
"""

import hashlib
import json
import os
import pathlib
import random
import sys

LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen",
           "T": "\\Deleted"}
KEYWORDS = ["$Label1", "NonJunk", "work", "$Forwarded"]
COURIER_FOLDERS = {
    "INBOX": "", "Sent": ".Sent", "Drafts": ".Drafts",
    "Archive/2003": ".Archive.2003", "Entwürfe": ".Entw&APw-rfe",
    "R&D": ".R&-D",
}


class Mail:
    """Corpus messages as files, from a fixed beginning."""

    def __init__(self, corpus, seed):
        self.choice = random.Random(seed)
        self.paths = sorted(pathlib.Path(corpus).glob("*/*.txt"))
        self.number = 0
        if not self.paths:
            sys.exit(f"no messages in {corpus}")

    def write(self, folder, suffix):
        """A message of its own name in folder/cur or new; name and body."""
        body = self.choice.choice(self.paths).read_bytes()
        if body.startswith(b"From "):
            body = body.split(b"\n", 1)[1]
        self.number += 1
        date = 1_000_000_000 + self.number * 997
        base = (f"{date}.M{self.number}P{4000 + self.number}"
                f"V0000000000000801I{self.number:016X}_0.mx.example.org,"
                f"S={len(body)}")
        path = folder / ("cur" if suffix else "new") / (base + suffix)
        path.write_bytes(body)
        os.utime(path, (date, date))
        return base, date, body


def make_folder(path):
    for name in "cur", "new", "tmp":
        (path / name).mkdir(parents=True)
    if path.name.startswith("."):
        (path / "maildirfolder").touch()


def own(root):
    """As root, mail belongs to the user mail, as with tests/servers."""
    if os.getuid() == 0:
        os.chown(root, 8, 8)
        for place, folders, files in os.walk(root):
            for name in folders + files:
                os.chown(os.path.join(place, name), 8, 8)


def plain(root, corpus, count):
    mail = Mail(corpus, 1)
    folders = []
    for account in "a.test/ann", "b.test/bob":
        for name in "", ".Sent", ".Projects.Rhine":
            folders.append(root / account / "Maildir" / name)
            make_folder(folders[-1])
    for number in range(count):
        letters = mail.choice.sample("FRST", mail.choice.randint(0, 2))
        mail.write(folders[number % len(folders)],
                   ":2," + "".join(sorted(letters)))


def courier_folder(mail, account, name, path):
    """Its lines of the view; writes courierimapuiddb and the keywords."""
    make_folder(path)
    validity = 1_061_000_000 + mail.number
    uid = 0
    uids, keywords = [], []
    for _ in range(mail.choice.randint(3, 12)):
        uid += mail.choice.randint(1, 40)
        letters = sorted(mail.choice.sample("DFRST", mail.choice.randint(0, 3)))
        indexes = sorted(mail.choice.sample(
            range(len(KEYWORDS)), mail.choice.randint(0, 2)))
        suffix = ":2," + "".join(letters)
        if not letters and not indexes and name == "INBOX":
            suffix = ""
        base, date, body = mail.write(path, suffix)
        uids.append(f"{uid} {base}\n")
        if indexes:
            keywords.append(f"{base}:{' '.join(map(str, indexes))}\n")
        sent = body.replace(b"\r", b"").replace(b"\n", b"\r\n")
        yield {"kind": "message", "account": account, "folder": name,
               "uid": uid, "date": date, "size": len(sent),
               "flags": sorted([LETTERS[c] for c in letters]
                               + [KEYWORDS[i] for i in indexes]),
               "sha256": hashlib.sha256(sent).hexdigest()}
    (path / "courierimapuiddb").write_text(
        f"1 {validity} {uid + 5}\n" + "".join(uids))
    (path / "courierimapkeywords").mkdir()
    (path / "courierimapkeywords/:list").write_text(
        "".join(k + "\n" for k in KEYWORDS) + "\n" + "".join(keywords))
    (path / "courierimapacl").write_text("owner aceilrstwx\n"
                                         "administrators aceilrstwx\n")
    yield {"kind": "folder", "account": account, "folder": name,
           "uidvalidity": validity, "uidnext": uid + 5,
           "subscribed": name not in ("INBOX", "R&D")}


def courier(root, corpus):
    mail = Mail(corpus, 2)
    for account in "ann@a.test", "bob@b.test":
        local, domain = account.split("@")
        top = root / domain / local / "Maildir"
        for name, place in COURIER_FOLDERS.items():
            for line in courier_folder(mail, account, name, top / place):
                print(json.dumps(line, sort_keys=True))
        (top / "courierimapsubscribed").write_text("".join(
            f"INBOX{place}\n" for name, place in COURIER_FOLDERS.items()
            if name not in ("INBOX", "R&D")))
        (top / "courierimaphieracl").mkdir()
        (top / "courierpop3dsizelist").write_text("/2 1 1061000000\n")


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in ("plain", "courier"):
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[2])
    root.mkdir(parents=True, exist_ok=True)
    if sys.argv[1] == "plain":
        plain(root, sys.argv[3], int(sys.argv[4]))
    else:
        courier(root, sys.argv[3])
    own(root)


if __name__ == "__main__":
    main()
