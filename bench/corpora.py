"""The mail that is measured on: made by mkcorpus, or real."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from measure import output, run, say

HERE = Path(__file__).resolve().parent
DAY = 86400
BEGINNING = 1030000000  # dates of the real mail's files: summer of 2002


@dataclass
class Corpus:
    name: str
    about: str
    options: tuple = ()  # of mkcorpus
    messages: int = 0
    days: bool = False  # of change can be made


CORPORA = {corpus.name: corpus for corpus in (
    Corpus("S", "an office: 20,000 messages, 1.2 GB",
           ("-s", "1", "-u", "60", "-m", "corp"), 20000, True),
    Corpus("N", "many small messages: 200,000, 0.7 GB",
           ("-s", "2", "-u", "100", "-m", "small"), 200000, True),
    Corpus("MX", "large texts, 70 % share half with another: 1,000, 0.5 GB",
           ("-s", "3", "-u", "20", "-m", "mailion"), 1000),
    Corpus("RM", "real mail, the SpamAssassin corpus as it is"),
)}


class Maker:
    """Makes trees below a folder; what is there already is used again."""

    def __init__(self, programs, folder, scale):
        self.mkcorpus = programs / "mkcorpus"
        self.folder = folder
        self.scale = scale
        self.log = folder / "corpora.log"

    def real_mail(self):
        return Path(output([HERE.parent / "tests/lib/fetch_corpus"]).strip())

    def pool(self):
        pool = self.folder / "pool"
        if not pool.exists():
            part = self.folder / "pool.part"
            shutil.rmtree(part, ignore_errors=True)
            run(["python3", str(HERE / "corpus/mkpool.py"),
                 str(self.real_mail()), str(part)], self.log)
            part.rename(pool)
        return pool

    def command(self, corpus, tree):
        n = max(1, int(corpus.messages * self.scale))
        return [str(self.mkcorpus), "-p", str(self.pool()), "-o", str(tree),
                "-n", str(n), *corpus.options]

    def make(self, corpus):
        """The tree as it is before the first day of change: a new one."""
        tree = self.folder / corpus.name
        if tree.exists():
            shutil.rmtree(tree)
        say(f"making {corpus.name}: {corpus.about}")
        if corpus.name == "RM":
            self.copy_real_mail(tree)
        else:
            run(self.command(corpus, tree), self.log)
        return tree

    def change(self, corpus, tree, day):
        run(self.command(corpus, tree) + ["-d", str(day)], self.log)

    def copy_real_mail(self, tree):
        inbox = tree / "example.org/corpus/Maildir"
        for part in ("cur", "new", "tmp"):
            (inbox / part).mkdir(parents=True)
        messages = sorted(self.real_mail().rglob("*.txt"))
        wanted = messages[:max(1, int(len(messages) * self.scale))]
        uidlist = [f"3 V{BEGINNING} N{len(wanted) + 1} G{'0' * 31}1"]
        for i, message in enumerate(wanted):
            name = f"{BEGINNING + i}.M{i}P1.imap1,S={message.stat().st_size}"
            copy = inbox / "cur" / f"{name}:2,S"
            shutil.copyfile(message, copy)
            os.utime(copy, (BEGINNING + i, BEGINNING + i))
            uidlist.append(f"{i + 1} :{name}")
        (inbox / "dovecot-uidlist").write_text("\n".join(uidlist) + "\n")


@dataclass
class Sample:
    """What is restored alone: an account and a message of middle size."""
    account: str  # domain/name
    message: str  # path in the tree
    uid: int


def inbox_uid(maildir, name):
    lines = (maildir / "dovecot-uidlist").read_text().splitlines()
    base = name.split(":2,")[0]
    return next(int(line.split()[0]) for line in lines
                if line.endswith(f":{base}"))


def sample_of(tree):
    accounts = sorted(tree.glob("*/*"), key=lambda account: (
        sum(1 for _ in account.rglob("*")), account))
    account = accounts[len(accounts) // 2]
    cur = account / "Maildir/cur"
    names = sorted(os.listdir(cur),
                   key=lambda name: ((cur / name).stat().st_size, name))
    name = names[len(names) // 2]
    return Sample(str(account.relative_to(tree)),
                  str((cur / name).relative_to(tree)),
                  inbox_uid(cur.parent, name))
