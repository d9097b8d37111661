"""The programs that are compared, each with the same verbs.

Every one starts with an empty repository in a folder of its own, encrypts, and
is used as its manual says; passwords come from files or the environment.
"""

import os
import shutil
from pathlib import Path

from host import has_sha_instructions, missing_programs
from measure import run, size_of

PASSWORD = "correct horse battery staple"


class Contestant:
    """back_up, restore and check return a Cost, or None where the program has
    no such verb."""

    name = ""
    needs = ()  # programs

    def __init__(self, folder, tree):
        """Everything is below `folder`; what is there already goes on."""
        self.tree = tree
        self.folder = folder / self.name
        self.repo = self.folder / "repo"
        self.log = self.folder / "log"
        self.env = os.environ | self.variables()

    def begin(self):
        """Makes an empty repository."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.set_up()

    def sets(self):
        """Sets that were begun."""
        marks = self.folder / "sets"
        return marks.stat().st_size if marks.exists() else 0

    def next_set(self):
        with open(self.folder / "sets", "a", encoding="utf-8") as marks:
            marks.write(".")
        return self.sets()

    @classmethod
    def missing(cls):
        return missing_programs(cls.needs)

    def run(self, *command):
        return run(list(command), self.log, self.env)

    def stored(self):
        return size_of(self.repo)

    def variables(self):
        """Of the environment."""
        return {}

    def set_up(self):
        """Makes the repository."""

    def unlock(self):
        """After a run that was killed."""

    def full(self):
        raise NotImplementedError

    def again(self):
        """A second set; the tree is as it was, or a day older."""
        raise NotImplementedError

    def restore(self, sample, to):
        """sample None: everything."""
        raise NotImplementedError

    def message(self, sample, to):
        """One message, below the folder `to`."""
        raise NotImplementedError

    def check(self):
        raise NotImplementedError


class Bk(Contestant):
    name = "bk"
    needs = ("bk-init", "bk-key", "bk-backup")

    def variables(self):
        return {"BK_REPO": str(self.repo),
                "BK_STATE_DIR": str(self.folder / "state"),
                "BK_CACHE_DIR": str(self.folder / "cache"),
                "BK_CONFIG": str(self.folder / "bk.conf")}

    def set_up(self):
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        (self.folder / "bk.conf").touch()
        by_password = ("--password-from", f"file:{password}")
        self.run("bk-init", *by_password)
        self.run("bk-key", *by_password, "export", str(self.folder / "key"))

    @property
    def key(self):
        return "--password-from", f"keyblock:{self.folder}/key"

    def store(self, tree):
        return f"maildir:{tree}/%d/%n/Maildir"

    def full(self):
        return self.run("bk-backup", *self.key, self.store(self.tree),
                        "--full", "-q")

    def again(self):
        return self.run("bk-backup", *self.key, self.store(self.tree),
                        "--differential", "-q")

    def restore(self, sample, to):
        if not shutil.which("bk-restore"):
            return None
        account = ()
        if sample:
            domain, name = sample.account.split("/")
            account = ("--account", f"{name}@{domain}")
        return self.run("bk-restore", *self.key, "latest", *account, "--to",
                        self.store(to), "-q")

    def message(self, sample, to):
        if not shutil.which("bk-restore"):
            return None
        domain, name = sample.account.split("/")
        return self.run("bk-restore", *self.key, "latest", "--account",
                        f"{name}@{domain}", "--folder", "INBOX", "--message",
                        str(sample.uid), "--to", self.store(to), "-q")

    def check(self):
        if not shutil.which("bk-check"):
            return None
        return self.run("bk-check", *self.key, "--read-data", "-q")


class Restic(Contestant):
    name = "restic"
    needs = ("restic",)

    def variables(self):
        return {"RESTIC_REPOSITORY": str(self.repo),
                "RESTIC_PASSWORD": PASSWORD,
                "RESTIC_CACHE_DIR": str(self.folder / "cache")}

    def set_up(self):
        self.run("restic", "init", "--repository-version", "2")

    def unlock(self):
        self.run("restic", "unlock", "-q")

    def full(self):
        return self.run("restic", "backup", "-q", str(self.tree))

    again = full

    def restore(self, sample, to):
        only = ()
        if sample:
            only = ("--include", f"{self.tree}/{sample.account}")
        return self.run("restic", "restore", "latest", *only, "--target",
                        str(to), "-q")

    def message(self, sample, to):
        to.mkdir()
        return run(f"restic dump latest '{self.tree}/{sample.message}' "
                   f">'{to}/message'", self.log, self.env)

    def check(self):
        return self.run("restic", "check", "--read-data", "-q")


class Borg(Contestant):
    name = "borg"
    needs = ("borg",)

    def variables(self):
        return {"BORG_REPO": str(self.repo),
                "BORG_PASSPHRASE": PASSWORD,
                "BORG_BASE_DIR": str(self.folder / "base")}

    def unlock(self):
        self.run("borg", "break-lock")

    def set_up(self):
        # The faster of the two that it has.
        digest = "repokey" if has_sha_instructions() else "repokey-blake2"
        self.run("borg", "init", "-e", digest)

    def full(self):
        return self.run("borg", "create", "--compression", "zstd,3",
                        f"::set{self.next_set()}", str(self.tree))

    again = full

    def extract(self, to, *what):
        to.mkdir()
        line = f"cd '{to}' && borg extract ::set{self.sets()}"
        for path in what:
            line += f" '{str(self.tree).lstrip('/')}/{path}'"
        return run(line, self.log, self.env)

    def restore(self, sample, to):
        return self.extract(to, *([sample.account] if sample else []))

    def message(self, sample, to):
        return self.extract(to, sample.message)

    def check(self):
        return self.run("borg", "check", "--verify-data")


class Tar(Contestant):
    """tar | zstd | openssl: what one writes oneself.  Nothing is authenticated,
    and a second set takes all of a folder whose name has changed."""

    name = "tar"
    needs = ("tar", "zstd", "openssl")
    cipher = "openssl enc -aes-256-ctr -pbkdf2 -pass env:PASSWORD"

    def variables(self):
        return {"PASSWORD": PASSWORD}

    def set_up(self):
        self.repo.mkdir()

    def create(self):
        number = self.next_set()
        return run(f"tar -C '{self.tree}' -g '{self.folder}/snapshot' -c . | "
                   f"zstd -q -3 -T2 | {self.cipher} "
                   f">'{self.repo}/{number}'", self.log, self.env)

    full = again = create

    def archives(self):
        return range(1, self.sets() + 1)

    def restore(self, sample, to):
        to.mkdir()
        only = f"./{sample.account}" if sample else ""
        line = " && ".join(
            f"{self.cipher} -d <'{self.repo}/{i}' | zstd -q -d | "
            f"tar -C '{to}' -g /dev/null -x {only}" for i in self.archives())
        return run(line, self.log, self.env)

    def message(self, sample, to):
        """From the first archive, where it still has its first name."""
        to.mkdir()
        base = Path(sample.message).name.split(":2,")[0]
        return run(f"{self.cipher} -d <'{self.repo}/1' | zstd -q -d | "
                   f"tar -C '{to}' --wildcards -x '*/{base}*'", self.log,
                   self.env)

    def check(self):
        line = " && ".join(f"{self.cipher} -d <'{self.repo}/{i}' | "
                           "zstd -q -t" for i in self.archives())
        return run(line, self.log, self.env)


CONTESTANTS = {each.name: each for each in (Bk, Restic, Borg, Tar)}
