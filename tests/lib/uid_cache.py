#!/usr/bin/python3
"""A mail program that kept what it saw, by UIDVALIDITY and UID, and never looks
again: is it shown a wrong message?

    uid_cache.py BEFORE AFTER [LEAST]    two views of imap_view.py; status 1
                                         where a message is another one, or
                                         fewer than LEAST are known again
"""

import sys

from imap_view import View


def known(path):
    view = View.read(path)
    return {(key, view.folders[key]["uidvalidity"], uid): message["sha256"]
            for key, messages in view.messages.items()
            for uid, message in messages.items()}


def main(before, after, least="0"):
    before, after = known(before), known(after)
    again = before.keys() & after.keys()
    wrong = [key for key in sorted(again) if before[key] != after[key]]
    print(f"{len(again)} of {len(before)} messages are known")
    for key in wrong:
        print("another message:", *key)
    return 1 if wrong or len(again) < int(least) else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
