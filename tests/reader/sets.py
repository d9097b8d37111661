"""Sets and the repository that holds them."""

import base64
import mmap
import os
import re
import struct
from collections import OrderedDict, namedtuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from binary import Cursor, Refused, at, crc_holds, going_on, hkdf, need, same, text, zero
from container import (INDEX, MANIFEST, ROOT, ROOT_RECORDS, TABLE, TRASH, TRASH_RECORDS, File,
                       signed)
from keys import Slot, read_keyfile
from manifests import Manifest, State
from packs import Pack, TableRow
from spread import Spread

SUFFIX = {INDEX: "i%08x.bki", MANIFEST: "m%08x.bkm", TABLE: "t%08x.bkt"}
KINDS = {1: "full", 2: "differential", 3: "incremental"}

PartOfSet = namedtuple("PartOfSet", "type ordinal bundled offset length digest")


class Set:
    """A set by its root; its other files are opened when they are asked for."""

    def __init__(self, repo, ident):
        self.repo, self.id = repo, ident
        self.file = File(repo, f"sets/{ident.hex()}.bks", ROOT, ident, 0)
        records = signed(self.file, ROOT_RECORDS)
        with at(self.file.place):
            c = Cursor(records[1])
            self.kind, self.flags, self.store_id = c.unpack("BB16s")
            self.store = c.text()
            c.end()
            need(self.kind in KINDS and self.flags < 2, "an unknown kind or flag")
            need((self.kind == 1) != (2 in records), "a full set with a base, or none without")
            self.base = records[2][:16] if 2 in records else None
            self.base_sum = records[2][16:] if 2 in records else None
            host, self.sequence, self.previous, self.previous_sum = struct.unpack(
                "<16sQ16s32s", records[3])
            need(host == self.file.host, "another host than in the header")
            need(self.sequence, "sequence 0")
            need(records[5][:2] == b"\1\0" or tuple(records[5][:2]) <= (1, 0),
                 "a newer reader is needed")
            text(records[5][2:])
            self.seen = [struct.unpack("<16sQ16s32s", seen) for seen in records[7]]
            hosts = [seen[0] for seen in self.seen]
            need(hosts == sorted(set(hosts)) and host not in hosts, "hosts seen: not in order")
            c = Cursor(records[8])
            self.messages, self.bytes, *_ = (c.varint() for _ in range(7))
            c.end()
            self.read_parts(records[6])

    def read_parts(self, bodies):
        self.parts, order = {}, (0, 0)
        for body in bodies:
            kind, ordinal, where, offset, length, digest, domain, optional = struct.unpack(
                "<BIBQQ32s16sB", body)
            need((kind, ordinal) > order, "parts that are not in order")
            order = kind, ordinal
            need(where < 2 and optional < 2 and (where or not offset), "an impossible part")
            zero(domain)
            if kind not in SUFFIX and optional:
                continue
            need(kind in SUFFIX and ordinal == 0, f"a part of type {kind}, ordinal {ordinal}")
            self.parts[kind] = PartOfSet(kind, ordinal, where, offset, length, digest)
        need(set(self.parts) == set(SUFFIX), "a part is missing")
        bundled = {part.bundled for part in self.parts.values()}
        need(len(bundled) == 1, "only some of its parts are in a bundle")
        self.bundled = bundled.pop()

    def part(self, kind):
        part, name = self.parts[kind], self.id.hex()
        place = (f"data/{name}.bkb" if self.bundled else
                 f"data/{name}/" + SUFFIX[kind] % part.ordinal)
        file = File(self.repo, place, kind, self.id, part.ordinal, part.offset, part.length)
        need(self.bundled or len(self.repo.map(place)) == part.length,
             f"{place}: another length than in the root")
        need(file.generation == self.file.generation, f"{file.place}: another key generation")
        need(file.host == self.file.host, f"{file.place}: another host")
        need(file.sum() == part.digest, f"{file.place}: another SHA-256 than in the root")
        return file

    def table(self):
        """Its pack table."""
        if hasattr(self, "packs"):
            return self.packs
        file = self.part(TABLE)
        self.packs = [TableRow(*row) for row in file.rows(
            "<IB3s16sIIQQ32sQII", file.walk())]
        need(len(self.packs) <= 1 << 20, f"{file.place}: too many packs")
        known = set()
        for number, row in enumerate(self.packs):
            with at(f"{file.place}: row {number}"):
                zero(row.pad)
                need(row.ordinal == number, "another ordinal")
                need(row.flags < 16 and row.flags & 3 in (1, 2), f"unknown flags {row.flags:#x}")
                own = row.flags & 3 == 1
                need(own == (row.owner == self.id), "own and owner differ")
                need(not own or row.own_ordinal == number, "own, and two ordinals")
                need(not own or bool(row.flags & 8) == bool(self.bundled),
                     "own, and not where the parts are")
                need(row.flags & 8 or not row.offset, "an offset in no bundle")
                need((row.owner, row.own_ordinal) not in known, "the same pack twice")
                known.add((row.owner, row.own_ordinal))
        return self.packs

    def content(self, ref, kinds):
        ordinal, number = ref
        table = self.table()
        need(ordinal < len(table), f"the pack table has no ordinal {ordinal}")
        kind, data = self.repo.pack(table[ordinal]).chunk(number)
        need(kind in kinds, f"a chunk of type {kind} where {kinds} belong")
        return data


def digest_of(message, key):
    """Of a canonical message, with K_id."""
    okm = hkdf(key, b"", b"bk1 digest", 64)
    tag = AESGCM(okm[:32]).encrypt(bytes(12), b"", message)
    return Cipher(AES(okm[32:]), ECB()).encryptor().update(tag)


def put_together(row, frame, key):
    """The message of a row as it was read."""
    style, exceptions, traces, skeletons, parts = row.body
    canonical = [frame.content(ref, {1}) for ref in traces]
    skeleton, pos = b"".join(frame.content(ref, {2}) for ref in skeletons), 0
    for part in parts:
        need(part.skip <= len(skeleton) - pos, "more skeleton than there is")
        canonical.append(skeleton[pos:pos + part.skip])
        pos += part.skip
        data = b"".join(frame.content(ref, {3, 4, 5}) for ref in part.refs)
        if part.encoded:
            data = base64.b64encode(data)
            if part.line and part.eol:
                data = b"\n".join(data[i:i + part.line] for i in range(0, len(data), part.line))
        canonical.append(data)
    message = b"".join(canonical) + skeleton[pos:]
    need(same(digest_of(message, key), row.digest), "another digest")
    if style < 2:
        ends = (b"\n", b"\r\n") if style == 0 else (b"\r\n", b"\n")
        lines = message.split(b"\n")
        need(not exceptions or exceptions[-1] < len(lines) - 1, "an exception beyond the end")
        odd = set(exceptions)
        message = b"".join(line + ends[i in odd] for i, line in enumerate(lines[:-1])) + lines[-1]
    need(len(message) == row.size, f"{len(message)} bytes, not {row.size}")
    return message


# ---- the repository ---------------------------------------------------------


class Repository:
    def __init__(self, path, mends=False):
        self.mends = mends  # what is damaged is read as its parity says
        self.path, self.maps, self.packs, self.blocks, self.sets = path, {}, {}, OrderedDict(), {}
        self.spread = Spread(path[7:].split(",")) if path.startswith("spread:") else None
        with at("bkrepo"):
            raw = self.map("bkrepo")[:]
            need(len(raw) == 64 and raw[:8] == b"\x89BKR\r\n\x1a\n", "wrong magic or length")
            crc_holds(raw)
            need(raw[9] <= 1, f"a reader of version {raw[9]} is needed")
            need(raw[8] == 1, f"version {raw[8]}")
            zero(raw[10:12] + raw[32:60])
            self.id = raw[16:32]

    def map(self, place):
        if place not in self.maps and self.spread:
            self.maps[place] = self.spread.read(place)
        elif place not in self.maps:
            with open(os.path.join(self.path, place), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                self.maps[place] = size and mmap.mmap(
                    file.fileno(), 0, access=mmap.ACCESS_READ) or b""
        return self.maps[place]

    def names(self, folder, pattern):
        """What matches in a folder, sorted: the groups of the pattern."""
        try:
            names = (self.spread.names(folder) if self.spread else
                     os.listdir(os.path.join(self.path, folder)))
        except FileNotFoundError:
            return []
        found = (re.fullmatch(pattern, name) for name in names)
        return sorted(match.groups() for match in found if match)

    def slots(self):
        for (name,) in self.names("keys", r"([0-9a-f]{32})\.bkk"):
            with going_on(), at(f"keys/{name}.bkk"):
                yield name, Slot(self.map(f"keys/{name}.bkk")[:], name, self.id)

    def open_by_password(self, path):
        with open(path, "rb") as file:
            password = re.sub(rb"\r?\n\Z", b"", file.read())
        self.open((slot, slot.stretch(password)) for _, slot in self.slots() if slot.type == 1)

    def open_by_keyfile(self, path):
        with at(path):
            repository, name, ikm = read_keyfile(path)
            need(repository == self.id, "it is for another repository")
        self.open((slot, ikm) for found, slot in self.slots() if found == name)

    def open(self, tries):
        self.keys = None
        for slot, ikm in tries:
            self.keys = self.keys or slot.open(ikm)
        need(self.keys, "no slot opens with this")

    def set(self, ident):
        if ident not in self.sets:
            self.sets[ident] = Set(self, ident)
        return self.sets[ident]

    def pack(self, row):
        key = row.owner, row.own_ordinal
        if key not in self.packs:
            self.packs[key] = row, Pack(self, row)
        known, pack = self.packs[key]
        need(known[2:3] + known[4:] == row[2:3] + row[4:],
             f"{pack.place}: two pack tables differ")
        return pack

    def condemned(self):
        """Sets that a signed list names and no mark has carried out; also notes those
        that were deleted."""
        found, self.tombstones = set(), set()
        for (name,) in self.names("trash", r"([0-9a-f]{32})\.bkx"):
            with going_on():
                listed, records = self.read_trash(name, "bkx", 0)
                done = False
                for mark, ordinal in ("go", 1), ("done", 2):
                    if self.names("trash", f"({name})\\.{mark}"):
                        with going_on():
                            file, its = self.read_trash(name, mark, ordinal)
                            need(file.host == listed.host and its.get(5) == listed.sum(),
                                 f"{file.place}: it does not belong to the list")
                            done = mark == "done"
                            self.tombstones |= {record[:16] for record in its[2]}
                if not done:
                    found |= {record[:16] for record in records[2]}
        return found

    def read_trash(self, name, suffix, ordinal):
        file = File(self, f"trash/{name}.{suffix}", TRASH, bytes.fromhex(name), ordinal)
        records = signed(file, TRASH_RECORDS)
        with at(file.place):
            file.sum()
            need((5 in records) == (ordinal > 0), "record 5 where none belongs, or none")
            need(not ordinal or not any(records[1][8:]), "a grace time in a mark")
            for kind in (2, 3, 4):
                need(records[kind] == sorted(records[kind]), f"records {kind} not in order")
                need(kind == 2 and ordinal != 1 or not ordinal or not records[kind],
                     f"record {kind} in a mark")
            for record in records[4]:
                need(re.match("(data|sets|open|hold)/", text(record)), "a name beyond these")
        return file, records

    def visible(self):
        condemned = self.condemned()
        for (name,) in self.names("sets", r"([0-9a-f]{32})\.bks"):
            ident = bytes.fromhex(name)
            if ident not in condemned:
                with going_on():
                    yield self.set(ident)

    def find(self, word):
        need(re.fullmatch("[0-9a-f]{32}", word), f"'{word}' is no identifier of a set")
        for found in self.visible():
            if found.id.hex() == word:
                return found
        raise Refused(f"there is no set {word}")

    def chain(self, last):
        """The sets from the full one to this."""
        chain = [last]
        while chain[0].base:
            above = chain[0]
            with at(above.file.place):
                need(len(chain) <= 32, "a chain of bases that is longer than 32")
                need(above.base not in [s.id for s in chain], "a chain that returns to itself")
                base = self.set(above.base)
                need(base.file.sum() == above.base_sum, "its base has another SHA-256")
                need((base.file.host, base.store_id) == (above.file.host, above.store_id),
                     "its base is of another host or store")
                need(base.file.generation == above.file.generation,
                     "its base is of another key generation")
                need(above.kind == 3 or base.kind == 1, "a differential on no full set")
            chain.insert(0, base)
        return chain

    def state(self, chain):
        state = State()
        for each in chain:
            state.apply(Manifest(each.part(MANIFEST), each.id))
        return state

    def message(self, row):
        frame = self.set(row.frame)
        return put_together(row, frame, self.keys.must("id", frame.file.generation))
