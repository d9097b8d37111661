#!/usr/bin/python3
"""A command on a terminal of its own, with somebody who types.

    on_terminal.py COMMAND... <SCRIPT

Each line of SCRIPT is what the command must have printed since the last answer,
a tab, and what is then typed; ^C is the key of that name.  Prints what the
terminal showed; ends like the command, or with 99 when it waits for something
else.
"""

import os
import pty
import select
import sys
import time

PATIENCE_S = 60


def wait_for(terminal, text, seen):
    until = time.monotonic() + PATIENCE_S
    fresh = b""
    while text.encode() not in fresh:
        ready, _, _ = select.select([terminal], [], [], 1)
        if time.monotonic() > until:
            return False
        if ready:
            try:
                got = os.read(terminal, 4096)
            except OSError:
                got = b""
            if not got:
                return False
            fresh += got
            seen.append(got)
    return True


def rest(terminal, seen):
    while True:
        try:
            got = os.read(terminal, 4096)
        except OSError:
            return
        if not got:
            return
        seen.append(got)


def main():
    script = [line.rstrip("\n").split("\t") for line in sys.stdin]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    seen = []
    for text, answer in script:
        if not wait_for(terminal, text, seen):
            sys.stdout.buffer.write(b"".join(seen))
            print(f"\nnever showed: {text}")
            os.close(terminal)
            os.waitpid(child, 0)
            sys.exit(99)
        os.write(terminal, b"\3" if answer == "^C" else answer.encode() + b"\n")
    rest(terminal, seen)
    _, status = os.waitpid(child, 0)
    sys.stdout.buffer.write(b"".join(seen))
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(status))


main()
