#!/usr/bin/python3
"""Runs a command, and prints how many connections to a port of 127.0.0.1 there
were at a time at most, as far as looking often tells.

    most_connections.py PORT FILE COMMAND...    the number goes to FILE; ends with
                                                the command's status
"""

import pathlib
import subprocess
import sys
import time

ESTABLISHED = "01"
LOOPBACK = "0100007F"


def count(port):
    """Those that lead there: the other ends of them have it as their own."""
    there = f"{LOOPBACK}:{port:04X}"
    rows = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").split("\n")
    return sum(row.split()[2:4] == [there, ESTABLISHED] for row in rows[1:])


def main():
    port, file, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    most = 0
    with subprocess.Popen(command) as run:
        while run.poll() is None:
            most = max(most, count(port))
            time.sleep(.005)
    pathlib.Path(file).write_text(f"{most}\n", encoding="ascii")
    sys.exit(run.returncode)


main()
