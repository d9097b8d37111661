"""A repository that is spread over several folders, put together again."""

import hashlib
import os
import re
import struct
import zlib
from collections import Counter, namedtuple

from binary import Refused, at, need
from parity import inverse, scaled, solve, xor

PIECE = 1 << 16
COPY, SHARD = 0, 1

Layout = namedtuple("Layout", "rows last payload start")
Part = namedtuple("Part", "number original length payload")


def layout(d, length):
    """Rows of d whole pieces, the size of the last row's pieces, of the payload; where it begins."""
    whole, rest = divmod(length, d * PIECE)
    last = -(-rest // d)
    pieces = whole + (last > 0)
    return Layout(whole, last, whole * PIECE + last, 128 + 4 * (pieces + 1))


def is_cut(name):
    return re.fullmatch(r"data/[^/]*(\.bkb|/p[^/]*\.bkp)", name)


def turn_of(name):
    if not is_cut(name):
        return 0
    found = re.fullmatch(r"data/.*/p([0-9a-f]{8})\.bkp", name)
    return int(found[1] if found else name[-12:-4], 16)


def there(name):
    """Folder and pattern of the file that a target has of this blob."""
    if not is_cut(name):
        return os.path.dirname(name), re.escape(os.path.basename(name))
    if name.endswith(".bkb"):
        return name[:-4], r"bkb\.[0-9a-f]{10}\.bkf"
    folder, base = os.path.split(name)
    return folder, re.escape(base) + r"\.[0-9a-f]{10}\.bkf"


def read_part(raw, name, position):
    """A shard or copy, proved, and what its header says of the repository."""
    head = raw[:128]
    need(len(head) == 128 and head[:8] == b"\x89BKS\r\n\x1a\n", "wrong magic")
    need(struct.unpack("<I", head[124:])[0] == zlib.crc32(head[:124]), "wrong CRC of the header")
    version, d, p, n, place, number, code, log2, turn, pad, length = struct.unpack(
        "<8B2IQ", head[8:32])
    need(version == 1, f"version {version}")
    need(log2 == 16 and not pad and not any(head[112:124]), "a field that cannot be")
    need(d >= 2 and p >= 1 and d + p <= n <= 16 and 2 * p < n, "an impossible shape")
    need(place == position, f"of position {place}")
    need(turn == turn_of(name) and head[32:48] == hashlib.sha256(name.encode()).digest()[:16],
         "of another file")
    if is_cut(name):
        need(code == SHARD and number == (position - turn) % n < d + p, "another shard")
    else:
        need(code == COPY and number == 0, "no copy")
    form = layout(d if code else 1, length)
    need(len(raw) == form.start + form.payload, "another length")
    table, payload = raw[128:form.start], raw[form.start:]
    need(struct.unpack("<I", table[-4:])[0] == zlib.crc32(table[:-4]), "wrong CRC of the CRCs")
    sums = [zlib.crc32(payload[i:i + PIECE]) for i in range(0, len(payload), PIECE)]
    need(table[:-4] == struct.pack(f"<{len(sums)}I", *sums), "wrong CRC of a piece")
    need(hashlib.sha256(payload).digest() == head[80:112], "wrong SHA-256")
    return (d, p, n), Part(number, head[48:80], length, payload)


class Spread:
    def __init__(self, paths):
        self.paths, self.form = paths, None

    def files(self, name):
        folder, pattern = there(name)
        for position, path in enumerate(self.paths):
            try:
                names = os.listdir(os.path.join(path, folder))
            except FileNotFoundError:
                continue
            for file in names:
                if re.fullmatch(pattern, file):
                    with open(os.path.join(path, folder, file), "rb") as opened:
                        yield position, opened.read()

    def parts(self, name):
        """Those that are good; what is wrong is as if it were not there."""
        found = []
        for position, raw in self.files(name):
            try:
                with at(f"{self.paths[position]}: {name}"):
                    form, part = read_part(raw, name, position)
            except Refused:
                continue
            need(form[2] == len(self.paths) and self.form in (None, form), "another shape")
            self.form = form
            found.append(part)
        return found

    def read(self, name):
        with at(name):
            parts = self.parts(name)
            if not parts and not list(self.files(name)):
                raise FileNotFoundError(name)
            counts = Counter(part.original for part in parts)
            original = max(counts, key=counts.get, default=None)
            parts = {part.number: part for part in parts if part.original == original}
            if not is_cut(name):
                need(parts, "no good copy")
                whole = parts[0].payload
            else:
                whole = self.join(parts)
            need(hashlib.sha256(whole).digest() == original, "another SHA-256 of the whole")
            return whole

    def join(self, parts):
        d = self.form and self.form[0]
        need(parts and len(parts) >= d, f"{len(parts)} shards are too few")
        length = next(iter(parts.values())).length
        form, data = layout(d, length), {i: parts[i].payload for i in range(d) if i in parts}
        missing = [i for i in range(d) if i not in data]
        given = []
        for number in [i for i in parts if i >= d][:len(missing)]:
            known = (scaled(data[j], inverse(number ^ j)) for j in data)
            given.append((number - d, xor((parts[number].payload, *known), form.payload)))
        data.update(solve(missing, given, d))
        sizes = [PIECE] * form.rows + [form.last] * (form.last > 0)
        return b"".join(data[i][row * PIECE:row * PIECE + size]
                        for row, size in enumerate(sizes) for i in range(d))[:length]

    def names(self, folder):
        """Of the blobs in a folder, whoever has them."""
        found = set()
        for path in self.paths:
            try:
                names = os.listdir(os.path.join(path, folder))
            except FileNotFoundError:
                continue
            for name in names:
                found.add(re.sub(r"\.[0-9a-f]{10}\.bkf$", "", name))
                if folder == "data" and any(file.startswith("bkb.") for file in os.listdir(
                        os.path.join(path, folder, name))):
                    found.add(name + ".bkb")
        return found
