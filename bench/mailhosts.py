"""Two Dovecots to move mail between, on loopback or behind a slow line."""

import subprocess
import time
from pathlib import Path

from corpora import Corpus
from measure import Failed

HERE = Path(__file__).resolve().parent
SERVERS = HERE.parent / "tests/servers"
DOVECOT = SERVERS / "dovecot"
PASSWORD = "pw"  # of all users of tests/servers/dovecot
NEAR, FAR = "127.0.0.1", "10.99.0.2"
CLIENT_NET, SERVER_NET = "bkcli", "bksrv"
# The line is to be long, not narrow: packets of 1,500 bytes keep the program
# that hands them over busy, and 4 MB under way are 60 MB/s at 40 ms.
MTU, WINDOW = "9000", 32 << 20

ACCOUNTS = {corpus.name: corpus for corpus in (
    Corpus("typical", "2,000 messages, 120 MB",
           ("-s", "5", "-u", "1", "-m", "corp"), 2000),
    Corpus("big", "50,000 small messages",
           ("-s", "6", "-u", "1", "-m", "small"), 50000),
    Corpus("office", "20 accounts",
           ("-s", "7", "-u", "20", "-m", "corp"), 20000),
)}

# dsync's own protocol needs a port; nothing may throttle what is measured.
EXTRA = """
listen = {listen}
doveadm_password = {password}
service doveadm {{
  inet_listener {{
    address = {listen}
    port = {doveadm}
  }}
}}
service imap-login {{
  process_min_avail = 1
  service_count = 0
}}
mail_fsync = optimized
"""


class Host:
    """A server with an empty store, for as long as it is entered."""

    def __init__(self, root, delayed=False):
        self.root = Path(root)
        self.within = (["ip", "netns", "exec", SERVER_NET] if delayed else [])
        self.address = FAR if delayed else NEAR

    def tool(self, *words):
        return [*self.within, str(DOVECOT), str(self.root), *words]

    def call(self, *words):
        with open(self.root.with_suffix(".log"), "ab") as log:
            if subprocess.run(self.tool(*words), stdout=log, stderr=log,
                              stdin=subprocess.DEVNULL).returncode:
                raise Failed(f"dovecot {words[0]}: see {log.name}")

    def __enter__(self):
        self.call("new")
        env = dict(line.split("=", 1) for line in
                   (self.root / "env").read_text().splitlines())
        self.imap = int(env["IMAP"])
        self.proxy_to = f"proxy=y host={self.address} port={self.imap}"
        self.transport = f"lmtp:inet:{self.address}:{env['LMTP']}"
        self.doveadm = self.imap + 1000
        self.mail = Path(env["MAIL"])
        self.config = self.root / "dovecot.conf"
        listen = NEAR if self.address == NEAR else f"{NEAR}, {FAR}"
        (self.root / "local.conf").write_text(EXTRA.format(
            listen=listen, doveadm=self.doveadm, password=PASSWORD))
        self.call("start")
        return self

    def __exit__(self, *_):
        self.call("stop")

    def maildir(self, user):
        name, domain = user.split("@")
        return self.mail / domain / name / "Maildir"

    def take_in(self, tree, users):
        """Users and their mail: a tree of domain/name/Maildir."""
        self.call("adduser", *users)
        for user in users:
            name, domain = user.split("@")
            to = self.maildir(user).parent
            to.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", tree / domain / name, to], check=True)
        subprocess.run(["chown", "-R", "mail:mail", self.mail], check=True)

    def add_users(self, users):
        self.call("adduser", *users)


class Front:
    """A Dovecot proxy and a Postfix that lead users to one Host."""

    def __init__(self, root, host, users):
        self.root = Path(root)
        self.proxy, self.mx = self.root / "proxy", self.root / "mx"
        self.host = host
        self.users = users

    def call(self, name, root, *words):
        log = self.root / "front.log"
        with open(log, "ab") as out:
            if subprocess.run([SERVERS / name, root, *words], stdout=out,
                              stderr=out,
                              stdin=subprocess.DEVNULL).returncode:
                raise Failed(f"{name} {words[0]}: see {log}")

    def __enter__(self):
        port = self.host.transport.rpartition(":")[2]
        self.call("dovecot_proxy", self.proxy, "new")
        self.call("postfix", self.mx, "new", f"port/{port}")
        (self.proxy / "users").write_text("".join(
            f"{user}:{PASSWORD}::::::{self.host.proxy_to}\n"
            for user in self.users))
        self.call("dovecot_proxy", self.proxy, "start")
        self.call("postfix", self.mx, "start")
        return self

    def __exit__(self, *_):
        self.call("postfix", self.mx, "stop")
        self.call("dovecot_proxy", self.proxy, "stop")

    def routes(self):
        """Sections of bk.conf."""
        return (f"[route logins]\ntype = dovecot-passwd\n"
                f"file = {self.proxy}/users\n"
                f"command = doveadm -c {self.proxy}/dovecot.conf\n"
                f"[route mail]\ntype = postfix-transport\n"
                f"file = {self.mx}/etc/transport\n"
                f"config = {self.mx}/etc\n")


class SlowLine:
    """Two network namespaces with a real TCP and `ms` of delay each way."""

    def __init__(self, programs, ms):
        self.program = programs / "slowline"
        self.ms = ms

    def __enter__(self):
        for net in (CLIENT_NET, SERVER_NET):
            self.ip("netns", "add", net)
            self.ip("-n", net, "link", "set", "lo", "up")
        self.delayer = subprocess.Popen(
            [self.program, CLIENT_NET, SERVER_NET, str(self.ms)])
        for net, address in ((CLIENT_NET, "10.99.0.1"), (SERVER_NET, FAR)):
            self.wait_for(net)
            self.ip("-n", net, "addr", "add", f"{address}/24", "dev", "slow")
            self.ip("-n", net, "link", "set", "slow", "mtu", MTU,
                    "txqueuelen", "20000", "up")
            self.ip("netns", "exec", net, "sysctl", "-qw",
                    f"net.ipv4.tcp_wmem=4096 16384 {WINDOW}")
        return self

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True)

    @staticmethod
    def wait_for(net):
        for _ in range(500):
            if subprocess.run(["ip", "-n", net, "link", "show", "slow"],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(.01)
        raise Failed("the slow line did not come up")

    def __exit__(self, *_):
        self.delayer.terminate()
        self.delayer.wait()
        for net in (CLIENT_NET, SERVER_NET):
            self.ip("netns", "del", net)
