#!/usr/bin/python3
"""Three accounts with mail of three ages, some of it in folders of one age
alone, and with messages that are there twice.

    aged_mail.py MAIL CORPUS    below MAIL, as tests/servers/dovecot has it
"""

import os
import random
import sys
import time
from pathlib import Path

ACCOUNTS = "a.test/ann", "b.test/bob", "c.test/cat"
FOLDERS = (("", (1, 30, 300), 400), (".Old", (400,), 200),
           (".Work", (2, 100), 100))  # name, ages in days, messages
TWIN = b"Subject: twin\n\nthe same\n"
DAY_S = 86400


def put(path, data, date):
    path.write_bytes(data)
    os.utime(path, (date, date))


def fill(maildir, folder, ages, count, bodies):
    now = time.time()
    for part in "cur", "new", "tmp":
        (maildir / folder / part).mkdir(parents=True)
    for n in range(count):
        date = int(now - ages[n % len(ages)] * DAY_S - n)
        put(maildir / folder / "cur" / f"{date}.M{n}.mx:2,S", bodies(), date)
    # Twice the same, long ago and today.
    for days_ago in () if folder else (0, 200):
        put(maildir / folder / "cur" / f"twin{days_ago}.x.mx:2,", TWIN,
            int(now - days_ago * DAY_S - 60))


def main(root, corpus):
    mails = sorted(Path(corpus).glob("*/*.txt"))
    choose = random.Random(8)
    for account in ACCOUNTS:
        for folder, ages, count in FOLDERS:
            fill(Path(root) / account / "Maildir", folder, ages, count,
                 lambda: choose.choice(mails).read_bytes())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
