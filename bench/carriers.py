"""The programs that move an account from one server to another: bk-move and
its peers.  Each keeps what it remembers between passes in a folder of its own."""

import sys
import time
from pathlib import Path

from mailhosts import CLIENT_NET, NEAR, PASSWORD
from measure import Cost, output, run

HERE = Path(__file__).resolve().parent


class Carrier:
    """pass_over() makes one pass and returns its Cost."""

    name = ""
    needs = ()

    def __init__(self, source, to, folder, log):
        self.source = source  # Hosts
        self.to = to
        self.folder = folder
        self.log = log
        self.within = ([] if to.address == NEAR
                       else ["ip", "netns", "exec", CLIENT_NET])
        folder.mkdir(parents=True)
        self.password = folder / "password"
        self.password.write_text(PASSWORD + "\n")
        self.password.chmod(0o600)

    def run(self, *words, **more):
        return run([*self.within, *(str(word) for word in words)], self.log,
                   **more)

    def pass_over(self, users):
        raise NotImplementedError


class Bk(Carrier):
    name = "bk"
    needs = ("bk-move",)
    jobs = 1

    def config(self):
        path = self.folder / "bk.conf"
        path.write_text("".join(
            f"[server {name}]\nurl = imap://{host.address}:{host.imap}\n"
            f"password = file:{self.password}\nallow-cleartext = yes\n"
            for name, host in (("old", self.source), ("new", self.to))))
        return path

    def pass_over(self, users):
        config = self.config()
        names = [word for user in users for word in ("--account", user)]
        return self.run("env", f"BK_STATE_DIR={self.folder}/state",
                        "bk-move", "-c", config, "-q", "--from", "old",
                        "--to", "new", "--stages", "data",
                        "--jobs", self.jobs, *names)


class BkFour(Bk):
    name = "bk, 4 jobs"
    jobs = 4


class Mbsync(Carrier):
    name = "mbsync"
    needs = ("mbsync",)

    def pass_over(self, users):
        path = self.folder / "mbsyncrc"
        user, = users
        text = ""
        for name, host in (("old", self.source), ("new", self.to)):
            text += (f"IMAPAccount {name}\nHost {host.address}\n"
                     f"Port {host.imap}\nUser {user}\nPass {PASSWORD}\n"
                     "SSLType None\nAuthMechs LOGIN\nTimeout 600\n\n"
                     f"IMAPStore {name}\nAccount {name}\n\n")
        path.write_text(text + "Channel all\nFar :old:\nNear :new:\n"
                        "Patterns *\nCreate Near\nExpunge Near\nSync Pull\n"
                        f"SyncState {self.folder}/state-\nCopyArrivalDate yes\n")
        return self.run("mbsync", "-q", "-c", path, "all")


class Dsync(Carrier):
    """Dovecot's own, from where the mail lies, to its port."""

    name = "dsync over TCP"
    needs = ("doveadm",)

    def pass_over(self, users):
        user, = users
        return self.run("doveadm", "-c", self.source.config,
                        "-o", f"doveadm_password={PASSWORD}", "backup",
                        "-u", user, f"tcp:{self.to.address}:{self.to.doveadm}",
                        statuses=(0, 2))


class DsyncImapc(Carrier):
    """Dovecot's own, where the new mail lies, which asks the old server by
    IMAP: that alone goes over the line."""

    name = "dsync imapc"
    needs = ("doveadm",)

    def pass_over(self, users):
        user, = users
        options = (f"imapc_host={self.source.address}",
                   f"imapc_port={self.source.imap}", f"imapc_user={user}",
                   f"imapc_password={PASSWORD}",
                   "imapc_features=rfc822.size fetch-headers",
                   "mail_prefetch_count=20")
        return self.run("doveadm", "-c", self.to.config,
                        *(word for option in options
                          for word in ("-o", option)),
                        "backup", "-R", "-u", user, "imapc:",
                        statuses=(0, 2))


class Interimap(Carrier):
    name = "interimap"
    needs = ("interimap",)

    def pass_over(self, users):
        user, = users
        path = self.folder / "interimap.conf"
        text = (f"database = {self.folder}/state.db\n"
                "list-select-opts = \nlist-mailbox = \"*\"\n")
        for name, host in (("local", self.to), ("remote", self.source)):
            text += (f"[{name}]\ntype = imap\nhost = {host.address}\n"
                     f"port = {host.imap}\nusername = {user}\n"
                     f"password = {PASSWORD}\nSTARTTLS = NO\n"
                     "auth = LOGIN\n")
        path.write_text(text)
        path.chmod(0o600)
        return self.run("env", f"XDG_DATA_HOME={self.folder}",
                        f"XDG_CONFIG_HOME={self.folder}", "interimap", "-q",
                        f"--config={path}")


class Floor(Carrier):
    """The destination's MULTIAPPEND, with nothing before it: a first pass
    alone."""

    name = "floor"

    def pass_over(self, users):
        user, = users
        begin = time.monotonic()
        said = output([*self.within, sys.executable, str(HERE / "append_floor"),
                       self.to.address, str(self.to.imap), user, PASSWORD,
                       str(self.source.maildir(user))])
        return Cost(float(said), time.monotonic() - begin, 0)


CARRIERS = {each.name: each for each in (
    Floor, Bk, BkFour, Mbsync, Dsync, DsyncImapc, Interimap)}
PEERS = [name for name in CARRIERS if name not in ("bk, 4 jobs",)]
