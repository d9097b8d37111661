#!/usr/bin/python3
"""What tools print with --json, for tests in shell.

    json_lines.py numbers FILE        what the summary counts, in one line
    json_lines.py accounts FILE       each account line: name and what is counted
    json_lines.py restored FILE       what a restore's summary counts
    json_lines.py valid FILE          fails unless each line is one JSON object of
                                      version 1, in ASCII without controls
"""

import json
import sys


def numbers(lines):
    (end,) = (line for line in lines if line["type"] == "summary")
    print(end["kind"], end.get("base"), end["accounts"], end["bytes"]["source"],
          *(end["messages"][key]
            for key in ("total", "new", "kept", "flags", "gone")))


def restored(lines):
    (end,) = (line for line in lines if line["type"] == "summary")
    print(end["accounts"], end["bytes"]["source"], end["errors"],
          *(f"{key}={end['messages'][key]}" for key in
            ("total", "new", "kept", "flags", "dates", "gone")))


def accounts(lines):
    for line in lines:
        if line["type"] == "account":
            print(line["account"], *(f"{key}={line[key]}" for key in
                                     ("folders", "new", "kept", "flags",
                                      "gone")))


def main():
    verb, path = sys.argv[1:]
    with open(path, "rb") as file:
        raw = file.read().split(b"\n")
    if raw.pop() != b"":
        sys.exit("the last line has no end")
    for line in raw:
        if not line.isascii() or any(c < 32 or c == 127 for c in line):
            sys.exit(f"not for a terminal: {line}")
    lines = [json.loads(line) for line in raw]
    if not lines or any(line["v"] != 1 or not line["type"] for line in lines):
        sys.exit("no lines, or one of another version")
    if verb != "valid":
        {"numbers": numbers, "accounts": accounts,
         "restored": restored}[verb](lines)


main()
