#!/usr/bin/python3
"""A busy mail server, as seen from its files: renames messages of a Maildir
tree at a steady rate until a file appears.

    restless.py ROOT UNTIL [RENAMES_A_SECOND [new-names]]

Nine in ten renames change flags; the tenth moves the message to another folder
of its account, or from new to cur, with `new-names` under a name of its own
there, as Dovecot does.  Prints how many it made in how many seconds.
"""

import os
import pathlib
import random
import sys
import time


def folders_of(root):
    """Lists of the cur folders of each account."""
    return [sorted(map(str, account.glob("**/cur")))
            for account in sorted(pathlib.Path(root).glob("*/*/Maildir"))]


def new_place(choice, path, accounts, number):
    """Where a message goes; a number makes its name there a new one."""
    cur, name = os.path.split(path)
    base, _, letters = name.partition(":2,")
    if choice.random() < .9:
        letter = choice.choice("FRST")
        letters = "".join(sorted(set(letters) ^ {letter}))
    else:
        cur = choice.choice(next(f for f in accounts if cur in f))
        if number:
            base = f"{base.partition('.')[0]}.N{number}.{base.split(',')[-1]}"
    return os.path.join(cur, f"{base}:2,{letters}")


def main():
    root, until = sys.argv[1:3]
    rate = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    renaming = sys.argv[4:] == ["new-names"]
    choice = random.Random(3)
    accounts = folders_of(root)
    paths = [os.path.join(cur, name) for folders in accounts
             for cur in folders for name in os.listdir(cur)]
    start = time.monotonic()
    renames = 0
    while not os.path.exists(until):
        behind = (time.monotonic() - start) * rate - renames
        for _ in range(int(behind)):
            index = choice.randrange(len(paths))
            place = new_place(choice, paths[index], accounts,
                              renaming and renames + 1)
            os.rename(paths[index], place)
            paths[index] = place
            renames += 1
        time.sleep(.001)
    print(renames, int(time.monotonic() - start))


if __name__ == "__main__":
    main()
