#!/usr/bin/python3
"""Damages one file of a repository and says how.

    damage.py REPO NUMBER

The same number does the same to the same repository.  Files that hold nothing
of a set (locks, intents) are left alone.
"""

import pathlib
import random
import sys


def cut(path, raw, choice):
    keep = choice.randrange(len(raw))
    path.write_bytes(raw[:keep])
    return f"cut to {keep} of {len(raw)} bytes"


def flip(path, raw, choice):
    at = choice.randrange(len(raw))
    mask = choice.choice([0x01, 0x80, 0xff])
    path.write_bytes(raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1:])
    return f"byte {at} of {len(raw)} flipped by {mask:#04x}"


def remove(path, _raw, _choice):
    path.unlink()
    return "removed"


def main():
    repo, number = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    choice = random.Random(number)
    paths = sorted(p for p in repo.rglob("*") if p.is_file()
                   and p.relative_to(repo).parts[0]
                   in ("bkrepo", "keys", "sets", "data"))
    path = choice.choice(paths)
    act = (flip, cut, remove)[number % 3]
    how = act(path, path.read_bytes(), choice)
    print(f"{path.relative_to(repo)} {how}")


if __name__ == "__main__":
    main()
