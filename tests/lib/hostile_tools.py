#!/usr/bin/python3
"""bk-move, bk-backup and bk-restore before every misbehaviour of
hostile_imap.py, seen from outside: how they end, what they say, how long and
how much memory it takes, what lies where afterwards.  TAP.

    hostile_tools.py WORK mail                 makes WORK/maildir
    hostile_tools.py WORK [WAY|SCENARIO...]

Ways: from (bk-move, the server is the source), to (bk-move to it), backup (of
it), restore (to it).  WORK has

    hasten.so       of tests/lib/preload/hasten.c
    pki             of tests/servers/pki
    pw              a password file: pw
    maildir         %d/%n/Maildir
    repo, repo.key  a repository with a set of that, and its key block
    empty           one without, under the same key

After a run that failed the server becomes a good one, and the same command is
run again: all must be there then, and once.
"""

import argparse
import collections
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import hostile_cases
import hostile_imap
from fake_imap import small_message
from hostile_cases import SCENARIOS

HASTEN = 120
PROCESSES = 3
THREADS = 10
ENOUGH_S = 75
LONGEST = 2500
MEMORY_KIB = 64 * 1024
ANN = "ann@a.test"
WAYS = {"from": "source", "backup": "source", "to": "target",
        "restore": "target"}
DEPTH = "1/2/3/4/5/6/7/8"  # so far up may a name lead, and is seen
DOCUMENTED = {0, 1, 3, 13, 14, 15, 16, 17, 18, 75}
# With which statuses a run may end that has not carried over all, by the
# verdict; 0 is for who has, and of what the server says of itself.
FAILS = {1, 13, 14, 15, 16, 18, 75}
DUE = {
    "ignored": set(),
    "corrupt": FAILS | {3},
    "lost": FAILS | {3},
    "refused": FAILS | {3},
    "busy": FAILS | {3},
    "full": {15, 3},
    "insecure": {13, 14, 16, 75, 3},
    "skipped": {3, 13, 14, 16, 18},
    "again": {3},
    "lied": {3, 16},
}
Run = collections.namedtuple("Run", "status out err rss seconds")
HELPS = re.compile(r"; |\? |\?$|run: |run it again|restore again|, or raise ")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def mail():
    """(folder, bytes) of each message of the Maildir in WORK."""
    for folder in "INBOX", "Work", "New":
        for number in range(3, 8):
            message = small_message(folder, number)
            yield folder, message


def make_mail(root):
    box = root / "a.test/ann/Maildir"
    for number, (folder, body) in enumerate(mail(), 1001):
        place = box if folder == "INBOX" else box / f".{folder}"
        for sub in "cur", "new", "tmp":
            (place / sub).mkdir(parents=True, exist_ok=True)
        flags = ["", "S", "FS", ""][number % 4]
        (place / f"cur/{number}.M1P1.mx:2,{flags}").write_bytes(body)


def messages_of(account):
    return collections.Counter(
        (folder.name, bytes(m.body)) for folder in account.folders.values()
        for m in folder.messages)


def messages_in(root):
    """The same of a Maildir, as the server would have them."""
    found = collections.Counter()
    for path in root.glob("**/cur/*"):
        folder = path.parent.parent.name
        name = "INBOX" if folder == "Maildir" else folder.lstrip(".")
        body = path.read_bytes()
        if b"\r\n" not in body:
            body = body.replace(b"\n", b"\r\n")
        found[name, body] += 1
    return found


class Server(hostile_imap.Server):
    """On a port of its own, and may become good."""

    def become_good(self):
        with self.lock:
            self.left = 0


def serve(scenario, pki):
    args = argparse.Namespace(
        scenario=scenario.name, script=None, pki=pki, tls=False, messages=5,
        times=sys.maxsize, pause=0.005, capabilities=None, log=None)
    server = Server(args)
    return server, server.listen()


class Case:
    def __init__(self, work, way, scenario):
        self.work, self.way, self.scenario = work, way, scenario
        self.faults = []
        self.top = pathlib.Path(tempfile.mkdtemp(dir=work / "cases"))
        self.place = self.top / DEPTH
        (self.place / "tmp").mkdir(parents=True)
        self.tree = self.place / "t"
        pki = work / "pki" if "starttls" in " ".join(scenario.points) \
            or "starttls" in scenario.name else None
        self.server, port = serve(scenario, pki)
        self.url = f"imap://ann%40a.test@localhost:{port}"
        self.configure(bool(pki))
        self.before = messages_of(self.server.account)

    def configure(self, tls):
        trust = f"ca = {self.work}/pki/ca.crt" if tls \
            else "allow-cleartext = yes"
        repo = self.work / "repo"
        if self.way == "backup":
            repo = self.place / "repo"
            shutil.copytree(self.work / "empty", repo)
        (self.place / "bk.conf").write_text(
            f"[server odd]\nurl = {self.url}\n{trust}\ntimeout = 120s\n"
            f"password = file:{self.work}/pw\n"
            f"[repo main]\npath = {repo}\n"
            f"password = keyblock:{self.work}/repo.key\n")
        (self.place / "bk.conf").chmod(0o600)

    def command(self):
        here = f"maildir:{self.work}/maildir/%d/%n/Maildir"
        there = f"maildir:{self.tree}/%d/%n/Maildir"
        return {
            "from": ["bk-move", "--from", "odd", "--to", there,
                     "--account", ANN],
            "to": ["bk-move", "--from", here, "--to", "odd",
                   "--account", ANN],
            "backup": ["bk-backup", "odd", "--full"],
            "restore": ["bk-restore", "latest", "--to", "odd"],
        }[self.way]

    def run(self, command):
        env = {**os.environ, "BK_CONFIG": str(self.place / "bk.conf"),
               "BK_REPO": "main", "HOME": str(self.place),
               "BK_STATE_DIR": str(self.place / "state"),
               "BK_CACHE_DIR": str(self.place / "cache"),
               "TMPDIR": str(self.place / "tmp"),
               "LD_PRELOAD": str(self.work / "hasten.so"),
               "HASTEN": str(HASTEN), "PEAK": str(self.top / "peak")}
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + \
            ":verify_asan_link_order=0"
        began = time.monotonic()
        with open(self.top / "out", "wb") as out, \
                open(self.top / "err", "wb") as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, env=env,
                                     stdin=subprocess.DEVNULL, cwd=self.place)
            ender = threading.Timer(ENOUGH_S, child.kill)
            ender.start()
            child.wait()
            ender.cancel()
        peak = (self.top / "peak").read_text().split() \
            if child.returncode >= 0 else "0"
        return Run(child.returncode,
                   (self.top / "out").read_text(encoding="latin-1"),
                   (self.top / "err").read_text(encoding="latin-1"),
                   int(peak[0]), time.monotonic() - began)

    def fault(self, text):
        self.faults.append(text)

    # ---- what every run has to show ----------------------------------------

    def check(self, run):
        if run.status not in DOCUMENTED:
            self.fault(f"status {run.status}")
        if run.rss > MEMORY_KIB:
            self.fault(f"{run.rss} KiB")
        text = (run.out + run.err).encode("latin-1").decode(errors="replace")
        if CONTROL.search(text):
            self.fault("control characters: "
                       + repr(CONTROL.search(text).group()))
        if run.status:
            self.check_words(run)
        self.check_places()

    def check_words(self, run):
        """Which account, at which server, and what now?"""
        lines = [line for line in (run.err + run.out).splitlines()
                 if "trying again" not in line]
        if not any(ANN in line for line in lines) or run.status != 3 and not \
                any("odd" in line or "localhost" in line for line in lines):
            self.fault("no line names server and account")
        if not any(line.startswith("NEXT") or HELPS.search(line)
                   for line in lines):
            self.fault("nobody says what to do")
        longest = max(map(len, lines), default=0)
        if longest > LONGEST:
            self.fault(f"a line of {longest} characters")

    def check_places(self):
        up, ours = self.top, {"out", "err", "peak"}
        for name in DEPTH.split("/"):
            self.check_names(up, {name} | ours)
            up, ours = up / name, set()
        self.check_names(up, {"bk.conf", "state", "cache", "tmp", "t", "repo"})
        self.check_names(up / "tmp", set())
        for place, name in ((self.tree, "a.test"),
                            (self.tree / "a.test", "ann"),
                            (self.tree / "a.test/ann", "Maildir")):
            if place.exists():
                self.check_names(place, {name})

    def check_names(self, folder, names):
        more = {p.name for p in folder.iterdir()} - names
        if more:
            self.fault(f"{folder.relative_to(self.top)}: {sorted(more)[:5]}")

    # ---- what lies at the destination --------------------------------------

    def wanted(self):
        return collections.Counter(mail()) \
            if WAYS[self.way] == "target" else self.before

    def found(self):
        return messages_of(self.server.account) \
            if WAYS[self.way] == "target" else messages_in(self.tree)

    def check_mail(self, whole):
        found = self.found()
        target = WAYS[self.way] == "target"
        double = [k for k, n in found.items()
                  if n > max(self.before[k], self.wanted()[k], 1)]
        if double and self.scenario.name not in SAYS_OTHERS:
            self.fault(f"twice: {double[:2]}")
        if target:
            gone = self.before - found
            if gone and self.scenario.name not in TAKES_ITSELF:
                self.fault(f"lost there: {list(gone)[:2]}")
        more = set(found) - set(self.wanted()) - set(self.before)
        if more and self.scenario.name not in SAYS_OTHERS:
            self.fault(f"never seen before: {list(more)[:2]}")
        lacks = self.wanted() - found
        if whole and lacks:
            self.fault(f"{len(lacks)} are not there: {list(lacks)[:2]}")

    def sets(self):
        listed = self.run(["bk-list", "--json"])
        return listed.status, listed.out

    # ---- the whole of it ---------------------------------------------------

    def carried_out(self):
        first = self.run(self.command())
        self.check(first)
        verdict = self.scenario.verdict
        due = DUE[verdict]
        if first.status not in due | {0} | OTHERWISE.get(
                self.scenario.name, set()) or \
                verdict == "insecure" and not first.status:
            self.fault(f"status {first.status} for {verdict}")
        lied = verdict == "lied" or self.scenario.name in SAYS_OTHERS
        if self.way == "backup":
            self.check_backup(first, lied)
        else:
            self.check_mail(first.status == 0 and not lied)
        if first.status and not self.faults:
            self.server.become_good()
            again = self.run(self.command())
            if again.status and not lied:
                self.fault(f"status {again.status} from a good server")
                first = again
            if self.way == "backup":
                self.check_backup(again, lied)
            else:
                self.check_mail(not lied)
        return first

    def check_backup(self, run, lied):
        status, text = self.sets()
        there = '"type":"set"' in text.replace(" ", "")
        if run.status in (0, 3) and not there:
            self.fault(f"no set, status {status} of bk-list: {text[:200]}")
        if run.status not in (0, 3) and there:
            self.fault("there is a set")
        if run.status == 3 and '"complete":true' in text.replace(" ", ""):
            self.fault("the set is shown as complete: " + text[:300])
        if run.status == 0:
            self.server.become_good()
            back = self.run(["bk-restore", "latest", "--to",
                             f"maildir:{self.tree}/%d/%n/Maildir"])
            if back.status:
                self.fault(f"restore: status {back.status}: {back.err[:300]}")
            self.check_mail(not lied)


# What the server says of a message is what it is.
SAYS_OTHERS = {
    "body-quoted", "body-nul", "body-empty", "append-mangled",
    "literal-too-long", "literal-too-short", "fetch-uninvited", "body-twice"}
# The server itself takes mail away.
TAKES_ITSELF = set()
# What a driver can bear is too much for all that should be carried over: folders
# that are listed and cannot be opened, lists beyond a ceiling.
OTHERWISE = {name: {3, 13, 14, 16, 18} for name in (
    "append-trycreate", "create-alreadyexists", "delimiter-backslash",
    "delimiter-nil", "exists-too-large", "flags-many", "items-unknown",
    "list-attributes", "select-keeps", "append-unanswered", "fetch-uninvited")}
# Minutes of nothing but bytes: imap_hostile.py has them.
SELDOM = {"gibibyte", "literal-4g-sent"}


# ---- many at a time --------------------------------------------------------

def handle(work, way, name):
    case, first = None, None
    try:
        case = Case(work, way, SCENARIOS[name])
        first = case.carried_out()
        faults = case.faults
    except Exception as error:  # pylint: disable=broad-except
        faults = [f"{type(error).__name__}: {error}"]
    if case and not faults:
        shutil.rmtree(case.top)
    return way, name, first, faults


def work_off(work, jobs, out):
    """Writes what came of each as a line of JSON."""
    lock, left = threading.Lock(), list(reversed(jobs))

    def thread():
        while True:
            with lock:
                if not left:
                    return
                job = left.pop()
            line = json.dumps(handle(work, *job)) + "\n"
            with lock:
                out.write(line)
                out.flush()

    threads = [threading.Thread(target=thread) for _ in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def in_a_process(work, jobs):
    """What it says, as a file; before there are threads."""
    ours, its = os.pipe()
    if os.fork() == 0:
        os.close(ours)
        with open(its, "w", encoding="utf-8") as out:
            work_off(work, jobs, out)
            out.flush()
            os._exit(0)
    os.close(its)
    return open(ours, encoding="utf-8")


def chosen(words):
    ways = [w for w in words if w in WAYS] or list(WAYS)
    names = [w for w in words if w not in WAYS] or list(SCENARIOS)
    for name in names:
        for way in ways:
            if SCENARIOS[name].side in ("both", WAYS[way]) and \
                    (name not in SELDOM or name in words):
                yield way, name


def tell(number, way, name, first, faults):
    run = Run(*first) if first else None
    print("not ok" if faults else "ok", number, "-", way, name,
          f"{run.status}, {run.seconds:.1f} s, {run.rss} KiB" if run else "",
          flush=True)
    for fault in faults:
        print("#", fault[:600])
    for line in run.err.splitlines()[-4:] if run and faults else []:
        print("#   ", line[:400])


def main():
    work = pathlib.Path(sys.argv[1])
    if sys.argv[2:] == ["mail"]:
        return make_mail(work / "maildir")
    hostile_cases.MANY = 500
    (work / "cases").mkdir(exist_ok=True)
    jobs = list(chosen(sys.argv[2:]))
    files = [in_a_process(work, jobs[n::PROCESSES]) for n in range(PROCESSES)]
    lines, done, failed = queue.Queue(), 0, 0

    def read(file):
        for line in file:
            lines.put(json.loads(line))
        lines.put(None)

    for file in files:
        threading.Thread(target=read, args=[file]).start()
    while files:
        result = lines.get()
        if not result:
            files.pop()
            continue
        done += 1
        failed += bool(result[3])
        tell(done, *result)
    print(f"1..{done}")
    return 1 if failed or done != len(jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
