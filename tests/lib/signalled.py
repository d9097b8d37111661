#!/usr/bin/python3
"""Starts a command, and sends it a signal as soon as a file or folder is there.

    signalled.py TERM|INT|... PATH COMMAND...   ends with its status, or with 128
                                                and the signal that ended it
"""

import os
import signal
import subprocess
import sys
import time


def main():
    number = signal.Signals["SIG" + sys.argv[1]]
    signal.signal(number, signal.SIG_DFL)
    run = subprocess.Popen(sys.argv[3:])
    while not os.path.exists(sys.argv[2]) and run.poll() is None:
        time.sleep(0.005)
    run.send_signal(number)
    status = run.wait()
    sys.exit(status if status >= 0 else 128 - status)


main()
