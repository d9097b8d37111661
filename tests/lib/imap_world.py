#!/usr/bin/python3
"""Makes accounts over IMAP, for tests of what moves them, on any server.

    imap_world.py ordinary LOGIN... [--messages N] [--seed S]
    imap_world.py awkward LOGIN [--large MIB] [--share USER...] [--sieve PORT]
                                [--future]
    imap_world.py restless LOGIN --until FILE [--seed S] [--rate N]
                                 [--lmtp PORT --record RECORD]

LOGIN is that of tests/lib/imap_client.py; the account is there, and empty.

ordinary   N messages (200) in some folders, with flags, keywords and dates of
           thirty years, subscriptions, gaps between the UIDs.  The same seed
           makes the same account; each further one has the next seed.
awkward    what an account may hold and most do not: see below.  What the server
           refuses is printed, a line each: `refused: WHAT`.  MIB is the size of
           the large message (30), USER gets rights in some folders, PORT is
           where ManageSieve takes two scripts.  --future adds a message of
           2038: Dovecot takes it for one of today.
restless   somebody at work: flags, moves, copies, deletes and adds messages,
           makes, renames and deletes folders, until FILE is there.  With --lmtp
           mail is delivered meanwhile, and RECORD gets a line for each message
           that was accepted: token and SHA-256 of what was sent.  Prints how many
           things it did.
"""

import argparse
import hashlib
import os
import random
import smtplib
import sys
import time

from imap_client import TIMEOUT_S, Imap, ImapError, to_mutf7
from mail_world import HAND_MADE, append, one_change, send, store
from sieve_client import Sieve

WORDS = ("mail server folder letter invoice order answer question report plan "
         "river bridge train ticket garden kitchen winter summer").split()
ORDINARY = ["INBOX", "Sent", "Drafts", "Trash", "Projects", "Projects/Rhine",
            "Archive/2019", "Archive/2020", "Entwürfe & Maß"]


class Generated:
    """Messages as people write them, none like another; as mail_world.Corpus."""

    def __init__(self, choice):
        self.choice = choice
        self.number = 0

    def text(self, words):
        return " ".join(self.choice.choices(WORDS, k=words))

    def draw(self):
        self.number += 1
        mark = f"{self.number}.{self.choice.randrange(10 ** 12)}"
        lines = [self.text(11) for _ in range(self.choice.randrange(1, 60))]
        return "\r\n".join([
            f"From: {self.choice.choice(WORDS)}@b.test", "To: ann@a.test",
            f"Subject: {self.text(4)}", f"Message-ID: <{mark}@b.test>",
            "MIME-Version: 1.0", "", *lines, ""]).encode()


def make(imap, name):
    """A folder that may be there already."""
    try:
        imap.run("CREATE", to_mutf7(name))
    except ImapError as error:
        if "exists" not in str(error).lower():
            raise


def ordinary(imap, messages, seed):
    choice = random.Random(seed)
    source = Generated(choice)
    for number, name in enumerate(ORDINARY):
        if name != "INBOX":
            make(imap, name)
        share = messages // len(ORDINARY)
        if name == "INBOX":
            share += messages % len(ORDINARY)
        gaps = number % 3
        for start in range(0, share + gaps, 50):
            count = min(50, share + gaps - start)
            append(imap, choice, name, [source.draw() for _ in range(count)])
        imap.select(name)
        uids = imap.search("ALL")
        store(imap, "+FLAGS.SILENT", uids[1:1 + gaps], ["\\Deleted"])
        store(imap, "-FLAGS.SILENT", uids[1 + gaps:] + uids[:1], ["\\Deleted"])
        imap.run("EXPUNGE")
        if number % 4 != 3:
            imap.run("SUBSCRIBE", to_mutf7(name))


# ---- awkward -----------------------------------------------------------------

NAMES = [
    "Письма", "Письма/Входящие/2019 год", "R&D", "&- &AOQ-", "all * of % it",
    'with "quotes"', "it's (so) {3} [x]", "back\\slash", "dot.in.the.name",
    " space before", "trailing space ", "a  b", "~tilde", "#hash", "日本語/メール",
    "☃ and 🐘", "é", "e\N{COMBINING ACUTE ACCENT}", "no/parent/here/at/all", "Case",
    "CASE", "INBOX/below", "Inboxes", "n" * 200, "-dash", "CON", "Papierkorb",
    "Gesendete Objekte", "empty", "NIL",
]
KEYWORDS = [f"$Keyword{n}" for n in range(14)] + [
    "NonJunk", "work", "todo-2003", "a.b:c", "ÄÖ", "UPPER", "x" * 60]
SAME = b"From: a@b.test\r\nSubject: equal\r\nMessage-ID: <equal@b.test>\r\n" \
    b"Date: Mon, 1 Mar 2021 10:11:12 +0000\r\n\r\n"
MESSAGES = {
    "8-bit headers": b"From: J\xf6rg <j@b.test>\r\n"
                     b"Subject: \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"
                     b"\r\n\r\nGr\xfc\xdfe\r\n",
    "no Message-ID": b"From: a@b.test\r\nSubject: none\r\n\r\nfirst\r\n",
    "no Message-ID either": b"From: a@b.test\r\nSubject: none\r\n\r\nsecond\r\n",
    "equal headers": SAME + b"one body\r\n",
    "equal headers too": SAME + b"another body\r\n",
    "a duplicate": SAME + b"one body\r\n",
    "headers of 200 KB": b"Subject: many\r\n" + b"X-Many: and more\r\n" * 11000
                         + b"\r\nbody\r\n",
    "lines that look like IMAP": b"Subject: )\r\n\r\n* 3 EXISTS\r\nt OK done\r\n"
                                 b"{5}\r\n+ go on\r\n",
    "a dot and a From": b"Subject: dots\r\n\r\n.\r\n..\r\nFrom me\r\n>From you\r\n",
}
DATES = ["01-Jan-1970 00:00:01 +0000", "31-Dec-1999 23:59:59 -1100",
         "29-Feb-2000 12:00:00 +1300", "28-Mar-2021 02:30:00 +0100",
         "05-May-2005 05:05:05 +0545"]


class Asked:
    """Asks for what a server may refuse, and says what it did."""

    def __init__(self, imap):
        self.imap = imap

    def __call__(self, what, *words):
        try:
            self.imap.run(*words)
            return True
        except ImapError as error:
            print(f"refused: {what}: {str(error)[:200]}")
            return False


def date_of(number):
    return f'"{DATES[number % len(DATES)]}"'


def awkward_folders(ask):
    """(number, name) of those that it made."""
    made = [(number, name) for number, name in enumerate(NAMES)
            if ask(f"the folder {name!r}", "CREATE", to_mutf7(name))]
    for number, name in made:
        if number % 2:
            ask(f"a subscription to {name!r}", "SUBSCRIBE", to_mutf7(name))
    ask("a folder to go", "CREATE", b"long gone")
    ask("a subscription to it", "SUBSCRIBE", b"long gone")
    ask("its end", "DELETE", b"long gone")
    ask("a subscription to no folder", "SUBSCRIBE", b"never was")
    ask("a special use", "CREATE", to_mutf7("Muellkorb"), "(USE (\\Junk))")
    return made


def awkward_mail(ask, folders, args):
    for number, (what, body) in enumerate(MESSAGES.items()):
        ask(what, "APPEND INBOX", "(\\Seen)" if number % 2 else "()",
            date_of(number), body)
    for number, body in enumerate(HAND_MADE):
        ask(f"{body[:40]!r}", "APPEND INBOX", date_of(number), body)
    line = b"0123456789abcdef" * 4 + b"\r\n"
    body = line * (args.large * (1 << 20) // len(line))
    ask("a large message", "APPEND INBOX", "(\\Flagged)", date_of(0),
        b"Subject: large\r\n\r\n" + body)
    for flag in "\\Answered", "\\Draft", "\\Deleted":
        ask(flag, "APPEND INBOX", f"({flag})", date_of(1),
            f"Subject: {flag}\r\n\r\n".encode())
    if args.future:
        ask("a date to come", "APPEND INBOX", '"19-Jan-2038 03:14:08 +0000"',
            b"Subject: from the future\r\n\r\n")
    for number, name in folders:
        if name not in ("empty", "NIL"):
            body = f"Message-ID: <{number}@x.test>\r\n\r\nin {name}\r\n"
            ask(f"mail in {name!r}", "APPEND", to_mutf7(name),
                date_of(number), body.encode())


def awkward_flags(ask, imap):
    imap.select("INBOX")
    uids = imap.search("ALL")
    for number, keyword in enumerate(KEYWORDS):
        uid = uids[number % len(uids)]
        ask(f"the keyword {keyword}", f"UID STORE {uid} +FLAGS.SILENT "
            f"({keyword})")
    ask("all of them on one message", f"UID STORE {uids[0]} +FLAGS.SILENT "
        f"({' '.join(KEYWORDS[:14])})")
    gone = b"Subject: a gap before the next\r\n\r\n"
    ask("a gap of 150 UIDs", "APPEND INBOX", *["(\\Deleted)", gone] * 150)
    new = [uid for uid in imap.search("ALL") if uid > uids[-1]]
    if new:
        ask("... without mail", f"UID EXPUNGE {new[0]}:{new[-1]}")
    ask("mail behind it", "APPEND INBOX", date_of(2), b"Subject: behind a gap\r\n\r\n")


def awkward_rights(ask, imap, folders, share):
    if "METADATA" in imap.capabilities:
        ask("METADATA of the account", "SETMETADATA", b"",
            "(/private/comment", "Моя почта".encode(), ")")
        for name in ["INBOX", *folders[:3]]:
            ask(f"METADATA of {name!r}", "SETMETADATA", to_mutf7(name),
                "(/private/comment", f'of "{name}"\r\nin lines'.encode(),
                "/shared/comment", b"for all", ")")
    if "ACL" in imap.capabilities:
        for who, name in zip(share * 2, folders):
            ask(f"rights for {who}", "SETACL", to_mutf7(name), who.encode(),
                "lrsw")
        ask("rights for anyone", "SETACL", to_mutf7(folders[1]), b"anyone",
            "lr")


SCRIPTS = {"main": b'require "fileinto";\r\nif header :contains "X-Spam" "yes" '
                   b'{\r\n  fileinto "Junk";\r\n}\r\n',
           "Urlaub und so": "# später\r\nkeep;\r\n".encode()}


def awkward_scripts(port, imap):
    with Sieve(port, imap.user, imap.password,
               imap.account if imap.account != imap.user else "") as sieve:
        for name, script in SCRIPTS.items():
            sieve.put(name, script)
        sieve.activate("main")


def awkward(imap, args):
    ask = Asked(imap)
    folders = awkward_folders(ask)
    awkward_mail(ask, folders, args)
    awkward_flags(ask, imap)
    awkward_rights(ask, imap, [name for _, name in folders], args.share)
    if args.sieve:
        awkward_scripts(args.sieve, imap)


# ---- restless ----------------------------------------------------------------

class Deliverer:
    """Mail that comes in by LMTP, with a record of what was accepted."""

    def __init__(self, args, account, choice):
        self.account = account
        self.source = Generated(choice)
        self.number = 0
        self.lmtp = self.record = None
        if args.lmtp:
            self.lmtp = smtplib.LMTP("127.0.0.1", args.lmtp, timeout=TIMEOUT_S)
            self.record = open(args.record, "a", encoding="ascii", buffering=1)

    def deliver(self):
        if not self.lmtp:
            return
        token = f"{os.getpid()}-{self.number}"
        self.number += 1
        body = f"X-Test-Token: {token}\r\n".encode() + self.source.draw()
        send(self.lmtp, [self.account], body)
        print(token, hashlib.sha256(body).hexdigest(), file=self.record)


def restless(login, args):
    """Who is sent away, or meets what somebody else has done, comes again."""
    choice = random.Random(args.seed)
    source = Generated(choice)
    done, imap = 0, Imap.at(login)
    deliverer = Deliverer(args, imap.account, choice)
    while not os.path.exists(args.until):
        start = time.monotonic()
        try:
            one_change(imap, choice, source)
        except (ImapError, OSError) as error:
            print(f"again after: {error}", file=sys.stderr)
            imap.__exit__()
            imap = Imap.at(login)
        if done % 3 == 0:
            deliverer.deliver()
        done += 1
        time.sleep(max(0, start + 1 / args.rate - time.monotonic()))
    print(done)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in "ordinary", "awkward", "restless":
        verbs.add_parser(name).add_argument(
            "login", nargs="+" if name == "ordinary" else None)
    verb = verbs.choices["ordinary"]
    verb.add_argument("--messages", type=int, default=200)
    verb.add_argument("--seed", type=int, default=1)
    verb = verbs.choices["awkward"]
    verb.add_argument("--large", type=int, default=30)
    verb.add_argument("--share", nargs="*", default=[])
    verb.add_argument("--sieve", type=int)
    verb.add_argument("--future", action="store_true")
    verb = verbs.choices["restless"]
    verb.add_argument("--until", required=True)
    verb.add_argument("--seed", type=int, default=1)
    verb.add_argument("--rate", type=float, default=50)
    verb.add_argument("--lmtp", type=int)
    verb.add_argument("--record")
    args = parser.parse_args()
    if args.verb == "restless":
        return restless(args.login, args)
    if args.verb == "ordinary":
        for number, login in enumerate(args.login):
            with Imap.at(login) as imap:
                ordinary(imap, args.messages, args.seed + number)
        return None
    with Imap.at(args.login) as imap:
        return awkward(imap, args)


if __name__ == "__main__":
    main()
