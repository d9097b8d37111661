#!/usr/bin/python3
"""Mail that comes in by SMTP for one account until a file appears, a message
after the other, as fast as it is taken.

    mail_rain.py PORT ADDRESS UNTIL TAKEN [PAUSE_MS [FIRST]]

The subjects are numbers, from FIRST (0) on.  Who is told to try later does, with the same message,
as a mail server would; TAKEN gets a line for each that was taken: its number,
then how often it was put off.  Ends with 1 when one was refused for good.
"""

import os
import smtplib
import sys
import time

PATIENCE_S = 60


def send(port, address, number):
    """True when it was taken, False when it was put off."""
    text = f"Subject: {number}\r\n\r\nrain {number}\r\n"
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
            server.sendmail("rain@y.test", [address], text)
        return True
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
    except smtplib.SMTPResponseException as refused:
        codes = [refused.smtp_code]
    except (smtplib.SMTPServerDisconnected, OSError):
        # Before the end of the DATA: nobody took it.
        return False
    if any(code >= 500 for code in codes):
        sys.exit(f"{number} was refused for good: {codes}")
    return False


def main():
    port, address, until, taken = sys.argv[1:5]
    pause = int(sys.argv[5]) / 1000 if len(sys.argv) > 5 else .03
    number = int(sys.argv[6]) if len(sys.argv) > 6 else 0
    put_off, end = 0, None
    with open(taken, "w", encoding="ascii", buffering=1) as out:
        while True:
            if os.path.exists(until):
                end = end or time.monotonic() + PATIENCE_S
                if put_off == 0:
                    break
                if time.monotonic() > end:
                    sys.exit(f"{number} was put off for too long")
            if send(int(port), address, number):
                print(number, put_off, file=out)
                number, put_off = number + 1, 0
            else:
                put_off += 1
            time.sleep(pause)


if __name__ == "__main__":
    main()
