#!/usr/bin/python3
"""Real mail in a real server: what a small company's mail looks like after some
years, and what happens to it on one day.

    mail_world.py accounts
    mail_world.py fill [--flat] ENV CORPUS [ACCOUNT...]
    mail_world.py change ENV CORPUS SEED [--until FILE]
    mail_world.py deliver ENV CORPUS RECORD --until FILE [--rate N]

ENV is the env file of tests/servers/dovecot, CORPUS the folder that
tests/lib/fetch_corpus prints.  The same SEED makes the same choices.
--until goes on until FILE is there.
--flat: no folder with mail has folders below it, as mbox files want it, and
none has rights.

deliver writes a line for each message that the server has accepted: account,
token, time and digest; delivered.py finds them again.
"""

import argparse
import hashlib
import os
import pathlib
import random
import re
import smtplib
import sys
import time

from imap_client import TIMEOUT_S, Imap, env_ports, to_mutf7

ACCOUNTS = [f"{name}@{domain}" for domain, names in (
    ("a.test", "ann bob carla d.ivers erik frida gustav hanna"),
    ("b.test", "info sales j.o-neil kim lea max_m nina"),
    ("c.test", "otto paula quentin root web-shop"),
) for name in names.split()]

FOLDERS = [
    "Sent", "Drafts", "Trash", "Junk", "Entwürfe", "Projects", "Projects/Rhine",
    "Projects/Rhine/Größe & Maß", "Archive/2002/09", "日本語", "R&D",
    "Письма/Входящие", "with 'quotes' and \\backslash", "☃ and 🐘", "a  b ~",
    "Kunden/Müller GmbH/Rechnungen",
]
# Neither renamed nor deleted, so that a test can name them.
KEPT = "INBOX", "Sent", "Projects", "Projects/Rhine"

FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]
KEYWORDS = ["$Label1", "$Label2", "$Forwarded", "$MDNSent", "NonJunk", "Junk",
            "work", "todo-2003", "Later"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

HAND_MADE = [
    b"Subject: only a header\r\n\r\n",
    b"\r\nno header at all\r\n",
    b"Subject: no empty line\r\n",
    b"Subject: no line end\r\n\r\nlast words",
    b"Subject: long line\r\n\r\n" + b"x" * 70_000 + b"\r\n",
    b"Subject: =?utf-8?b?8J+QmA==?=\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"\xff\xfe\x80 not UTF-8\r\n",
    b"Subject: broken\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!AAA=BB\r\n--b\r\n",
]


class Corpus:
    """Messages with CRLF and without the mbox separator, drawn at random."""

    def __init__(self, folder, choice):
        self.paths = sorted(pathlib.Path(folder).glob("*/*.txt"))
        if not self.paths:
            sys.exit(f"no messages in {folder}")
        self.choice = choice

    def draw(self):
        raw = self.choice.choice(self.paths).read_bytes()
        if raw.startswith(b"From "):
            raw = raw.split(b"\n", 1)[1]
        if not raw.endswith(b"\n"):
            raw += b"\n"
        return raw.replace(b"\r", b"").replace(b"\n", b"\r\n")


def new_mail(corpus):
    """Unlike any other, so that what was expunged never comes again."""
    return b"X-New: " + os.urandom(8).hex().encode() + b"\r\n" + corpus.draw()


def big_attachment(choice):
    lines = [choice.randbytes(57).hex().encode() for _ in range(20_000)]
    return (b"Subject: large\r\nContent-Type: text/plain\r\n\r\n"
            + b"\r\n".join(lines) + b"\r\n")


def some(choice, items, upto):
    return choice.sample(items, choice.randint(0, min(upto, len(items))))


def some_flags(choice):
    return some(choice, FLAGS, 2) + some(choice, KEYWORDS, 2)


def some_date(choice):
    return '"{:02}-{}-{} {:02}:{:02}:{:02} {}"'.format(
        choice.randint(1, 28), choice.choice(MONTHS), choice.randint(1994, 2026),
        choice.randint(0, 23), choice.randint(0, 59), choice.randint(0, 59),
        choice.choice(["+0000", "+0200", "-0730", "+1345"]))


def append(imap, choice, folder, bodies):
    """One MULTIAPPEND."""
    words = ["APPEND", to_mutf7(folder)]
    for body in bodies:
        flags = some_flags(choice)
        words += ["(" + " ".join(flags) + ")", some_date(choice), body]
    imap.run(*words)


def uid_list(uids):
    return ",".join(str(uid) for uid in uids)


def store(imap, verb, uids, flags):
    if uids and flags:
        imap.run("UID STORE", uid_list(uids), verb,
                 "(" + " ".join(flags) + ")")


def expunge_some(imap, choice, upto):
    """Never what `deliver` brought: that must be found again."""
    old = imap.search("NOT", "HEADER", b"X-Test-Token", b"")
    gone = some(choice, old, upto)
    if gone:
        store(imap, "+FLAGS.SILENT", gone, ["\\Deleted"])
        imap.run("UID EXPUNGE", uid_list(gone))


def move_some(imap, choice, verb, target, upto):
    uids = some(choice, imap.search("ALL"), upto)
    if uids:
        imap.run(verb, uid_list(uids), to_mutf7(target))


def has_below(folder):
    return any(other.startswith(folder + "/") for other in FOLDERS)


def arrange(imap, choice, corpus, account, flat):
    """Folders, dates, flags, keywords, gaps, subscriptions and rights of an
    account that has mail in its INBOX."""
    folders = choice.sample(FOLDERS, choice.randint(5, 8))
    if account == ACCOUNTS[0]:
        folders = FOLDERS
    if flat:
        folders = [folder for folder in FOLDERS if not has_below(folder)]
    for folder in folders:
        imap.run("CREATE", to_mutf7(folder))
        bodies = [corpus.draw() for _ in range(choice.randint(1, 6))]
        append(imap, choice, folder, bodies)
        if choice.random() < .7:
            imap.run("SUBSCRIBE", to_mutf7(folder))
    imap.run("SUBSCRIBE", b"INBOX")
    append(imap, choice, folders[0], HAND_MADE)
    other = choice.choice([a for a in ACCOUNTS if a != account])
    if not flat:
        imap.run("SETACL", to_mutf7(folders[1]), other.encode(), "lrwst")
        imap.run("SETACL", to_mutf7(folders[2]), b"anyone", "lr")

    imap.select("INBOX")
    for uid in imap.search("ALL"):
        store(imap, "+FLAGS.SILENT", [uid], some_flags(choice))
    for folder in folders[:3]:
        move_some(imap, choice, "UID MOVE", folder, 5)
        move_some(imap, choice, "UID COPY", folder, 2)
    expunge_some(imap, choice, 6)
    for folder in folders[1:4]:
        imap.select(folder)
        expunge_some(imap, choice, 3)


def send(lmtp, rcpts, body):
    """smtplib's own sendmail() expects one reply where LMTP gives one for each
    recipient."""
    def expect(wanted, reply):
        if reply[0] != wanted:
            raise smtplib.SMTPResponseException(*reply)
    expect(250, lmtp.mail("sender@example.org"))
    for rcpt in rcpts:
        expect(250, lmtp.rcpt(rcpt))
    expect(354, lmtp.docmd("DATA"))
    lmtp.send(re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")
    for _ in rcpts:
        expect(250, lmtp.getreply())


def fill(env, folder, accounts, flat):
    imap_port, lmtp_port = env_ports(env)
    choice = random.Random(2002)
    corpus = Corpus(folder, choice)
    with smtplib.LMTP("127.0.0.1", lmtp_port, timeout=TIMEOUT_S) as lmtp:
        for number in range(30 * len(accounts)):
            rcpts = {accounts[number % len(accounts)], *some(choice, accounts, 2)}
            send(lmtp, sorted(rcpts), corpus.draw())
    for account in accounts:
        with Imap(imap_port, account) as imap:
            arrange(imap, choice, corpus, account, flat)
    with Imap(imap_port, ACCOUNTS[0]) as imap:
        append(imap, choice, "Sent" if flat else "Projects/Rhine",
               [big_attachment(choice)])


def rename_folder(imap, choice, names):
    """What was renamed once is not renamed again.  The old name often stays
    subscribed, as with real clients."""
    plain = [n for n in names if n not in KEPT and not n.startswith("Früher")]
    if plain:
        name = choice.choice(plain)
        new_name = f"Früher/{choice.randrange(10 ** 9)} {name}"
        imap.run("RENAME", to_mutf7(name), to_mutf7(new_name))
        if choice.random() < .5:
            imap.run("SUBSCRIBE", to_mutf7(new_name))


def drop_folder(imap, choice, names):
    """Deletes a folder that has no children, and perhaps its subscription."""
    leaves = [n for n in names if n not in KEPT
              and not any(o.startswith(n + "/") for o in names)]
    if leaves:
        name = choice.choice(leaves)
        imap.run("DELETE", to_mutf7(name))
        if choice.random() < .5:
            imap.run("UNSUBSCRIBE", to_mutf7(name))


def one_change(imap, choice, corpus):
    """One of the things that people do to their mail."""
    names = [name for name, attributes in imap.folders("LIST")
             if not {"\\Noselect", "\\NonExistent"} & attributes]
    here, there = choice.choice(names), choice.choice(names)
    imap.select(here)
    uids = imap.search("ALL")
    act = choice.randrange(100)
    if act < 40:
        verb = choice.choice(["+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS"])
        store(imap, verb, some(choice, uids, 5), some_flags(choice))
    elif act < 60 and here != there:
        move_some(imap, choice, "UID MOVE", there, 4)
    elif act < 68 and here != there:
        move_some(imap, choice, "UID COPY", there, 2)
    elif act < 78:
        expunge_some(imap, choice, 3)
    elif act < 90:
        append(imap, choice, here, [new_mail(corpus), new_mail(corpus)])
    elif act < 92:
        imap.run("UNSELECT")
        rename_folder(imap, choice, names)
    elif act < 93:
        imap.run("UNSELECT")
        drop_folder(imap, choice, names)
    elif act < 98:
        verb = choice.choice(["SUBSCRIBE", "UNSUBSCRIBE"])
        imap.run(verb, to_mutf7(here))
    else:
        imap.run("SETACL", to_mutf7(here), b"anyone",
                 choice.choice(["lr", "lrs", "lrwstip"]))


def change(env, folder, seed, until):
    """Everybody does ten things, then again while `until` says so."""
    imap_port, _ = env_ports(env)
    choice = random.Random(seed)
    corpus = Corpus(folder, choice)
    while True:
        for account in choice.sample(ACCOUNTS, len(ACCOUNTS)):
            with Imap(imap_port, account) as imap:
                for _ in range(10):
                    one_change(imap, choice, corpus)
            if until and os.path.exists(until):
                return
        if not until:
            return


def deliver(env, folder, record, until, rate):
    _, lmtp_port = env_ports(env)
    choice = random.Random(os.getpid())
    corpus = Corpus(folder, choice)
    number = 0
    with open(record, "a", encoding="ascii", buffering=1) as accepted, \
            smtplib.LMTP("127.0.0.1", lmtp_port, timeout=TIMEOUT_S) as lmtp:
        while not os.path.exists(until):
            token = f"{os.getpid()}-{number}"
            body = f"X-Test-Token: {token}\r\n".encode() + corpus.draw()
            digest = hashlib.sha256(body).hexdigest()
            account = choice.choice(ACCOUNTS)
            send(lmtp, [account], body)
            print(account, token, time.time(), digest, file=accepted)
            number += 1
            time.sleep(1 / rate)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("accounts")
    for name in "fill", "change", "deliver":
        verb = verbs.add_parser(name)
        verb.add_argument("env")
        verb.add_argument("corpus")
        if name == "fill":
            verb.add_argument("account", nargs="*", default=ACCOUNTS)
            verb.add_argument("--flat", action="store_true")
        if name == "change":
            verb.add_argument("seed", type=int)
        if name == "deliver":
            verb.add_argument("record")
            verb.add_argument("--rate", type=int, default=50)
        if name != "fill":
            verb.add_argument("--until", required=name == "deliver")
    args = parser.parse_args()
    if args.verb == "accounts":
        print(*ACCOUNTS, sep="\n")
    elif args.verb == "fill":
        fill(args.env, args.corpus, args.account, args.flat)
    elif args.verb == "change":
        change(args.env, args.corpus, args.seed, args.until)
    else:
        deliver(args.env, args.corpus, args.record, args.until, args.rate)


if __name__ == "__main__":
    main()
