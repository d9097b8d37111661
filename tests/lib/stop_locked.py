#!/usr/bin/python3
"""Starts a command and stops it (SIGSTOP) while it holds a lock.

    stop_locked.py STATE_DIR COMMAND...      on stdout: the process to wake up

A run that was quicker than that is started again.
"""

import os
import pathlib
import signal
import subprocess
import sys

TRIES = 50


def locks(state):
    """Locks that say who has them; a file may be gone when it is looked at."""
    for path in state.glob("lock-*"):
        try:
            if path.stat().st_size:
                return True
        except FileNotFoundError:
            pass
    return False


def main():
    state = pathlib.Path(sys.argv[1])
    for _ in range(TRIES):
        run = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        while not locks(state) and run.poll() is None:
            pass
        run.send_signal(signal.SIGSTOP)
        if run.poll() is None:
            os.waitpid(run.pid, os.WUNTRACED)
            if locks(state):
                print(run.pid)
                return
        run.send_signal(signal.SIGCONT)
        if run.wait():
            sys.exit(f"it ended with {run.returncode}")
    sys.exit("it never held a lock for long enough")


main()
