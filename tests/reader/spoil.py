#!/usr/bin/python3
"""Does the second reader notice every byte that is changed?

    spoil.py REPO PASSWORD_FILE KEY_FILE SET EACH

EACH bytes of each file (0: all) are flipped one at a time, the first time just
so, the second with the CRC-32 over them made right again, as an attacker would.
What goes unnoticed is printed.  REPO is written to, and left as it was.
"""

import contextlib
import io
import os
import pathlib
import random
import struct
import sys
import types
import zlib

sys.dont_write_bytecode = True
import bkread  # noqa: E402 (they lie beside this file)
import keys  # noqa: E402
from binary import Refused, complain  # noqa: E402
from sets import Repository  # noqa: E402

MAGIC = b"\x89BKF\r\n\x1a\n"
stretched = {}
stretch = keys.Slot.stretch


def stretch_once(slot, password):
    """scrypt takes a second; nobody needs the same result twice."""
    key = slot.raw[11:14], slot.raw[48:80]
    if key not in stretched:
        stretched[key] = stretch(slot, password)
    return stretched[key]


def verify(repo, key, value, name):
    """What the reader complains of."""
    complain.count = 0
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            reader = Repository(repo)
            getattr(reader, "open_by_" + key)(value)
            bkread.do_verify(reader, types.SimpleNamespace(set=name))
        except Refused as wrong:
            complain(wrong)
    return said.getvalue()


def covers(raw):
    """(start, end, place in it of the CRC-32 over the rest) of each piece."""
    if raw[:4] in (b"\x89BKR", b"\x89BKK"):
        return [(0, len(raw), len(raw) - 4)]
    found, base = [], 0
    while base < len(raw):
        assert raw[base:base + 8] == MAGIC
        found.append((base, base + 256, base + 252))
        at, last = base + 256, False
        while not last:
            length, number = struct.unpack("<II", raw[at:at + 8])
            found.append((at, at + 12 + length, at + 8))
            at, last = at + 12 + length, number >> 31
        found.append((at, at + 64, at + 60))
        base = at + 64
    return found


def mend(spoilt, at, regions):
    """The CRC-32 over a byte made right; None if it is the CRC-32 itself."""
    if spoilt[:4] == b"\x89BKR" and at < 16:
        return None  # nothing but the CRC-32 guards versions and date of the marker
    for start, end, crc in regions:
        if start <= at < end and not crc <= at < crc + 4:
            right = zlib.crc32(spoilt[start:crc] + spoilt[crc + 4:end])
            return spoilt[:crc] + struct.pack("<I", right) + spoilt[crc + 4:]
    return None


def main():
    repo, password, keyfile, name, each = sys.argv[1:]
    keys.Slot.stretch = stretch_once
    ways = {"password": password, "keyfile": keyfile}
    for key, value in ways.items():
        said = verify(repo, key, value, name)
        if said:
            sys.exit(f"it is spoilt already: {said}")
    tried = missed = 0
    for path in sorted(p for p in pathlib.Path(repo).rglob("*") if p.is_file()):
        raw = path.read_bytes()
        regions = covers(raw)
        places = range(len(raw))
        if int(each):
            places = random.Random(path.name).sample(places, min(int(each), len(raw)))
        key = "password" if raw[:4] == b"\x89BKK" and raw[10] == 1 else "keyfile"
        for at in places:
            spoilt = raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1:]
            for version in spoilt, mend(spoilt, at, regions):
                if version is None:
                    continue
                path.write_bytes(version)
                tried += 1
                if not verify(repo, key, ways[key], name):
                    missed += 1
                    print(f"{os.path.relpath(path, repo)}: byte {at} of {len(raw)}"
                          f"{', CRC-32 made right' if version != spoilt else ''}")
        path.write_bytes(raw)
    print(f"{tried} changes, {missed} not noticed")
    return 1 if missed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
