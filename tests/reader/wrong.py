#!/usr/bin/python3
"""Does bkextract.py ever give wrong mail?  Bytes of a repository are changed, and what
it finds then must be what it found before, or less.

    wrong.py REPO SECRET_FILE COUNT

COUNT bytes of every file are changed, one at a time, each by a bit and by all of them;
the file is also cut there.  REPO is written to, and left as it was.
"""

import contextlib
import io
import os
import pathlib
import random
import sys

sys.dont_write_bytecode = True
import bkextract  # noqa: E402 (it lies beside this file)


def found_in(path, secret):
    """{set: {what is known of a message: its bytes}}, without what cannot be had."""
    found = {}
    repo = bkextract.Repo(path, secret)
    for name in sorted(os.listdir(f"{path}/sets")):
        with contextlib.suppress(Exception):
            accounts, folders, rows = bkextract.Set(repo, name[:32]).state()
            found[name] = messages = {}
            for number in folders:
                for row in rows[number]:
                    with contextlib.suppress(Exception):
                        key = number, str(folders[number]), *(row[what] for what in (
                            "uid", "name", "flags", "date")), *row["keywords"]
                        messages[key] = bkextract.message(row)
    return found


def is_part_of(found, whole):
    return all(item in whole[name].items()
               for name, messages in found.items() for item in messages.items())


def changes(raw, choice, count):
    for at in choice.sample(range(len(raw)), min(count, len(raw))):
        for mask in 1 << choice.randrange(8), 255:
            yield at, raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1:]
        yield at, raw[:at]


def main():
    path, secret, count = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    whole, tried, less, wrong = found_in(path, secret), 0, 0, 0
    choice = random.Random(count)
    for file in sorted(p for p in pathlib.Path(path).rglob("*") if p.is_file()):
        raw = file.read_bytes()
        for at, changed in changes(raw, choice, count):
            file.write_bytes(changed)
            with contextlib.redirect_stderr(io.StringIO()):
                try:
                    found = found_in(path, secret)
                except Exception:  # nothing at all
                    found = {}
            tried += 1
            less += found != whole
            if not is_part_of(found, whole):
                wrong += 1
                print(f"{file}: byte {at} of {len(raw)}")
        file.write_bytes(raw)
    print(f"{tried} changes: {less} with less mail, {wrong} with wrong mail")
    return 1 if wrong or not less else 0


if __name__ == "__main__":
    sys.exit(main())
