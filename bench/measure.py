"""Runs one command and says what it cost."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median


TIME = "/usr/bin/time"


class Failed(Exception):
    """A command that is measured must succeed: a fast failure is no result."""


@dataclass
class Cost:
    wall: float  # seconds
    cpu: float  # seconds, user and system, with all children
    rss: float  # MiB at the peak, of the largest process

    @staticmethod
    def median(costs):
        return Cost(*(median(getattr(cost, field) for cost in costs)
                      for field in ("wall", "cpu", "rss")))


def run(command, log, env=None, statuses=(0,)):
    """Runs a list of words, or a text as a line of shell; output goes to the
    end of the file `log`.  What was written before is on disk when it starts,
    so that nobody pays for the one before him."""
    if isinstance(command, str):
        command = ["bash", "-o", "pipefail", "-c", command]
    # A child's peak includes what it was forked from: not this interpreter.
    peak = Path(f"{log}.peak")
    timed = [TIME, "-q", "-o", peak, "-f", "%M", *command]
    os.sync()
    with open(log, "ab") as out:
        out.write(f"\n$ {' '.join(command)}\n".encode())
        out.flush()
        begin = time.monotonic()
        with subprocess.Popen(timed, env=env, stdin=subprocess.DEVNULL,
                              stdout=out, stderr=out) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
    if child.returncode not in statuses:
        raise Failed(f"{command[0]} ended with {child.returncode}; "
                     f"the end of {log} says why")
    return Cost(wall, usage.ru_utime + usage.ru_stime,
                int(peak.read_text().split()[-1]) / 1024)


def output(command, env=None):
    return subprocess.run(command, env=env, check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True).stdout


def size_of(folder):
    """Bytes of all files."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*")
               if path.is_file())


def mail_of(folder):
    """Number and bytes of the messages in a tree of Maildirs."""
    sizes = [path.stat().st_size for path in Path(folder).rglob("*")
             if path.parent.name in ("cur", "new") and path.is_file()]
    return len(sizes), sum(sizes)


def say(text):
    print(text, file=sys.stderr, flush=True)
