#!/usr/bin/python3
"""People at their mail, all at a time, while mail_rain.py brings them more.

    people.py work LOGIN... --record FOLDER --until FILE
    people.py check LOGIN... --record FOLDER --taken FOLDER [--told FILE]

LOGIN is that of tests/lib/imap_client.py.

work    each reads, flags and moves what is in the INBOX, until FILE is there; who
        is cut off, or is not let in, comes again at once.  FOLDER/ACCOUNT gets
        what was done for certain, and for how long there was no getting in.
check   LOGINs are where the accounts live now.  Each number in FOLDER/ACCOUNT of
        --taken is the subject of one message, in one folder, and no larger one
        than the first of them is there besides; what was done to it is done
        there.  FILE has the JSON lines of tests/lib/read_notice.py: each
        was cut off, and for no longer than was told.
"""

import argparse
import json
import os
import pathlib
import random
import re
import sys
import threading
import time
import urllib.parse

from imap_client import Imap, ImapError, to_mutf7

DONE = "Done"
SUBJECT = "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"
REST_S = .01
ROUNDED_S = .1  # what is told
SLOW_S = 5      # a login that is let in, on a slow machine


def account_of(login):
    return urllib.parse.unquote(urllib.parse.urlsplit(login).username)


def subject_in(response):
    """The number that is the subject, or None."""
    for token in response:
        found = (subject_in(token) if isinstance(token, list) else
                 token[8:].decode().strip()
                 if isinstance(token, bytes) and token[:8] == b"Subject:"
                 else None)
        if found:
            return found if found.isdigit() else None
    return None


# ---- work --------------------------------------------------------------------

class Person:
    def __init__(self, login):
        self.login = login
        self.choice = random.Random(login)
        self.imap = None
        self.acts = 0
        self.known = {"flagged": [], "moved": [], "unsure": []}
        self.cuts = []  # [seconds of refusals, seconds until let in]
        self.cut_at = self.refused_at = None

    def come_in(self):
        begun = time.monotonic()
        try:
            self.imap = Imap.at(self.login)
        except (ImapError, OSError):
            self.refused_at = begun
            raise
        if self.cut_at:
            self.cuts.append([max(0, self.refused_at - self.cut_at),
                              begun - self.cut_at])
        self.cut_at = self.refused_at = None

    def do(self, what, subject, *words):
        """What breaks off may have been done, or not."""
        try:
            self.imap.run(*words)
        except (ImapError, OSError):
            self.known["unsure"].append(subject)
            raise
        self.known[what].append(subject)

    def read(self, uid):
        """The subject, after a look at the whole."""
        for words in self.imap.run("UID FETCH", str(uid), f"({SUBJECT} BODY[])"):
            subject = subject_in(words)
            if subject:
                texts = [token for token in words[2] if isinstance(token, bytes)]
                if f"rain {subject}\r\n".encode() not in texts[-1]:
                    sys.exit(f"{self.login}: {subject} has another text: {texts}")
                return subject
        return None

    def act(self):
        if not self.imap:
            self.come_in()
        self.imap.select("INBOX")
        uids = self.imap.search("ALL")
        subject = self.read(uid := self.choice.choice(uids)) if uids else None
        if subject and self.choice.random() < .4:
            self.do("moved", subject, "UID MOVE", str(uid), DONE)
        elif subject:
            self.do("flagged", subject, "UID STORE", str(uid),
                    "+FLAGS.SILENT (\\Flagged)")
        self.acts += 1

    def leave(self):
        if self.imap:
            self.imap.__exit__()
        self.imap = None

    def work(self, until, record):
        while not os.path.exists(until) or self.cut_at:
            try:
                self.act()
            except (ImapError, OSError):
                self.cut_at = self.cut_at or time.monotonic()
                self.refused_at = self.refused_at or self.cut_at
                self.leave()
            time.sleep(REST_S)
        self.leave()
        told = self.known | {"acts": self.acts, "cuts": self.cuts}
        pathlib.Path(record, account_of(self.login)).write_text(
            json.dumps(told), encoding="ascii")


def work(args):
    os.makedirs(args.record, exist_ok=True)
    for login in args.login:
        with Imap.at(login) as imap:
            if DONE not in [name for name, _ in imap.folders()]:
                imap.run("CREATE", to_mutf7(DONE))
    threads = [threading.Thread(target=Person(login).work,
                                args=(args.until, args.record))
               for login in args.login]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---- check -------------------------------------------------------------------

def places_at(login):
    """{subject: [(folder, flags)]} of all that has a number."""
    found = {}
    with Imap.at(login) as imap:
        for name, attributes in imap.folders():
            if attributes & {"\\Noselect", "\\NonExistent"}:
                continue
            imap.select(name, "EXAMINE")
            for words in imap.run("UID FETCH", "1:*", f"(FLAGS {SUBJECT})"):
                subject = words[1] == "FETCH" and subject_in(words)
                if subject:
                    flags = words[2][words[2].index("FLAGS") + 1]
                    found.setdefault(subject, []).append((name, flags))
    return found


def check_mail(places, taken, known):
    """What is wrong with it, in words."""
    for number in taken:
        at = places.get(number, [])
        if len(at) != 1:
            yield f"{number} is in {len(at)} places: {at}"
            continue
        folder, flags = at[0]
        if number in known["unsure"]:
            continue
        if (folder == DONE) != (number in known["moved"]):
            yield f"{number} is in {folder}"
        if ("\\Flagged" in flags) != (number in known["flagged"]):
            yield f"{number} has the flags {flags}"
    for number in places.keys() - taken:
        if int(number) > min(map(int, taken)):
            yield f"{number} is there, and was never taken"


def check_cuts(known, held):
    if not known["cuts"]:
        yield "was never cut off"
    for refused, outside in known["cuts"]:
        if refused > held + ROUNDED_S or outside > held + SLOW_S:
            yield (f"was refused for {refused:.2f} s, let in after "
                   f"{outside:.2f} s, and held for {held} s")


def check(args):
    told = {}
    if args.told:
        lines = re.findall(r"^JSON (\S+) .* (\S+)$",
                           pathlib.Path(args.told).read_text(encoding="utf-8"),
                           re.MULTILINE)
        told = {account: float(held) for account, held in lines}
    wrong = []
    for login in args.login:
        account = account_of(login)
        known = json.loads(pathlib.Path(args.record, account).read_text(
            encoding="ascii"))
        with open(os.path.join(args.taken, account), encoding="ascii") as file:
            taken = {line.split()[0] for line in file}
        said = list(check_mail(places_at(login), taken, known))
        if args.told:
            said += check_cuts(known, told[account])
        if known["acts"] < 10 or not known["moved"] or not known["flagged"]:
            said.append(f"hardly worked: {known}")
        print(f"{account}: {len(taken)} mails, {known['acts']} acts, "
              f"cut off {known['cuts']}, {told.get(account)} s were told")
        wrong += [f"{account}: {each}" for each in said]
    sys.exit("\n".join(wrong) or None)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("verb", choices=["work", "check"])
    parser.add_argument("login", nargs="+")
    for name in "record", "until", "taken", "told":
        parser.add_argument(f"--{name}")
    args = parser.parse_args()
    {"work": work, "check": check}[args.verb](args)


if __name__ == "__main__":
    main()
