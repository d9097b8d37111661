#!/usr/bin/env python3
"""Are two trees of Maildirs the same mail?

    demo/compare.py PATTERN PATTERN [STAMP]

PATTERN is a path with %d %n %u, as in a Dovecot configuration.  Compared are
accounts, folders, UIDVALIDITY, and of each message its bytes, UID, flags,
keywords and date.  It shares no code with bk.  With STAMP, a file, whatever
changed on the first side since that file was made is no difference: that side
is in use.  Ends 0 where nothing differs, 1 where something does.
"""

import filecmp
import glob
import os
import re
import sys


def lines(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")
    except FileNotFoundError:
        return []


def accounts(pattern):
    """{what the letters of the pattern stand for: path}"""
    parts = re.split(r"(%[dnu])", pattern)
    regex = "".join("([^/]+)" if part.startswith("%") else re.escape(part)
                    for part in parts)
    wild = "".join("*" if part.startswith("%") else glob.escape(part)
                   for part in parts)
    return {re.fullmatch(regex, path).groups(): path
            for path in glob.glob(wild)
            if os.path.isdir(os.path.join(path, "cur"))}


def folders(account):
    """{folder's name on disk: path}, Maildir++ and nested folders alike."""
    found = {}
    for path, subs, _ in os.walk(account):
        if "cur" in subs:
            found[os.path.relpath(path, account)] = path
        subs[:] = [sub for sub in subs if sub not in ("cur", "new", "tmp")]
    return found


def messages(folder):
    """{base name: (path, uid, flags)}; keywords by their names."""
    uids, validity = {}, None
    for number, line in enumerate(lines(os.path.join(folder,
                                                     "dovecot-uidlist"))):
        if number == 0 and line.startswith("3 "):
            validity = [word for word in line.split() if word[0] == "V"][0]
        elif " :" in line:
            uid, name = line.split(" :", 1)
            uids[re.sub(r":2,.*", "", name)] = int(uid.split()[0])
    names = dict(line.split(" ", 1) for line in
                 lines(os.path.join(folder, "dovecot-keywords")) if " " in line)
    found = {}
    for sub in ("cur", "new"):
        for name in os.listdir(os.path.join(folder, sub)):
            base, _, letters = name.partition(":2,")
            flags = {names.get(str(ord(letter) - ord("a")), letter)
                     if letter.islower() else letter for letter in letters}
            found[base] = (os.path.join(folder, sub, name), uids.get(base),
                           flags)
    return found, validity


class Comparison:
    def __init__(self, stamp):
        self.since = os.stat(stamp).st_mtime if stamp else None
        self.different = []
        self.moved_on = 0
        self.counts = [0, 0, 0, 0]  # accounts, folders, messages, bytes

    def differs(self, place, what):
        """A difference, unless `place` was touched since the stamp."""
        while not os.path.exists(place):
            place = os.path.dirname(place)
        if self.since and os.stat(place).st_ctime >= self.since:
            self.moved_on += 1
        else:
            self.different.append(what)

    def message(self, one, two):
        path, uid, flags = one
        other, other_uid, other_flags = two
        if not filecmp.cmp(path, other, shallow=False):
            self.differs(path, "other bytes: " + path)
        if uid is not None and uid != other_uid:
            self.differs(path, "UID %s became %s: %s" % (uid, other_uid, path))
        if flags != other_flags:
            self.differs(path, "flags %s became %s: %s" % (
                " ".join(sorted(flags)), " ".join(sorted(other_flags)), path))
        if int(os.stat(path).st_mtime) != int(os.stat(other).st_mtime):
            self.differs(path, "another date: " + path)
        self.counts[2] += 1
        self.counts[3] += os.stat(path).st_size

    def folder(self, one, two):
        ours, validity = messages(one)
        theirs, other_validity = messages(two)
        if validity and validity != other_validity:
            self.differs(one, "UIDVALIDITY %s became %s: %s" % (
                validity, other_validity, one))
        for base in sorted(ours.keys() | theirs.keys()):
            if base not in theirs:
                self.differs(ours[base][0], "missing: " + ours[base][0])
            elif base not in ours:
                self.differs(os.path.join(one, "cur"),
                             "too much: " + theirs[base][0])
            else:
                self.message(ours[base], theirs[base])
        self.counts[1] += 1

    def both(self, ours, theirs, each, what):
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in theirs:
                self.differs(ours[name], "%s is missing: %s" % (
                    what, ours[name]))
            elif name not in ours:
                self.different.append("%s too much: %s" % (what, theirs[name]))
            else:
                each(ours[name], theirs[name])

    def account(self, one, two):
        self.counts[0] += 1
        self.both(folders(one), folders(two), self.folder, "folder")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    comparison = Comparison(sys.argv[3] if len(sys.argv) == 4 else None)
    comparison.both(accounts(sys.argv[1]), accounts(sys.argv[2]),
                    comparison.account, "account")
    for what in comparison.different[:20]:
        print("DIFFERENT  " + what)
    if comparison.different or not comparison.counts[2]:
        sys.exit("%d differences in %d messages" % (
            len(comparison.different), comparison.counts[2]))
    print("the same: %d accounts, %d folders, %d messages, %d bytes; "
          "with UIDs, flags, keywords and dates" % tuple(comparison.counts))
    if comparison.moved_on:
        print("(%d changes at the source since the backup began, as is usual "
              "where mail is in use)" % comparison.moved_on)


main()
