"""What is done on one corpus in one run: first all programs make their sets,
then they read them, a step at a time."""

import os
import shutil

from contestants import CONTESTANTS
from corpora import sample_of
from goals import TITLES
from measure import Failed, mail_of, run, say
from rows import Row

CHAIN = ("full", "unchanged", "day")
ROOM = 12 << 30  # bytes that stay free


class Round:
    """A run on a corpus.  Its sets are made in one go: where that was cut
    short, it begins anew.  What is read from them later can be taken up at
    any row."""

    def __init__(self, rows, maker, corpus, number, options):
        self.rows = rows
        self.maker = maker
        self.corpus = corpus
        self.number = number
        self.options = options
        self.folder = maker.folder / "repositories" / corpus.name
        self.tree = maker.folder / corpus.name
        self.log = maker.folder / "log"
        self.contestants = [CONTESTANTS[name](self.folder, self.tree)
                            for name in options.tools]

    def keep(self, name, step, cost, load, size=None):
        if cost is None:
            return
        self.rows.add(Row(self.corpus.name, self.number, step, name, cost,
                          size, load))
        say(f"  {self.corpus.name:<3}{self.number}  {name:<8}"
            f"{TITLES[step]:<16}{cost.wall:8.2f} s{cost.cpu:8.2f} s CPU"
            f"{cost.rss:7.0f} MiB"
            + (f"{size / 1e6:9.1f} MB" if size is not None else ""))

    # ---- the sets ----

    def chain(self):
        steps = [step for step in CHAIN if step in self.options.steps
                 or step == "full"]
        if not self.corpus.days:
            steps = [step for step in steps if step != "day"]
        self.rows.drop(self.corpus.name, self.number)
        self.tree_of(self.number - 1)
        self.rows.note(f"mail {self.corpus.name}", mail_of(self.tree))
        for each in self.contestants:
            each.begin()
        for step in steps:
            if step == "day":
                self.tree_of(self.number)
            for each in self.contestants:
                self.back_up(each, step)

    def back_up(self, each, step):
        load = os.getloadavg()[0]
        before = each.stored() if step != "full" else 0
        cost = each.full() if step == "full" else each.again()
        self.keep(each.name, step, cost, load, each.stored() - before)

    def tree_of(self, day):
        """The tree as it is after so many days of change: run 2 begins where
        run 1 ended, so that no tree is made twice."""
        key = f"day {self.corpus.name}"
        if not self.corpus.days:
            day = 0
        at = self.rows.notes.get(key)
        self.rows.note(key, None)
        if at is None or at > day:
            self.maker.make(self.corpus)
            at = 0
        for number in range(at + 1, day + 1):
            self.maker.change(self.corpus, self.tree, number)
        self.rows.note(key, day)

    # ---- what is read from them ----

    def read(self, step):
        done = self.rows.names(self.corpus.name, self.number, step)
        if step == "restore" and "copy" not in done:
            self.copy()
        sample = sample_of(self.tree)
        for each in self.contestants:
            if each.name in done:
                continue
            if step == "check":
                load = os.getloadavg()[0]
                self.keep(each.name, step, each.check(), load)
            else:
                self.restore(each, step, sample)

    def unlock(self):
        for each in self.contestants:
            each.unlock()

    def restore(self, each, step, sample):
        """Restores and looks whether all that mail is there."""
        to = self.fresh()
        load = os.getloadavg()[0]
        if step == "message":
            cost = each.message(sample, to)
        else:
            cost = each.restore(sample if step == "account" else None, to)
        if cost is not None:
            self.look(each, step, to, sample)
        self.keep(each.name, step, cost, load)

    def look(self, each, step, to, sample):
        if step == "message":
            wanted = (self.tree / sample.message).read_bytes()
            if any(path.read_bytes() == wanted for path in to.rglob("*")
                   if path.is_file()):
                return
            raise Failed(f"{each.name} did not bring the message back")
        expected = mail_of(self.tree if step == "restore"
                           else self.tree / sample.account)
        found = mail_of(to)
        if found != expected:
            raise Failed(f"{each.name} brought back {found} messages and "
                         f"bytes, not {expected}")

    def copy(self):
        """What a restore is measured by: a copy of the tree, two threads; and
        one that is on the disk when it ends, as what bk restores is."""
        copy = [str(self.options.programs / "rawspeed"), "copy"]
        synced = ["sh", "-c", '"$@" && sync -f "$4"', "sh"]
        for name, command in (("copy", copy), ("copy+sync", synced + copy)):
            to = self.fresh()
            load = os.getloadavg()[0]
            cost = run(command + [str(self.tree), str(to), "2"], self.log)
            self.keep(name, "restore", cost, load)

    def fresh(self):
        """A folder that is not there yet.  What was restored before stays: after
        a large tree was deleted, ext4 looks for inodes that were not freed
        lately for six minutes, which takes longer than a restore."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while (self.folder / f"restored{number}").exists():
            number += 1
        if shutil.disk_usage(self.folder).free < ROOM:
            for old in self.folder.glob("restored*"):
                shutil.rmtree(old)
        return self.folder / f"restored{number}"
