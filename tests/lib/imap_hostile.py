#!/usr/bin/python3
"""libbk's IMAP client before every misbehaviour of hostile_imap.py: it ends in
time, with little memory, and with the error that is due.  TAP.

    imap_hostile.py DRIVER PKI PASSWORD-FILE [SCENARIO...]
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
WORKERS = 6
ENOUGH_S = 90
MEMORY_KIB = 160 * 1024  # a response of 16 MiB, what is made of it, libraries
# What may come of a session, for each verdict: the first words of errors.
LOST = {"LOST"}
BROKEN = {"CORRUPT"}
ERRORS = {"LOST", "CORRUPT", "DENIED", "REFUSED", "BUSY", "MISUSE"}
DUE = {
    "lost": LOST | {"BUSY"},
    "corrupt": BROKEN | LOST,
    "insecure": {"DENIED", "LOST", "CORRUPT", "MISUSE"},
}
# Where a session may make another thing of it: what a ceiling stops, what is
# read though it is wrong, and slowness that goes on.
LENIENT = {
    "lone-line-feeds", "uid-equal", "uid-descending", "expunge-beyond",
    "items-unknown", "flags-many", "exists-negative", "list-attributes",
    "name-nil", "login-challenges", "drip", "literal-drips"}


def commands(folder):
    mail = folder / "mail"
    mail.write_bytes(b"Subject: x\r\n\r\nhello\r\n")
    return [
        ["list", "status"], ["create", "New"], ["subscribe", "New"],
        ["append", "New"] + ["1 kw", "1600000000", "60", str(mail)] * 3,
        ["select", "Work"], ["fetch", "1:*", "31"],
        ["fetch", "1:*", "19", "1"], ["search", "ALL"],
        ["bodies", "1:9", str(folder)], ["store", "1", "+", "8"],
        ["remove", "1"], ["unselect"]]


def session(driver, pki, password, port, folder):
    argv = [driver, f"imap://ann@localhost:{port}", f"ca={pki}/ca.crt",
            f"password=file:{password}", "timeout=2", "patience=1500"]
    for command in commands(folder):
        argv += [":", *command]
    with open(folder / "out", "wb") as out:
        child = subprocess.Popen(argv, stdout=out, stderr=out)
        ender = threading.Timer(ENOUGH_S, child.kill)
        ender.start()
        _, status, usage = os.wait4(child.pid, 0)
        ender.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "out").read_text(encoding="latin-1")
    return child.returncode, usage.ru_maxrss, text


def kinds_of(text):
    return {line.split("\t")[0] for line in text.splitlines()
            if line.split("\t")[0] in ERRORS | {"GONE", "EXISTS", "FULL"}}


def fits(verdict, name, kinds):
    if name in LENIENT or verdict not in DUE:
        return verdict != "ignored" or name in LENIENT or not kinds & (
            LOST | BROKEN)
    return bool(kinds & DUE[verdict])


class Run:
    def __init__(self, driver, pki, password, scenarios):
        self.driver, self.pki, self.password = driver, pki, password
        self.left = list(scenarios)
        self.lock = threading.Lock()
        self.failed = self.done = 0

    def tell(self, name, verdict, outcome, seconds):
        status, memory, text = outcome
        kinds = kinds_of(text)
        good = (status in (0, 1, 3) and memory < MEMORY_KIB
                and fits(verdict, name, kinds))
        with self.lock:
            self.done += 1
            print("ok" if good else "not ok", self.done, "-", name, verdict,
                  flush=True)
            if not good:
                self.failed += 1
                print(f"# status {status}, {memory} KiB, {seconds:.1f} s")
                for line in text.splitlines()[-4:]:
                    print("#", line[:300])

    def work(self):
        while True:
            with self.lock:
                if not self.left:
                    return
                name, verdict, port = self.left.pop()
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                outcome = session(self.driver, self.pki, self.password, port,
                                  pathlib.Path(folder))
            self.tell(name, verdict, outcome, time.monotonic() - began)


def scenarios():
    text = subprocess.run([HERE / "hostile_imap.py", "--list"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return {line.split("\t")[0]: line.split("\t")[2]
            for line in text.splitlines()}


def main():
    driver, pki, password, *names = sys.argv[1:]
    known = scenarios()
    with subprocess.Popen([HERE / "hostile_imap.py", "--all", "--pki", pki,
                           "--pause", "0.01"],
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as server:
        ports = {}
        for line in server.stdout:
            words = line.decode().split()
            if words == ["ready"]:
                break
            ports[words[0]] = int(words[1])
        run = Run(driver, pki, password,
                  [(name, known[name], ports[name]) for name in names or known])
        workers = [threading.Thread(target=run.work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        server.stdin.close()
        server.kill()
    print(f"1..{run.done}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
