"""Whole runs of the tools: bk-ship to several targets at a time, and a backup
straight to a server beside one to a folder and the upload of that."""

import shutil

from corpora import CORPORA
from measure import run
from movers import PASSWORD
from places import PROTOCOLS

# Of three targets each.
TRIPLES = (("FTPS", "HTTPS", "SFTP"), ("FTPS", "SMB", "S3"))
# MB a second that a line to a server takes; None: as much as it can.
LINES = (30, None)


class Office:
    """A tree of mail, and what the tools need to work on it."""

    def __init__(self, folder, maker):
        self.folder = folder
        self.log = folder / "log"
        self.config = folder / "bk.conf"
        self.tree = folder / "S"
        if not self.tree.exists():
            maker.make(CORPORA["S"])

    def begin(self, servers, *lines):
        """A configuration: [repo local], and of each protocol of the servers
        [target NAME] and [repo NAME], all in lower case."""
        for name in ("local", "state", "cache", "key"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        text = self.repo("local", f"path = {self.folder}/local")
        for protocol in servers.protocols:
            name = protocol.name.lower()
            text += servers.section(protocol, name, *lines)
            text += self.repo(name, f"target = {name}")
        self.config.write_text(text)
        self.env = servers.env | {
            "BK_CONFIG": str(self.config),
            "BK_STATE_DIR": str(self.folder / "state"),
            "BK_CACHE_DIR": str(self.folder / "cache")}
        (self.folder / "key").mkdir()

    def repo(self, name, where):
        return (f"[repo {name}]\n{where}\n"
                f"password = keyblock:{self.folder}/key/{name}\n")

    def run(self, *command):
        return run([str(word) for word in command], self.log, self.env)

    def make_repository(self, name):
        by_password = ("-r", name, "--password-from",
                       f"file:{self.folder}/password")
        self.run("bk-init", *by_password)
        self.run("bk-key", *by_password, "export",
                 str(self.folder / "key" / name))

    def back_up(self, name):
        return self.run("bk-backup", "-q", "-r", name, "--full",
                        f"maildir:{self.tree}/%d/%n/Maildir")

    def ship(self, names, proof):
        return self.run("bk-ship", "push", "-q", "-r", "local",
                        f"--verify={proof}", *names)


def ship_to_three(office, triple, servers_of):
    """The cost of a push."""
    with servers_of([PROTOCOLS[name] for name in triple]) as servers:
        office.begin(servers)
        office.make_repository("local")
        office.back_up("local")
        return office.ship([name.lower() for name in triple], "full")


def back_up_straight(office, rate, servers_of):
    """Costs by their names."""
    limit = () if rate is None else (f"limit = {rate * 1000000}",)
    with servers_of([PROTOCOLS["HTTPS"]]) as servers:
        office.begin(servers, *limit)
        office.make_repository("local")
        local = office.back_up("local")
        upload = office.ship(["https"], "size")
    with servers_of([PROTOCOLS["HTTPS"]]) as servers:
        office.begin(servers, *limit)
        office.make_repository("https")
        straight = office.back_up("https")
    return {"to a folder": local, "its upload": upload, "straight": straight}


def title(triple):
    return ", ".join(triple)


def line_title(rate):
    return f"{rate} MB/s" if rate else "loopback"


def programs():
    return [name for name in ("bk-init", "bk-key", "bk-backup", "bk-ship")
            if not shutil.which(name)]
