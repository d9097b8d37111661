#!/usr/bin/python3
"""Do two readers agree on what is refused?  For that a file must be wrong inside
and right outside: somebody with the keys made it.

    forge.py REPO PASSWORD_FILE KEY_FILE COUNT LENIENT COMMAND...

First a root says of a set that it saw what is not so, which both must refuse.  Then,
COUNT times, one byte of a plaintext is changed.  Everything over it is made right
again: tag, CRC-32, sums in footer, pack tables and roots, signatures.  Then the second
reader verifies all sets, and COMMAND judges by its status.  Where they differ, that is
printed, unless what the second reader complains of matches LENIENT, a regular
expression.  REPO is written to, and left as it was.  Its blocks must have codec 0.
"""

import pathlib
import random
import re
import struct
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
import spoil  # noqa: E402 (they lie beside this file)
from binary import Refused, need, sha  # noqa: E402
from container import INDEX, MANIFEST, ROOT, TABLE, Block  # noqa: E402
from manifests import Manifest, State  # noqa: E402
from sets import Repository  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

WHAT = {1: "pack", 2: "index", 3: "manifest", 4: "root", 5: "intent", 6: "trash",
        7: "table", 8: "hold"}
SEEN = "root: a seen set with"


class Piece:
    """A file, taken apart: what is in its blocks can be changed."""

    def __init__(self, file):
        self.file, self.place = file, file.place
        self.raw = bytearray(file.part(0, file.length))
        self.blocks, at = [], 256
        while at < file.body:
            length, named = struct.unpack("<II", self.raw[at:at + 8])
            inner = file.aead.decrypt(*self.seal_with(length, named, self.raw[at + 12:][:length]))
            self.blocks.append((at, length, named, bytearray(inner)))
            at += 12 + length

    def seal_with(self, length, named, data):
        last, number = named >> 31, named & 0x7fffffff
        return (struct.pack("<IQ", last, number), bytes(data),
                struct.pack("<BBHII", self.file.type, last, 0, number, length))

    def replace(self, before, after):
        """One value by another in all blocks; trailers and rows too."""
        for _, _, _, inner in self.blocks:
            place = inner.find(before)
            while place >= 0:
                inner[place:place + len(before)] = after
                place = inner.find(before, place + len(after))

    def sign(self):
        """The last record of a signed file."""
        inner = self.blocks[0][3]
        seed = self.file.repo.keys.must("sign", self.file.generation, self.file.host)
        key = Ed25519PrivateKey.from_private_bytes(seed)
        inner[-64:] = key.sign(self.file.head[:220] + bytes(inner[12:-66]))

    def walk(self):
        """As that of a File, for a Manifest."""
        trailer = self.blocks[-1][3][12:]
        _, _, self.count, _, _, _, self.first_at, self.first_number = struct.unpack(
            "<IIIIQQQI", trailer[:44])
        for at, length, named, inner in self.blocks[:-1]:
            yield Block(named, inner[1], at, 12 + length, bytes(inner[12:]))

    def close(self):
        """Its bytes, with everything made right."""
        raw = self.raw
        for at, length, named, inner in self.blocks:
            sealed = self.file.aead.encrypt(*self.seal_with(length, named, inner))
            raw[at + 12:at + 12 + length] = sealed
            raw[at + 8:at + 12] = struct.pack("<I", zlib.crc32(raw[at:at + 8] + sealed))
        end = len(raw) - 64
        raw[end + 36:end + 60] = sha(raw[:self.file.body])[:24]
        raw[end + 60:] = struct.pack("<I", zlib.crc32(raw[end:end + 60]))
        return bytes(raw), sha(raw[:self.file.body])


class Forgery:
    """All files of the repository in the order in which they name each other."""

    def __init__(self, repo, path):
        self.path, self.pieces, sets = path, [], list(repo.visible())
        for each in sets:
            for row in each.table():
                if row.flags & 1:
                    self.pieces.append((repo.pack(row).file, row.digest))
        for kind in INDEX, MANIFEST, TABLE:
            self.pieces += [(each.part(kind), each.parts[kind].digest) for each in sets]
        self.pieces += [(each.file, each.file.sum()) for each in sets]

    def change(self, choice):
        """Changes a byte; what it was, and the files as they are now by their names."""
        pieces = [(Piece(file), digest) for file, digest in self.pieces]
        weights = [sum(len(block[3]) for block in piece.blocks) for piece, _ in pieces]
        (victim, _), = choice.choices(pieces, weights)
        _, _, number, inner = choice.choices(
            victim.blocks, [len(each[3]) for each in victim.blocks])[0]
        place = choice.randrange(len(inner))
        before = inner[place]
        inner[place] = choice.choice([before ^ 1, before + 1 & 255, before - 1 & 255,
                                      before ^ 0x80, 0, 255, choice.randrange(256)])
        story = (f"{WHAT[victim.file.type]} {victim.place}: block {number & 0x7fffffff}, byte "
                 f"{place - 12} of its {len(inner) - 12}: {before:02x} became {inner[place]:02x}")
        return story, self.close(pieces), before != inner[place]

    def seen(self):
        """What a root says of a set that it saw, changed: what was done, and the files."""
        there = self.pieces[-1][0].repo.visible()
        full = next(each for each in there if each.kind == 1)
        right = full.file.host, full.sequence, full.id, full.file.sum()
        for what, values in (
                ("another host", (bytes(15) + b"\1", *right[1:])),
                ("its own host", right),
                ("another sequence", (right[0], 7, *right[2:])),
                ("another SHA-256", (*right[:3], bytes(32)))):
            pieces = [(Piece(file), digest) for file, digest in self.pieces]
            for piece, _ in pieces:
                inner = piece.blocks[0][3]
                at = inner.find(b"\x07\x48")
                if piece.file.type == ROOT and at >= 0:
                    inner[at + 2:at + 74] = struct.pack("<16sQ16s32s", *values)
            yield f"{SEEN} {what}", self.close(pieces)

    def changes(self, choice, count):
        yield from self.seen()
        for _ in range(count):
            story, files, changed = self.change(choice)
            if changed:
                yield story, files

    def end(self, pieces):
        """Record 8 is made right too, whatever the state has come to."""
        state = State()
        need.strict = False
        try:
            for piece, _ in pieces:
                if piece.file.type == MANIFEST:
                    state.check = lambda manifest: None
                    state.apply(Manifest(piece, piece.file.set))
                    last = max(block for block in piece.blocks if block[3][1] == 0)
                    last[3][-64:] = state.end()
        except (Refused, ArithmeticError, LookupError, TypeError, ValueError,
                struct.error):
            pass  # nothing of sense is left
        finally:
            need.strict = True

    def close(self, pieces):
        files = {}
        self.end(pieces)
        for i, (piece, digest) in enumerate(pieces):
            if piece.file.type == ROOT:
                piece.sign()
            raw, now = piece.close()
            files.setdefault(piece.place.partition(" at ")[0], []).append(
                (piece.file.offset, raw))
            for later, _ in pieces[i + 1:]:
                later.replace(digest, now)
        return {name: b"".join(raw for _, raw in sorted(parts))
                for name, parts in files.items()}


def main():
    path, password, keyfile, count, lenient, *command = sys.argv[1:]
    repo = Repository(path)
    repo.open_by_password(password)
    forgery = Forgery(repo, pathlib.Path(path))
    choice, differ, refused, spared = random.Random(count), 0, 0, 0
    names = [each.id.hex() for each in repo.visible()]
    files = forgery.change(choice)[1]
    intact = {place: (forgery.path / place).read_bytes() for place in files}
    for story, files in forgery.changes(choice, int(count)):
        for place, raw in files.items():
            (forgery.path / place).write_bytes(raw)
        said = "".join(spoil.verify(path, "keyfile", keyfile, name) for name in names)
        said = said.split("\n")[0]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        for place, raw in intact.items():
            (forgery.path / place).write_bytes(raw)
        refused += bool(said)
        if SEEN in story and not said:
            differ += 1
            print(f"{story}\n  both: fine")
        elif said and not other.returncode and re.search(lenient, said):
            spared += 1
        elif bool(said) != bool(other.returncode):
            differ += 1
            print(f"{story}\n  second reader: {said or 'fine'}\n  the other: status "
                  f"{other.returncode} {other.stderr.strip().replace(chr(10), ' / ') or 'fine'}")
        elif other.returncode < 0 or other.returncode not in (0, 3, 10, 12, 13, 17, 18):
            differ += 1
            print(f"{story}\n  the other: status {other.returncode}")
    print(f"{count} changes: {refused} refused, {spared} spared, {differ} differ")
    return 1 if differ or not refused else 0


if __name__ == "__main__":
    sys.exit(main())
