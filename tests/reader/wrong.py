#!/usr/bin/python3
"""Does bkextract.py ever give wrong mail?  Bytes of a repository are changed, and what
it finds then must be what it found before, or less.

    wrong.py REPO KEY_FILE COUNT

COUNT bytes of every file are changed, one at a time, each by a bit and by all of them;
the file is also cut there.  Then come files as somebody would forge them who has keys,
but not all of them, or not from the beginning.  REPO is that of the page; it is written
to, and left as it was.
"""

import contextlib
import io
import os
import pathlib
import random
import sys

sys.dont_write_bytecode = True
import bkextract  # noqa: E402 (they lie beside this file)
from container import MANIFEST  # noqa: E402
from forge import Piece  # noqa: E402
from sets import Repository  # noqa: E402


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


def forgeries(path, keyfile):
    """(what was done, {file: its bytes}, the sets that may have become others)"""
    repo = Repository(path)
    repo.open_by_keyfile(keyfile)
    full = next(each for each in repo.visible() if each.kind == 1)
    pack = Piece(repo.pack(full.table()[0]).file)
    pack.replace(b"Hi Ann!", b"Hi Eve!")
    yield "a text was changed", {pack.place: pack.close()[0]}, ()
    manifest = Piece(full.part(MANIFEST))
    manifest.replace(b"1795200000.M1", b"1795200000.M9")
    raw, digest = manifest.close()
    yield "a name was changed", {manifest.place: raw}, ()
    root = Piece(full.file)
    root.replace(full.parts[MANIFEST].digest, digest)
    files = {manifest.place: raw, root.place: root.close()[0]}
    yield "the root names the changed file, but nobody signed it", files, ()
    root.sign()
    files = {manifest.place: raw, root.place: root.close()[0]}
    yield "it was signed, after another set was based on it", files, (f"{full.id.hex()}.bks",)


def found_with(path, secret, files):
    """What is found when some files are others; then they are as they were."""
    intact = {name: pathlib.Path(path, name).read_bytes() for name in files}
    for name, raw in files.items():
        pathlib.Path(path, name).write_bytes(raw)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return found_in(path, secret)
    except Exception:
        return {}  # nothing at all
    finally:
        for name, raw in intact.items():
            pathlib.Path(path, name).write_bytes(raw)


def main():
    path, secret, count = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    whole, tried, less, wrong = found_in(path, secret), 0, 0, 0
    choice = random.Random(count)
    for file in sorted(p for p in pathlib.Path(path).rglob("*") if p.is_file()):
        raw, name = file.read_bytes(), str(file.relative_to(path))
        for at, changed in changes(raw, choice, count):
            found = found_with(path, secret, {name: changed})
            tried += 1
            less += found != whole
            if not is_part_of(found, whole):
                wrong += 1
                print(f"{name}: byte {at} of {len(raw)}")
    for what, files, others in list(forgeries(path, sys.argv[2])):
        found = found_with(path, secret, files)
        tried += 1
        if found == whole or not is_part_of({
                name: found[name] for name in found if name not in others}, whole):
            wrong += 1
            print(f"forged: {what}")
    print(f"{tried} changes: {less} with less mail, {wrong} with wrong mail")
    return 1 if wrong or not less else 0


if __name__ == "__main__":
    sys.exit(main())
