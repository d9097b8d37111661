"""The programs that move files to a server and back, each with the same verbs:
bk's drivers, rclone and curl."""

import os

from measure import output, run
from places import PASSWORD

TRANSFERS = 4  # at a time


class Mover:
    """put, get and read return a Cost.  `names` are files below `source`."""

    name = ""
    needs = ()  # programs
    protocols = ()  # () for all

    def __init__(self, servers, protocol, source, log):
        self.servers = servers
        self.protocol = protocol
        self.source = source
        self.names = sorted(os.listdir(source))
        self.log = log
        self.env = servers.env | self.variables()

    @classmethod
    def speaks(cls, protocol):
        return not cls.protocols or protocol.name in cls.protocols

    def run(self, *command):
        return run([str(word) for word in command], self.log, self.env)

    def variables(self):
        """Of the environment."""
        return {}

    def put(self):
        """All files, to an empty folder there."""
        raise NotImplementedError

    def get(self, to):
        """All of them, into a folder."""
        raise NotImplementedError

    def read(self):
        """The same, and nothing is kept; None where it has no such verb."""
        return None


class Bk(Mover):
    """The driver alone: what bk-backup and bk-ship stand on."""

    name = "bk"
    transfers = TRANSFERS
    ferry = None  # the program, set once

    def move(self, verb, *more):
        return self.run(self.ferry, verb, self.servers.url(self.protocol),
                        self.transfers, *more)

    def put(self):
        return self.move("put", *(self.source / name for name in self.names))

    def get(self, to):
        return self.move("get", to, *self.names)

    def read(self):
        return self.move("get", "-", *self.names)


class BkAlone(Bk):
    """One file after the other, as curl does."""

    name = "bk, one at a time"
    transfers = 1
    protocols = ("FTP", "FTPS", "HTTPS")


class Rclone(Mover):
    name = "rclone"
    needs = ("rclone",)

    def transfers(self):
        """Servers that want the TLS session of the very connection again
        refuse what it does with several (1.60)."""
        return 1 if self.protocol.name == "FTPS" else TRANSFERS

    def remote(self):
        """Its configuration of the place, and the folder there."""
        at, env = self.servers.parts(self.protocol), self.servers.env
        login = {"host": at.hostname, "port": str(at.port), "user": at.username,
                 "pass": output(["rclone", "obscure", PASSWORD]).strip()}
        if self.protocol.name in ("FTP", "FTPS"):
            tls = str(self.protocol.name == "FTPS").lower()
            return login | {"type": "ftp", "explicit_tls": tls,
                            "disable_tls13": "true",
                            "concurrency": str(self.transfers())}, at.path
        if self.protocol.name == "HTTPS":
            return {"type": "webdav", "vendor": "other",
                    "url": f"https://{at.hostname}:{at.port}",
                    "user": at.username, "pass": login["pass"]}, at.path
        if self.protocol.name == "SFTP":
            del login["pass"]
            return login | {"type": "sftp", "shell_type": "none",
                            "key_file": env["BK_TEST_SSH_KEY"],
                            "known_hosts_file": env["BK_TEST_KNOWN_HOSTS"],
                            }, at.path
        if self.protocol.name == "SMB":
            return login | {"type": "smb"}, at.path.lstrip("/")
        return {"type": "s3", "provider": "Ceph", "region": "us-east-1",
                "endpoint": f"https://{at.hostname}:{at.port}",
                "access_key_id": at.username,
                "secret_access_key": PASSWORD}, at.path.lstrip("/")

    def variables(self):
        config, self.folder = self.remote()
        ca = self.servers.env.get("BK_TEST_CA")
        # What this host has configured for others is not for it.
        env = {"RCLONE_CONFIG": "/dev/null", "AWS_CA_BUNDLE": ""}
        if ca:
            env["SSL_CERT_FILE"] = ca
        return env | {f"RCLONE_CONFIG_PLACE_{key.upper()}": value
                      for key, value in config.items()}

    def copy(self, source, to):
        return self.run("rclone", "copy", "-q", "--retries", "1",
                        "--transfers", self.transfers(), source, to)

    def put(self):
        return self.copy(self.source, f"place:{self.folder}/data")

    def get(self, to):
        return self.copy(f"place:{self.folder}/data", to)


class Curl(Mover):
    """One connection, one file after the other."""

    name = "curl"
    needs = ("curl",)
    protocols = ("FTP", "FTPS", "HTTPS")

    def curl(self, *words):
        user = self.servers.parts(self.protocol).username
        tls = {"FTP": (), "HTTPS": ("--http1.1",),
               # Servers that want a session again break TLS 1.3 of curl 7.88.
               "FTPS": ("--ssl-reqd", "--tls-max", "1.2")}
        config = f"{self.log}.curl"
        with open(os.open(config, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(f'user = "{user}:{PASSWORD}"\n')
        return self.run("curl", "-sS", "--fail", "-K", config,
                        "--cacert", self.servers.env.get("BK_TEST_CA"),
                        *tls[self.protocol.name], *words)

    def numbered(self):
        """All names in curl's way of writing it."""
        first, last = self.names[0], self.names[-1]
        return f"p[{first[1:]}-{last[1:]}]"

    def put(self):
        files = ",".join(str(self.source / name) for name in self.names)
        return self.curl("--ftp-create-dirs", "-T", f"{{{files}}}",
                         self.place())

    def get(self, to):
        return self.curl("-o", f"{to}/p#1", self.place() + self.numbered())

    def read(self):
        return self.curl("-o", "/dev/null", self.place() + self.numbered())

    def place(self):
        at = self.servers.parts(self.protocol)
        scheme = "https" if self.protocol.name == "HTTPS" else "ftp"
        slash = "/" if scheme == "ftp" else ""  # from the root
        return f"{scheme}://{at.hostname}:{at.port}{slash}{at.path}/data/"


MOVERS = {each.name: each for each in (Bk, BkAlone, Rclone, Curl)}
