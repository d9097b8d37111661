#!/usr/bin/python3
"""Mail that comes in by LMTP for one account until a file appears.

    lmtp_rain.py PORT ADDRESS UNTIL TAKEN

Each message has its number in X-Rain and 400 times in its text, which ends
with it; TAKEN gets a line for each that was taken.
"""

import os
import smtplib
import sys


def main():
    port, address, until, taken = sys.argv[1:5]
    number = 0
    with open(taken, "w", buffering=1) as log, \
            smtplib.LMTP("127.0.0.1", int(port), timeout=60) as lmtp:
        while not os.path.exists(until):
            text = f"X-Rain: {number}\r\nSubject: {number}\r\n\r\n"
            text += f"rain {number}\r\n" * 400 + f"end {number}\r\n"
            lmtp.sendmail("rain@y.test", [address], text)
            log.write(f"{number}\n")
            number += 1


main()
