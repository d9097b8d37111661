"""Servers on loopback that files are moved to, as the tests start them."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from measure import Failed

HERE = Path(__file__).resolve().parent
PASSWORD = "swordfish-4711"  # of tests/lib/servers.sh


@dataclass(frozen=True)
class Protocol:
    name: str
    server: str  # need_... of tests/lib/targets.sh
    variable: str  # BK_TEST_..._URL
    section: tuple = ("password", "ca")  # what [target] says


PROTOCOLS = {each.name: each for each in (
    Protocol("FTP", "proftpd", "FTP",
             ("password", "allow-cleartext")),
    Protocol("FTPS", "proftpd", "FTPES"),
    Protocol("HTTPS", "nginx", "WEBDAV"),
    Protocol("SFTP", "sshd", "SFTP", ("ssh-key", "known-hosts")),
    Protocol("SMB", "samba", "SMB", ("password",)),
    Protocol("S3", "rgw", "S3"),
)}


class Servers:
    """Those of some protocols, new and empty, for as long as it is entered."""

    def __init__(self, protocols, parent, room):
        """Their files lie below `parent`; `room` is how many bytes go there."""
        self.protocols = protocols
        self.env = os.environ | {"TMPDIR": str(parent),
                                 "RGW_BYTES": str(3 * room)}

    def __enter__(self):
        names = dict.fromkeys(each.server for each in self.protocols)
        self.process = subprocess.Popen(
            [HERE / "serve", *names], env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = []
        for line in self.process.stdout:
            if line == "\n":
                break
            said.append(line.rstrip("\n"))
        else:
            self.__exit__()
            raise Failed(" ".join(said) or f"no {' '.join(names)}")
        self.env |= dict(line.split("=", 1) for line in said)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def url(self, protocol):
        """As bk takes it."""
        url = self.env[f"BK_TEST_{protocol.variable}_URL"]
        if protocol.name == "S3":
            url = url.replace("://", f"://{self.env['BK_TEST_S3_KEY']}@")
        return url

    def parts(self, protocol):
        """The URL without the scheme of S3: host, port, path."""
        return urlsplit(self.url(protocol).removeprefix("s3:"))

    def section(self, protocol, name, *more):
        """A [target] of bk.conf, which keeps its blobs in a folder `name`."""
        values = {"password": "file:" + self.env["BK_TEST_PASSWORD_FILE"],
                  "ca": self.env.get("BK_TEST_CA"),
                  "ssh-key": self.env.get("BK_TEST_SSH_KEY"),
                  "known-hosts": self.env.get("BK_TEST_KNOWN_HOSTS"),
                  "allow-cleartext": "yes"}
        return "\n".join([f"[target {name}]",
                          f"url = {self.url(protocol)}/{name}",
                          *(f"{key} = {values[key]}"
                            for key in protocol.section), *more, ""])
