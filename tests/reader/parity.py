"""Parity of a body: what lies between it and the footer, and mending by it."""

import struct
import zlib
from collections import namedtuple

from binary import need

LEAST, DATA, EACH = 16 << 10, 64, 2

Shape = namedtuple("Shape", "log2 segments groups k table size")


def shape(body):
    """Of a body of that length; None: it has no parity."""
    if body < LEAST:
        return None
    log2 = 12 if body < 1 << 20 else 14 if body < 1 << 24 else 16
    segments = -(-body >> log2)
    groups = -(-segments // DATA)
    table = 4 * (segments + EACH * groups) + 8
    return Shape(log2, segments, groups, -(-segments // groups), table,
                 2 * table + (EACH * groups << log2))


# ---- GF(2^8), 0x11d ----

EXP, LOG = [0] * 510, [0] * 256
value = 1
for power in range(255):
    EXP[power] = EXP[power + 255] = value
    LOG[value] = power
    value = value << 1 ^ (0x11d if value & 0x80 else 0)


def inverse(a):
    return EXP[255 - LOG[a]]


def times(a, b):
    return EXP[LOG[a] + LOG[b]] if a and b else 0


def scaled(data, by):
    return data.translate(bytes(times(by, x) for x in range(256))) if by else bytes(len(data))


def xor(parts, size):
    total = 0
    for part in parts:
        total ^= int.from_bytes(part, "little")
    return total.to_bytes(size, "little")


# ---- a body ----

def pieces(body, form):
    size = 1 << form.log2
    for start in range(0, form.segments * size, size):
        yield body[start:start + size].ljust(size, b"\0")


def of_group(data, form, group):
    return data[group::form.groups]


def order(form):
    """Of each parity segment, as they are written: (p, group)."""
    return [(n // form.groups, (form.segments + n) % form.groups)
            for n in range(EACH * form.groups)]


def parity_of(body):
    """All that is written behind it, but for the footer."""
    form = shape(len(body))
    size, data = 1 << form.log2, list(pieces(body, form))
    segments = [xor((scaled(piece, inverse(form.k + p ^ j))
                     for j, piece in enumerate(of_group(data, form, group))), size)
                for p, group in order(form)]
    sums = struct.pack("<I", len(data) + len(segments)) + b"".join(
        struct.pack("<I", zlib.crc32(piece)) for piece in data + segments)
    table = sums + struct.pack("<I", zlib.crc32(sums))
    return table + b"".join(segments) + table


def read_table(table):
    """The CRC-32 of each segment, or None where the table itself is damaged."""
    if struct.unpack("<I", table[-4:])[0] != zlib.crc32(table[:-4]):
        return None
    return struct.unpack(f"<{len(table) // 4 - 2}I", table[4:-4])


def solve(missing, given, k):
    """Places that are missing, from EACH parity pieces less those that are known."""
    rows = [[inverse(k + p ^ j) for j in missing] + [rest] for p, rest in given]
    for i in range(len(missing)):
        turn = next(r for r in range(i, len(rows)) if rows[r][i])
        rows[i], rows[turn] = rows[turn], rows[i]
        by = inverse(rows[i][i])
        rows[i] = [times(x, by) for x in rows[i][:-1]] + [scaled(rows[i][-1], by)]
        for r, row in enumerate(rows):
            if r != i and row[i]:
                by = row[i]
                rows[r] = ([a ^ times(b, by) for a, b in zip(row[:-1], rows[i][:-1])]
                           + [xor((row[-1], scaled(rows[i][-1], by)), len(row[-1]))])
    return {place: rows[i][-1] for i, place in enumerate(missing)}


def mend(body, behind):
    """The body, with what was lost computed again; refused where that cannot be."""
    form = shape(len(body))
    size = 1 << form.log2
    sums = read_table(behind[:form.table]) or read_table(behind[-form.table:])
    need(sums, "both CRC tables of the parity are damaged")
    data = list(pieces(body, form))
    places = {which: n for n, which in enumerate(order(form))}
    for group in range(form.groups):
        here = of_group(data, form, group)
        missing = [j for j, piece in enumerate(here)
                   if zlib.crc32(piece) != sums[group + j * form.groups]]
        given = []
        for p in range(EACH):
            number = places[p, group]
            piece = behind[form.table + number * size:][:size]
            if zlib.crc32(piece) == sums[form.segments + number]:
                known = (scaled(each, inverse(form.k + p ^ j))
                         for j, each in enumerate(here) if j not in missing)
                given.append((p, xor((piece, *known), size)))
        need(len(missing) <= len(given), "more is lost than its parity gives back")
        for j, piece in solve(missing, given[:len(missing)], form.k).items():
            data[group + j * form.groups] = piece
    return b"".join(data)[:len(body)]
