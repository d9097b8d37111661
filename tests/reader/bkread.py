#!/usr/bin/python3
"""A second reader of bk-format(5), written from that page alone.

    bkread.py REPO KEY sets              a line for each visible set
    bkread.py REPO KEY list [--hash] SET what is in it, as JSON lines
    bkread.py REPO KEY extract SET DIR   its messages as files
    bkread.py REPO KEY verify SET        proves the set, its bases and the repository

KEY is --password-file FILE or --key-file FILE.  What the page says is refused is
told on stderr with its place; then the status is 1.
"""

import argparse
import base64
import hashlib
import hmac
import json
import mmap
import os
import re
import stat
import struct
import sys
import zlib
from collections import OrderedDict, namedtuple
from contextlib import contextmanager

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import poly1305
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PACK, INDEX, MANIFEST, ROOT, INTENT, TRASH, TABLE, HOLD = range(1, 9)
DATA_BLOCK, DIRECTORY_BLOCK, TRAILER_BLOCK, ROW_BLOCK = range(4)
ORDER = {DATA_BLOCK: 0, ROW_BLOCK: 1, DIRECTORY_BLOCK: 2, TRAILER_BLOCK: 3}
BLOCKS = {PACK: {0, 1, 3}, INDEX: {3}, TABLE: {3}, MANIFEST: {0, 1}}  # else data only
ROLES = {PACK: "data", INDEX: "meta", MANIFEST: "meta", ROOT: "root", TABLE: "root",
         INTENT: "ctl", TRASH: "ctl", HOLD: "ctl"}
ROWS_PER_BLOCK = {PACK: 2730, INDEX: 2730, TABLE: 682}
SUFFIX = {INDEX: "i%08x.bki", MANIFEST: "m%08x.bkm", TABLE: "t%08x.bkt"}
KINDS = {1: "full", 2: "differential", 3: "incremental"}
FLAGS = ["Seen", "Answered", "Flagged", "Deleted", "Draft", "Passed"]
CACHED_BLOCKS = 48


class Refused(Exception):
    pass


def need(right, what):
    if not right:
        raise Refused(what)


@contextmanager
def at(place):
    """What is refused inside is told with this place."""
    try:
        yield
    except Refused as wrong:
        raise Refused(f"{place}: {wrong}") from None
    except FileNotFoundError:
        raise Refused(f"{place}: it is not there") from None


def complain(what):
    complain.count += 1
    print(f"bkread: {what}", file=sys.stderr)


complain.count = 0


@contextmanager
def going_on():
    """What is refused inside is told, and the rest goes on."""
    try:
        yield
    except Refused as wrong:
        complain(wrong)


# ---- bytes ------------------------------------------------------------------


class Cursor:
    """Reads bytes from front to back, and never beyond."""

    def __init__(self, data):
        self.data, self.pos = bytes(data), 0

    def left(self):
        return len(self.data) - self.pos

    def take(self, size):
        need(size <= self.left(), "a length that does not fit")
        self.pos += size
        return self.data[self.pos - size:self.pos]

    def rest(self):
        return self.take(self.left())

    def unpack(self, form):
        values = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
        return values if len(values) > 1 else values[0]

    def u8(self):
        return self.unpack("B")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7f) << shift
            need(value < 1 << 64 and shift < 70, "a varint of more than 64 bits")
            if byte < 0x80:
                need(byte or not shift, "a varint that is not the shortest")
                return value
            shift += 7

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def string(self):
        return self.take(self.varint())

    def text(self):
        return text(self.string())

    def end(self):
        need(not self.left(), f"{self.left()} bytes left over")


def text(data):
    need(b"\0" not in data, "text with NUL")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("text that is not UTF-8") from None


def u32(value):
    need(value < 1 << 32, "an identifier of more than 32 bits")
    return value


def zero(data, what="a field that should be zero"):
    need(not any(data), what + " is not zero")


def crc_holds(data, at_end=4):
    (crc,) = struct.unpack("<I", data[-at_end:])
    need(zlib.crc32(data[:-at_end]) == crc, "wrong CRC-32")


def sha(data):
    return hashlib.sha256(data).digest()


def mac(key, *data):
    return hmac.new(key, b"".join(data), "sha256").digest()


def same(a, b):
    return hmac.compare_digest(a, b)


def hkdf(ikm, salt, info, size=32):
    prk, okm, block, count = mac(salt or bytes(32), ikm), b"", b"", 0
    while len(okm) < size:
        count += 1
        block = mac(prk, block, info, bytes([count]))
        okm += block
    return okm[:size]


# ---- sealed boxes: crypto_box_seal_open() for a message of 32 bytes ----------


def salsa20(key, sixteen, h=False):
    """A block of Salsa20, or HSalsa20."""
    const = b"expand 32-byte k"
    k, n, c = (struct.unpack(f"<{len(x) // 4}I", x) for x in (key, sixteen, const))
    start = [c[0], *k[:4], c[1], *n, c[2], *k[4:], c[3]]
    x = list(start)

    def quarter(*i):
        for step, turn in enumerate((7, 9, 13, 18)):
            to, a, b = i[(step + 1) % 4], i[step], i[step - 1]
            mix = x[a] + x[b] & 0xffffffff
            x[to] ^= (mix << turn | mix >> 32 - turn) & 0xffffffff

    for _ in range(10):
        for i in range(4):
            quarter(*((5 * i + 4 * j) % 16 for j in range(4)))
        for i in range(4):
            quarter(*(4 * i + (i + j) % 4 for j in range(4)))
    if h:
        return struct.pack("<8I", *(x[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))
    return struct.pack("<16I", *(a + b & 0xffffffff for a, b in zip(x, start)))


def unseal(box, secret):
    ours = x25519.X25519PrivateKey.from_private_bytes(secret)
    public = ours.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    nonce = hashlib.blake2b(box[:32] + public, digest_size=24).digest()
    try:
        shared = ours.exchange(x25519.X25519PublicKey.from_public_bytes(box[:32]))
        key = salsa20(salsa20(shared, bytes(16), h=True), nonce[:16], h=True)
        stream = salsa20(key, nonce[16:] + bytes(8))
        poly1305.Poly1305.verify_tag(stream[:32], box[48:], box[32:48])
    except (InvalidSignature, ValueError):
        raise Refused("a sealed box that does not open") from None
    return bytes(a ^ b for a, b in zip(stream[32:], box[48:]))


# ---- keys -------------------------------------------------------------------


class Keys:
    """What a slot's bag holds, and what follows from it."""

    WHAT = {1: "R", 2: "data", 3: "meta", 4: "root", 5: "ctl", 6: "id", 7: "box",
            8: "box public", 9: "writer", 10: "seal", 11: "public"}

    def __init__(self):
        self.bag = {}

    def of(self, what, generation, host=bytes(16)):
        own = self.bag.get((what, generation, host))
        if own:
            return own
        if what == "writer":
            return self.derive("R", generation, bytes(16), b"bk1 writer" + host)
        if what in ("sign", "seal"):
            return self.derive("writer", generation, host, b"bk1 " + what.encode())
        if what == "public":
            seed = self.of("sign", generation, host)
            return seed and ed25519.Ed25519PrivateKey.from_private_bytes(
                seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        if what == "R":
            return None
        return self.derive("R", generation, bytes(16), b"bk1 role " + what.encode())

    def derive(self, what, generation, host, info):
        above = self.of(what, generation, host)
        return above and hkdf(above, b"", info)

    def must(self, what, generation, host=bytes(16)):
        key = self.of(what, generation, host)
        need(key, f"this slot has no key '{what}' of generation {generation}")
        return key


class Slot:
    def __init__(self, raw, name, repository):
        need(len(raw) == 4096, "not 4096 bytes")
        need(raw[:8] == b"\x89BKK\r\n\x1a\n", "wrong magic")
        crc_holds(raw)
        need(raw[8] == 1, f"version {raw[8]}")
        self.raw, self.type, self.scrypt = raw, raw[10], raw[11:14]
        (self.entries,) = struct.unpack("<H", raw[14:16])
        need(self.type in (1, 2, 3), "an unknown type of slot")
        need(self.type == 1 or not any(self.scrypt), "scrypt without a password")
        need(raw[16:32] == repository, "the slot of another repository")
        need(raw[32:48].hex() == name, "the slot of another name")
        label = raw[88:128].rstrip(b"\0")
        text(label)
        need(self.type == 2 or not any(raw[128:192]), "public keys of nothing")
        zero(raw[192:224])
        zero(raw[4048:4092])
        need(self.entries <= 59, "more entries than fit")

    def stretch(self, password):
        log2n, r, p = self.scrypt
        need(14 <= log2n <= 22 and 1 <= r <= 32 and 1 <= p <= 16, "scrypt out of range")
        memory = (128 * r << log2n)
        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        need(memory <= half, "scrypt wants more than half of the memory")
        return hashlib.scrypt(password, salt=self.raw[48:80], n=1 << log2n, r=r, p=p,
                              maxmem=min(2 * memory, (1 << 31) - 1), dklen=32)

    def open(self, ikm):
        """The keys in its bag; None if this is not the key of the slot."""
        raw = self.raw
        okm = hkdf(ikm, raw[48:80], b"bk1 slot" + raw[:224], 64)
        if not same(okm[32:], raw[224:256]):
            return None
        try:
            bag = AESGCM(okm[:32]).decrypt(bytes(12), raw[256:4048], None)
        except InvalidTag:
            raise Refused("wrong tag of the bag") from None
        keys = Keys()
        for i in range(self.entries):
            what, pad, generation, host, key, tail = struct.unpack(
                "<B3sI16s32s8s", bag[i * 64:][:64])
            zero(pad + tail)
            if what in Keys.WHAT:
                need(what in (9, 10, 11) or not any(host), "a host where none belongs")
                keys.bag[Keys.WHAT[what], generation, host] = key
        zero(bag[self.entries * 64:], "an unused entry")
        return keys


def read_keyfile(path):
    with open(path, "rb") as file:
        need(not stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o177,
             "others may read it")
        line = file.read(154)
    found = re.fullmatch(rb"(bk-keyfile-1 ([0-9a-f]{32}) ([0-9a-f]{32}) ([0-9a-f]{64}) )"
                         rb"([0-9a-f]{8})\n", line)
    need(found, "not a key file")
    need(zlib.crc32(found[1]) == int(found[5], 16), "wrong CRC-32")
    return bytes.fromhex(found[2].decode()), found[3].decode(), bytes.fromhex(found[4].decode())


# ---- files ------------------------------------------------------------------

Block = namedtuple("Block", "number kind offset stored plain")


class File:
    """A container: its header and footer hold, and its blocks can be read."""

    def __init__(self, repo, place, kind, set_id, ordinal, offset=0, length=None):
        self.repo, self.type, self.set, self.ordinal = repo, kind, set_id, ordinal
        self.place = place + (f" at {offset}" if offset else "")
        with at(self.place):
            whole = repo.map(place)
            if length is None:
                length = len(whole) - offset
            need(offset + length <= len(whole), "shorter than it should be")
            self.raw, self.offset, self.length = whole, offset, length
            self.read_footer()
            self.read_header()

    def part(self, start, size):
        start += self.offset
        return self.raw[start:start + size]

    def read_footer(self):
        need(self.length >= 256 + 156 + 64, "too short for a file")
        foot = self.part(self.length - 64, 64)
        need(foot[:8] == b"BKF1END\n", "wrong magic of the footer")
        crc_holds(foot)
        self.body, whole, *parity = struct.unpack("<QQBBBBII", foot[8:36])
        need(whole == self.length, "the footer has another file length")
        need(412 <= self.body <= self.length - 64, "the footer has an impossible body length")
        size = 0
        if any(parity):
            log2 = 12 if self.body < 1 << 20 else 14 if self.body < 1 << 24 else 16
            segments = -(-self.body >> log2)
            groups = -(-segments // 64)
            table = 4 * (segments + 2 * groups) + 8
            need(parity == [-(-segments // groups), 2, log2, 0, groups, table]
                 and self.body >= 16 << 10, "parity that is not that of the body")
            size = 2 * table + (2 * groups << log2)
        need(self.body + size + 64 == self.length, "bytes between body and footer")
        self.short_sum = foot[36:60]

    def read_header(self):
        head = self.part(0, 256)
        need(head[:8] == b"\x89BKF\r\n\x1a\n", "wrong magic")
        crc_holds(head)
        (major, _, kind, suite, self.mode, log2, length, incompatible, _, self.generation,
         ordinal, repository, set_id, self.host, salt, box, domain, pad, commitment, _
         ) = struct.unpack("<BBBBBBHIIII16s16s16s32s80s16s12s32sI", head[8:])
        need(major == 1, f"version {major}, and this reader knows 1")
        need(not incompatible, f"unknown features {incompatible:#x}")
        need(suite == 1, f"unknown suite {suite}")
        need(length == 256, "a header of another length")
        need(16 <= log2 <= 22, "an impossible block size")
        need(self.generation, "generation 0")
        need(kind == self.type, f"type {kind}, not {self.type}")
        need((set_id, ordinal) == (self.set, self.ordinal), "it belongs under another name")
        need(repository == self.repo.id, "it belongs to another repository")
        zero(domain + pad)
        keys, self.most = self.repo.keys, 1 << log2
        if self.mode == 1:
            zero(box, "the sealed box")
            ikm = keys.must(ROLES[kind], self.generation)
        else:
            need(self.mode == 2 and kind in (PACK, INDEX, MANIFEST), "an unknown key mode")
            ikm = (unseal(box, keys.must("box", self.generation))
                   + keys.must("seal", self.generation, self.host))
        self.head = head
        okm = hkdf(ikm, salt, b"bk1 file\0" + head[:220], 64)
        need(same(okm[32:], commitment), "wrong commitment")
        self.aead = AESGCM(okm[:32])

    def block(self, offset, number, last=False):
        """The block that lies there; number None: that of the trailer."""
        with at(f"{self.place}: block {'of the trailer' if number is None else number}"):
            need(offset + 12 + 28 <= self.body, "it does not fit in the file")
            length, named, crc = struct.unpack("<III", self.part(offset, 12))
            need(28 <= length <= self.most + 16, "an impossible length")
            need(offset + 12 + length <= self.body - (0 if last else 156),
                 "it does not fit in the file")
            if number is None:
                number = named & 0x7fffffff
            need(named == number | last << 31, "wrong number or last flag")
            sealed = self.part(offset + 12, length)
            need(zlib.crc32(sealed, zlib.crc32(self.part(offset, 8))) == crc, "wrong CRC-32")
            try:
                inner = self.aead.decrypt(
                    struct.pack("<IQ", last, number), sealed,
                    struct.pack("<BBHII", self.type, last, 0, number, length))
            except InvalidTag:
                raise Refused("wrong tag") from None
            kind, plain = self.unwrap(inner)
            need((kind == TRAILER_BLOCK) == last, "the trailer is not the last block")
            return Block(number, kind, offset, 12 + length, plain)

    def unwrap(self, inner):
        codec, kind, pad, stored, size = struct.unpack("<BBHII", inner[:12])
        need(not pad, "a field that should be zero is not zero")
        need(kind in ORDER, f"unknown kind {kind}")
        need(12 + stored <= len(inner) and size <= self.most, "a length that does not fit")
        data = inner[12:12 + stored]
        zero(inner[12 + stored:], "the padding")
        if kind in (ROW_BLOCK, TRAILER_BLOCK):
            need(codec == 0 and len(inner) == 12 + stored, "rows or a trailer with packing")
        if codec == 0:
            need(stored == size, "plain and stored length differ")
            return kind, data
        need(codec == 1, f"unknown codec {codec}")
        try:
            frame = zstandard.get_frame_parameters(data)
            need(frame.content_size == size and not frame.dict_id, "not the frame that it says")
            unpack = zstandard.ZstdDecompressor().decompressobj()
            plain = unpack.decompress(data)
            need(len(plain) == size and unpack.eof and not unpack.unused_data,
                 "not one whole Zstandard frame")
        except zstandard.ZstdError as wrong:
            raise Refused(f"Zstandard: {wrong}") from None
        return kind, plain

    def trailer(self):
        block = self.block(self.body - 156, None, True)
        with at(self.place):
            need(len(block.plain) == 116, "a trailer of another length")
            (self.directory_number, self.directories, self.count, self.data_blocks,
             self.directory_at, self.plain_sum, self.first_at, self.first_number, pad
             ) = struct.unpack("<IIIIQQQI72s", block.plain)
            zero(pad)
            rows_each = ROWS_PER_BLOCK.get(self.type)
            if rows_each:
                need(self.first_number == rows_each, "a wrong number of rows to a block")
            elif self.type != MANIFEST:
                need(not self.first_at and not self.first_number, "a trailer with rows of none")
        return block

    def walk(self):
        """Every block but the trailer, in order; then the trailer agrees."""
        trailer = self.trailer()
        offset, number, order = 256, 0, 0
        first, count, plain = {}, dict.fromkeys(ORDER, 0), 0
        while offset != self.body - 156:
            block = self.block(offset, number)
            with at(f"{self.place}: block {number}"):
                need(block.kind in BLOCKS.get(self.type, {DATA_BLOCK}), "a kind that is not its")
                need(ORDER[block.kind] >= order, "a kind that comes too late")
            order = ORDER[block.kind]
            first.setdefault(block.kind, block)
            count[block.kind] += 1
            plain += len(block.plain) * (block.kind == DATA_BLOCK)
            yield block
            offset, number = offset + block.stored, number + 1
        none = Block(0, 0, 0, 0, b"")
        directory = first.get(DIRECTORY_BLOCK, none)
        with at(f"{self.place}: trailer"):
            need(trailer.number == number, "wrong number")
            need((self.directory_number, self.directories, self.directory_at) ==
                 (directory.number, count[DIRECTORY_BLOCK], directory.offset),
                 "another directory")
            need((self.data_blocks, self.plain_sum) == (count[DATA_BLOCK], plain),
                 "other data blocks")
            need(self.type not in ROWS_PER_BLOCK
                 or self.first_at == first.get(ROW_BLOCK, none).offset, "other rows")

    def rows(self, form, blocks):
        """The rows in these blocks, all but the last of which are full."""
        size, blocks = struct.calcsize(form), list(blocks)
        with at(f"{self.place}: rows"):
            for block in blocks:
                need(block.kind == ROW_BLOCK, "a kind that is not its")
            full = ROWS_PER_BLOCK[self.type] * size
            for block in blocks[:-1]:
                need(len(block.plain) == full, "a block that is not full")
            need(not blocks or 0 < len(blocks[-1].plain) <= full, "a block of no or many rows")
            data = b"".join(block.plain for block in blocks)
            need(len(data) == self.count * size, "another number of rows")
            return list(struct.iter_unpack(form, data))

    def sum(self):
        """SHA-256 of the body, which the footer names too."""
        if not hasattr(self, "digest"):
            self.digest = sha(self.part(0, self.body))
        need(self.digest[:24] == self.short_sum, f"{self.place}: the footer has another SHA-256")
        return self.digest


def signed(file, schema):
    """Records of a signed file: {type: body or, if it may be repeated, [bodies]}."""
    blob = b"".join(block.plain for block in file.walk())
    with at(file.place):
        c, order, count = Cursor(blob), 0, 0
        found = {kind: [] for kind, (_, many, _) in schema.items() if many}
        while c.left():
            start, kind = c.pos, c.u8()
            body = c.string()
            count += 1
            if kind == 127:
                break
            need(kind >= order, "records that are not in order")
            need(kind > order or kind in found, f"record {kind} twice")
            order = kind
            need(kind in schema or kind & 0x80, f"unknown record {kind}")
            if kind not in schema:
                continue
            size = schema[kind][2]
            need(size in (None, len(body)), f"record {kind} of another length")
            if kind in found and schema[kind][1]:
                found[kind].append(body)
            else:
                found[kind] = body
        else:
            raise Refused("no signature")
        c.end()
        need(count == file.count, "the trailer has another number of records")
        need(len(body) == 64, "a signature of another length")
        check_signature(file, file.head[:220] + blob[:start], body)
        for kind, (must, many, _) in schema.items():
            need(not must or found.get(kind), f"no record {kind}")
            if kind == 129 and kind in found:
                text(found[kind])
    return found


def check_signature(file, data, signature):
    public = file.repo.keys.of("public", file.generation, file.host)
    if not public:
        print(f"bkread: {file.place}: no key of host {file.host.hex()}, its signature was not "
              "checked", file=sys.stderr)
        return
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        raise Refused("wrong signature") from None


# schema: record -> (must be there, may be repeated, length)
TEXT = {129: (False, False, None)}
ROOT_RECORDS = {1: (True, False, None), 2: (False, False, 48), 3: (True, False, 72),
                4: (True, False, 16), 5: (True, False, None), 6: (True, True, 71),
                7: (False, True, 72), 8: (True, False, None), **TEXT}
INTENT_RECORDS = {1: (False, False, 16), 2: (True, False, 16), 3: (False, True, 20), **TEXT}
TRASH_RECORDS = {1: (True, False, 16), 2: (False, True, 104), 3: (False, True, 20),
                 4: (False, True, None), 5: (False, False, 32), **TEXT}
HOLD_RECORDS = {1: (True, False, 33), **TEXT}


# ---- packs ------------------------------------------------------------------

TableRow = namedtuple("TableRow", "ordinal flags pad owner own_ordinal chunks body length "
                      "digest offset directory_at directory_size")


class Pack:
    """Chunks by number; made from a row of a pack table."""

    def __init__(self, repo, row):
        place = (f"data/{row.owner.hex()}.bkb" if row.flags & 8 else
                 f"data/{row.owner.hex()}/p{row.own_ordinal:08x}.bkp")
        self.repo = repo
        self.file = file = File(repo, place, PACK, row.owner, row.own_ordinal,
                                row.offset, row.length)
        self.place = file.place
        with at(self.place):
            need(row.flags & 8 or len(repo.map(place)) == row.length, "another length")
            need(file.body == row.body, "another body length than in the pack table")
            need((file.mode == 2) == bool(row.flags & 4), "its key mode is not as in the table")
        file.trailer()
        with at(self.place):
            need(file.length <= 1 << 32 and file.data_blocks <= 65535, "too large")
            need((file.directory_at, file.body - 156) ==
                 (row.directory_at, row.directory_at + row.directory_size)
                 and file.count == row.chunks, "trailer and pack table differ")
        self.read_rows()
        self.read_block_table()

    def blocks(self, offset, number, end):
        while offset < end:
            block = self.file.block(offset, number)
            yield block
            offset, number = offset + block.stored, number + 1
        need(offset == end, f"{self.place}: blocks that do not meet")

    def read_rows(self):
        file = self.file
        blocks = list(self.blocks(file.first_at, file.data_blocks, file.directory_at))
        with at(self.place):
            need(not blocks or blocks[-1].number + 1 == file.directory_number,
                 "the directory has another number")
        self.rows = file.rows("<16sIHBB", blocks)
        for number, (ident, length, _, kind, pad) in enumerate(self.rows):
            with at(f"{self.place}: chunk {number}"):
                need(not pad, "a field that should be zero is not zero")
                need(1 <= length <= 1 << 20, "an impossible length")
                need(1 <= kind <= 5, f"type {kind}")
                need(kind != 1 or not any(ident), "a trace with an identifier")

    def read_block_table(self):
        file = self.file
        blocks = list(self.blocks(file.directory_at, file.directory_number, file.body - 156))
        with at(f"{self.place}: block table"):
            for block in blocks:
                need(block.kind == DIRECTORY_BLOCK, "a kind that is not its")
            need(len(blocks) == file.directories, "another number of blocks")
            c = Cursor(b"".join(block.plain for block in blocks))
            need(c.unpack("II") == (file.data_blocks, file.count), "other counts")
            self.table = [c.unpack("IIII") for _ in range(file.data_blocks)]
            c.end()
            offset, chunk, self.starts = 256, 0, []
            for number, (start, stored, plain, first) in enumerate(self.table):
                need(start == offset and first == chunk, "blocks that do not meet")
                need(plain <= 2 << 20, "a block that is too large")
                offset, length = start + stored, 0
                while chunk < len(self.rows) and self.rows[chunk][2] == number:
                    self.starts.append(length)
                    length += self.rows[chunk][1]
                    chunk += 1
                need(length == plain, "lengths that do not add up")
            need(chunk == len(self.rows), "a chunk of no block")
            need(offset == (file.first_at or file.directory_at), "blocks that do not meet rows")
            need(sum(entry[2] for entry in self.table) == file.plain_sum, "another sum")

    def chunk(self, number):
        """(type, bytes)"""
        need(number < len(self.rows), f"{self.place} has no chunk {number}")
        _, length, block, kind, _ = self.rows[number]
        start = self.starts[number]
        return kind, self.data(block)[start:start + length]

    def data(self, number):
        cache, key = self.repo.blocks, (self.place, number)
        if key not in cache:
            start, stored, plain, _ = self.table[number]
            block = self.file.block(start, number)
            need((block.kind, block.stored, len(block.plain)) == (DATA_BLOCK, stored, plain),
                 f"{self.place}: block {number} is not as in the block table")
            cache[key] = block.plain
            if len(cache) > CACHED_BLOCKS:
                cache.popitem(last=False)
        cache.move_to_end(key)
        return cache[key]

    def verify(self, digest):
        """Every block, and every chunk by its identifier."""
        need(self.file.sum() == digest, f"{self.place}: another SHA-256 than in the pack table")
        key = self.repo.keys.must("id", self.file.generation)
        for block in self.file.walk():
            if block.kind != DATA_BLOCK:
                continue
            first = self.table[block.number][3]
            for number in range(first, len(self.rows)):
                ident, length, where, kind, _ = self.rows[number]
                if where != block.number:
                    break
                start = self.starts[number]
                stored = block.plain[start:start + length]
                need(kind == 1 or mac(key, bytes([kind]), stored)[:16] == ident,
                     f"{self.place}: chunk {number} has another identifier")


# ---- manifests --------------------------------------------------------------

Row = namedtuple("Row", "uid name flags keywords date size modseq body frame digest")
Body = namedtuple("Body", "style exceptions traces skeletons parts")
Part = namedtuple("Part", "skip encoded line eol refs")


class Refs:
    """Resolves references, each after the one before."""

    def __init__(self):
        self.ordinal, self.chunk = 0, -1

    def read(self, c):
        ordinal = self.ordinal + c.zigzag()
        if ordinal != self.ordinal:
            self.ordinal, self.chunk = ordinal, c.varint()
        else:
            self.chunk += 1 + c.zigzag()
        need(0 <= self.ordinal < 1 << 32 and 0 <= self.chunk < 1 << 32, "an impossible reference")
        return self.ordinal, self.chunk

    def list(self, c, count):
        need(count <= c.left(), "a count that does not fit")
        return [self.read(c) for _ in range(count)]


class Rows:
    """Reads the rows of one record 3 or 7."""

    def __init__(self, c, frame):
        self.c, self.frame = c, frame
        self.uid, self.name, self.date, self.modseq = 0, b"", 0, 0
        self.traces, self.skeletons, self.plain, self.encoded = (Refs() for _ in range(4))

    def read(self):
        """A row without its digest."""
        c = self.c
        self.uid = u32(self.uid + c.varint())
        shared = c.varint()
        need(shared <= len(self.name), "a prefix longer than the name before")
        self.name = self.name[:shared] + c.string()
        need(len(self.name) <= 4096 and b"\0" not in self.name, "an impossible name")
        flags, keywords = read_flags(c)
        self.date += c.zigzag()
        need(-(1 << 63) <= self.date < 1 << 63, "an impossible INTERNALDATE")
        size = c.varint()
        self.modseq += c.zigzag()
        need(0 <= self.modseq < 1 << 64, "an impossible modseq")
        return Row(self.uid, self.name, flags, keywords, self.date, size, self.modseq,
                   self.read_body(), self.frame, None)

    def read_body(self):
        c = self.c
        style, exceptions, line = c.u8(), [], 0
        need(style <= 2, f"unknown style {style}")
        count = c.varint()
        need(count <= (0 if style == 2 else 65536), "too many exceptions")
        for i in range(count):
            step = c.varint()
            need(step or not i, "the same exception twice")
            line += step
            exceptions.append(line)
        traces = self.traces.list(c, c.varint())
        skeletons = self.skeletons.list(c, c.varint())
        return Body(style, exceptions, traces, skeletons,
                    [self.read_part() for _ in range(c.varint())])

    def read_part(self):
        c, line, eol = self.c, 0, 0
        skip, packed = c.varint(), c.varint()
        count, encoded = packed >> 1, packed & 1
        if encoded:
            line, eol = c.varint(), c.u8()
            need(line % 4 == 0 and eol <= 1, "an impossible form of base64")
        return Part(skip, encoded, line, eol,
                    (self.encoded if encoded else self.plain).list(c, count))


def read_flags(c):
    flags = c.u8()
    need(flags < 64, f"unknown flags {flags:#x}")
    keywords = [c.varint() for _ in range(c.varint())]
    need(all(a < b for a, b in zip(keywords, keywords[1:])), "keywords that do not ascend")
    return flags, keywords


def read_fields(body, schema):
    """{number: value, or [values] if it may be repeated}; schema: number -> repeated."""
    c, before = Cursor(body), 0
    found = {number: [] for number, many in schema.items() if many}
    while c.left():
        number = c.u8()
        value = c.string()
        need(number >= before, "fields that are not in order")
        need(number > before or schema.get(number), f"field {number} twice")
        need(number in schema or number & 0x80, f"unknown field {number}")
        before = number
        if schema.get(number):
            found[number].append(value)
        elif number in schema:
            found[number] = value
    return found


def whole_varint(value):
    c = Cursor(value)
    number = c.varint()
    c.end()
    return number


class Account:
    def __init__(self, body):
        fields = read_fields(body, {1: False, 2: False, 3: True})
        need(1 in fields and 2 in fields, "a field is missing")
        self.id, self.address, self.files = u32(whole_varint(fields[1])), text(fields[2]), {}
        need(self.id, "account 0")
        for value in fields[3]:
            c = Cursor(value)
            name = c.text()
            need(name not in self.files, f"file {name} twice")
            self.files[name] = c.rest()


class Folder:
    FIELDS = {number: number in (12, 14) for number in range(1, 16)}

    def __init__(self, body):
        fields = read_fields(body, self.FIELDS)
        need({1, 2, 3} <= set(fields), "a field is missing")

        def number(field):
            return whole_varint(fields[field]) if field in fields else 0

        self.body, self.id, self.account = body, u32(number(1)), u32(number(2))
        need(self.id and self.account, "identifier 0")
        self.name, self.own_name = text(fields[3]), fields.get(4, b"")
        self.delimiter = fields.get(5, b"")
        need(len(self.delimiter) <= 1, "a delimiter of another length")
        self.uidvalidity, self.uidnext, self.modseq = number(6), number(7), number(8)
        self.guid = fields.get(9, b"")
        need(len(self.guid) in (0, 16), "a GUID of another length")
        self.special, self.bits = text(fields.get(10, b"")), number(11)
        need(self.bits < 4, f"unknown flags {self.bits:#x}")
        self.acl = [self.pair(value) for value in fields[12]]
        self.keywords, c = [], Cursor(fields.get(13, b""))
        while c.left():
            self.keywords.append(c.string())
        need(len(self.keywords) <= 65535, "too many keywords")
        self.annotations = [self.note(value) for value in fields[14]]
        self.messages, self.rows = number(15), []

    @staticmethod
    def pair(value):
        c = Cursor(value)
        pair = c.text(), c.text()
        c.end()
        return pair

    @staticmethod
    def note(value):
        c = Cursor(value)
        return c.text(), c.rest()

    def sum(self):
        state = hashlib.sha256(self.body)
        for row in self.rows:
            words = sorted(self.keywords[i] for i in row.keywords)
            state.update(b"".join([
                struct.pack("<Q", row.uid), string(row.name),
                struct.pack("<BI", row.flags, len(words)), *map(string, words),
                struct.pack("<qQQ", row.date, row.size, row.modseq), row.digest]))
        return state.digest()


def string(data):
    out, size = b"", len(data)
    while size > 127:
        out, size = out + bytes([size & 127 | 128]), size >> 7
    return out + bytes([size]) + data


class Manifest:
    """What one manifest says, before it is applied."""

    def __init__(self, file, set_id):
        self.place, self.set = file.place, set_id
        self.accounts, self.folders, self.gone_folders, self.gone_accounts = {}, {}, [], []
        self.messages, self.starts, self.end = {}, {}, None
        records, directory, names = 0, b"", None
        for block in file.walk():
            if block.kind == DIRECTORY_BLOCK:
                directory += block.plain
                continue
            in_names = block.number >= file.first_number
            if block.number == file.first_number:
                names = block.offset
            with at(f"{self.place}: block {block.number}"):
                records += self.read_block(block, in_names)
        with at(self.place):
            need(names and names == file.first_at, "the trailer names no block of names")
            need(self.end is not None, "no record 8")
            need(records == file.count, "the trailer has another number of records")
            self.directory = list(struct.iter_unpack("<IIQII", directory)) if (
                len(directory) % 24 == 0) else need(False, "a directory of another length")

    def read_block(self, block, in_names):
        c, number = Cursor(block.plain), 0
        while c.left():
            with at(f"record {number}"):
                kind, body = c.u8(), c.string()
                need(self.end is None, "a record behind the end")
                if not kind & 0x80:
                    need((kind in (3, 7)) != in_names, f"record {kind} in the wrong group")
                    self.read_record(kind, body, (block.offset, block.number, number))
            number += 1
        return number

    def read_record(self, kind, body, start):
        if kind == 1:
            account = Account(body)
            need(account.id not in self.accounts, f"account {account.id} twice")
            self.accounts[account.id] = account
        elif kind == 2:
            folder = Folder(body)
            need(folder.id not in self.folders, f"folder {folder.id} twice")
            self.folders[folder.id] = folder
        elif kind in (3, 7):
            c = Cursor(body)
            folder = u32(c.varint())
            known = self.messages.setdefault(folder, (kind, []))
            need(known[0] == kind, f"folder {folder} has records 3 and 7")
            need(folder == next(reversed(self.messages)), f"folder {folder} is in two places")
            known[1].append(c)
            self.starts.setdefault(folder, start)
        elif kind == 8:
            need(len(body) == 64, "record 8 of another length")
            self.end = body
        elif kind in (9, 10):
            (self.gone_folders if kind == 9 else self.gone_accounts).append(
                u32(whole_varint(body)))
        else:
            raise Refused(f"unknown record {kind}")


class State:
    """Accounts and folders with their messages, manifest upon manifest."""

    def __init__(self):
        self.accounts, self.folders = {}, {}

    def apply(self, manifest):
        with at(manifest.place):
            self.take_away(manifest)
            self.accounts.update(manifest.accounts)
            for ident, folder in manifest.folders.items():
                before = self.folders.get(ident)
                if before:
                    need(folder.keywords[:len(before.keywords)] == before.keywords,
                         f"folder {ident}: its keywords do not begin with those of the base")
                    folder.rows = before.rows
                self.folders[ident] = folder
            for ident, (kind, cursors) in manifest.messages.items():
                with at(f"messages of folder {ident}"):
                    need(ident in self.folders, "there is no such folder")
                    folder = self.folders[ident]
                    read = self.list_rows if kind == 3 else self.change_rows
                    folder.rows = list(read(cursors, folder.rows, manifest.set))
                    self.check_rows(folder)
            self.check(manifest)

    def take_away(self, manifest):
        gone = set(manifest.gone_folders)
        need(len(gone) == len(manifest.gone_folders), "a folder is gone twice")
        need(gone <= set(self.folders), "a folder is gone that was not there")
        for ident in manifest.gone_accounts:
            need(ident in self.accounts, f"account {ident} is gone that was not there")
            need(ident not in manifest.accounts, f"account {ident} is gone and there")
            del self.accounts[ident]
            its = {i for i, folder in self.folders.items() if folder.account == ident}
            need(not its & gone, "a folder is gone with its account and by itself")
            gone |= its
        for ident in gone:
            need(ident not in manifest.folders and ident not in manifest.messages,
                 f"folder {ident} is gone and there")
            del self.folders[ident]

    @staticmethod
    def list_rows(cursors, _, frame):
        for c in cursors:
            count = c.varint()
            need(count <= c.left(), "a count that does not fit")
            reader = Rows(c, frame)
            for row in [reader.read() for _ in range(count)]:
                yield row._replace(digest=c.take(16))
            c.end()

    @staticmethod
    def change_rows(cursors, base, frame):
        place = 0
        for c in cursors:
            reader, modseq = Rows(c, frame), 0
            while True:
                operation = c.u8()
                if operation == 0:
                    break
                need(operation <= 4, f"unknown operation {operation}")
                if operation == 4:
                    yield reader.read()._replace(digest=c.take(16))
                    continue
                count = 1 if operation == 3 else c.varint()
                need(1 <= count <= len(base) - place, "an operation on rows that are not there")
                if operation == 1:
                    yield from base[place:place + count]
                elif operation == 3:
                    flags, keywords = read_flags(c)
                    modseq += c.zigzag()
                    need(0 <= modseq < 1 << 64, "an impossible modseq")
                    yield base[place]._replace(flags=flags, keywords=keywords, modseq=modseq)
                place += count
            c.end()
        need(place == len(base), "rows of the base that nothing tells of")

    @staticmethod
    def check_rows(folder):
        before = (-1, b"")
        for row in folder.rows:
            need((row.uid, row.name) > before, f"uid {row.uid} does not ascend")
            before = (row.uid, row.name)
            need(not row.keywords or row.keywords[-1] < len(folder.keywords),
                 f"uid {row.uid}: a keyword that is not in the table")

    def check(self, manifest):
        for ident, folder in self.folders.items():
            need(folder.account in self.accounts, f"folder {ident} is of no account")
            if ident in manifest.folders:
                need(folder.messages == len(folder.rows),
                     f"folder {ident} has {len(folder.rows)} messages, not {folder.messages}")
        want = [(self.folders[ident].account, ident, *manifest.starts[ident])
                for ident in sorted(manifest.starts)]
        need(manifest.directory == want, "the directory is not that of the records")
        rows = [row for folder in self.folders.values() for row in folder.rows]
        counts = (len(self.accounts), len(self.folders), len(rows), sum(r.size for r in rows))
        need(struct.unpack("<4Q", manifest.end[:32]) == counts,
             f"record 8 has other counts than {counts}")
        sums = b"".join(self.folders[ident].sum() for ident in sorted(self.folders))
        need(sha(sums) == manifest.end[32:], "record 8 has another sum of the state")


# ---- sets -------------------------------------------------------------------

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
            host, self.sequence = struct.unpack("<16sQ", records[3][:24])
            need(host == self.file.host, "another host than in the header")
            need(self.sequence, "sequence 0")
            need(records[5][:2] == b"\1\0" or tuple(records[5][:2]) <= (1, 0),
                 "a newer reader is needed")
            text(records[5][2:])
            hosts = [seen[:16] for seen in records[7]]
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
    def __init__(self, path):
        self.path, self.maps, self.packs, self.blocks, self.sets = path, {}, {}, OrderedDict(), {}
        with at("bkrepo"):
            raw = self.map("bkrepo")[:]
            need(len(raw) == 64 and raw[:8] == b"\x89BKR\r\n\x1a\n", "wrong magic or length")
            crc_holds(raw)
            need(raw[9] <= 1, f"a reader of version {raw[9]} is needed")
            need(raw[8] == 1, f"version {raw[8]}")
            zero(raw[10:12] + raw[32:60])
            self.id = raw[16:32]

    def map(self, place):
        if place not in self.maps:
            with open(os.path.join(self.path, place), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                self.maps[place] = size and mmap.mmap(
                    file.fileno(), 0, access=mmap.ACCESS_READ) or b""
        return self.maps[place]

    def names(self, folder, pattern):
        """What matches in a folder, sorted: the groups of the pattern."""
        try:
            names = os.listdir(os.path.join(self.path, folder))
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
        """Sets that a signed list names and no mark has carried out."""
        found = set()
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


# ---- what it can do ---------------------------------------------------------


def show(data):
    return data.decode(errors="surrogateescape")


def line(**what):
    print(json.dumps(what, sort_keys=True))


def folders_of(state):
    """(account, folder, rows) in the order of names."""
    order = sorted(state.folders.values(),
                   key=lambda f: (state.accounts[f.account].address, f.name, f.id))
    for folder in order:
        yield state.accounts[folder.account], folder


def do_sets(repo, _):
    for each in repo.visible():
        print(each.id.hex(), KINDS[each.kind], each.file.host.hex(), each.store, each.messages)


def do_list(repo, options):
    state = repo.state(repo.chain(repo.find(options.set)))
    for account in sorted(state.accounts.values(), key=lambda a: a.address):
        line(account=account.address,
             files={name: sha(data).hex() for name, data in account.files.items()})
    for account, folder in folders_of(state):
        line(account=account.address, folder=folder.name, uidvalidity=folder.uidvalidity,
             uidnext=folder.uidnext, highestmodseq=folder.modseq, guid=folder.guid.hex(),
             special=folder.special, subscribed=bool(folder.bits & 1),
             noselect=bool(folder.bits & 2), own=show(folder.own_name),
             delimiter=show(folder.delimiter), acl=folder.acl, messages=len(folder.rows),
             annotations=[[name, show(value)] for name, value in folder.annotations])
        for row in folder.rows:
            more = {}
            if options.hash:
                with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                    more["sha256"] = sha(repo.message(row)).hex()
            line(account=account.address, folder=folder.name, uid=row.uid, name=show(row.name),
                 flags=[f for i, f in enumerate(FLAGS) if row.flags >> i & 1],
                 keywords=sorted(show(folder.keywords[i]) for i in row.keywords),
                 internaldate=row.date, size=row.size, modseq=row.modseq,
                 digest=row.digest.hex(), **more)


def safe(name):
    """A name that is one component of a path, whatever it was."""
    raw = name if isinstance(name, bytes) else name.encode()
    out = "".join(chr(b) if re.match(rb"[\w ,=@&.:+-]", bytes([b]), re.A) else f"%{b:02X}"
                  for b in raw)
    out = re.sub(r"^\.", "%2E", out)
    return out if len(out) <= 200 else out[:160] + "%" + sha(raw).hex()[:32]


def do_extract(repo, options):
    state = repo.state(repo.chain(repo.find(options.set)))
    for account, folder in folders_of(state):
        levels = [re.sub(r"\.eml$", "%2Eeml", safe(level)) for level in folder.name.split("/")]
        place = os.path.join(options.dir, safe(account.address), *levels)
        os.makedirs(place, exist_ok=True)
        for row in folder.rows:
            path = os.path.join(place, f"{row.uid}-{safe(row.name)}.eml")
            with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                message = repo.message(row)
                with open(path, "xb") as file:
                    file.write(message)
                os.utime(path, (row.date, row.date))


def do_verify(repo, options):
    list(repo.visible())
    verify_side_files(repo)
    chain = repo.chain(repo.find(options.set))
    for position, each in enumerate(chain):
        with going_on():
            verify_set(repo, each, chain[:position])
    state = repo.state(chain)
    last, rows = chain[-1], [row for folder in state.folders.values() for row in folder.rows]
    need((last.messages, last.bytes) == (len(rows), sum(row.size for row in rows)),
         f"{last.file.place}: other messages than in the manifest")
    for account, folder in folders_of(state):
        for row in folder.rows:
            with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                repo.message(row)
    if not complain.count:
        print(f"{last.id.hex()} holds: {len(chain)} sets, {len(rows)} messages")


def verify_side_files(repo):
    if not hasattr(repo, "slots_read"):
        list(repo.slots())
    for name, number in repo.names("open", r"([0-9a-f]{32})\.([0-9a-f]{8})\.bko"):
        with going_on():
            file = File(repo, f"open/{name}.{number}.bko", INTENT, bytes.fromhex(name),
                        int(number, 16))
            packs = signed(file, INTENT_RECORDS)[3]
            file.sum()
            need(packs == sorted(packs), f"{file.place}: packs not in order")
    for name, hold in repo.names("hold", r"([0-9a-f]{32})\.([0-9a-f]{32})\.bkh"):
        with going_on():
            file = File(repo, f"hold/{name}.{hold}.bkh", HOLD, bytes.fromhex(name), 0)
            body = signed(file, HOLD_RECORDS)[1]
            file.sum()
            need(body[:16].hex() == hold and body[16] in (1, 2), f"{file.place}: another hold")


def verify_set(repo, each, bases):
    """Its files, its packs, and its index against them."""
    each.file.sum()
    table = each.table()
    full = bases[0] if bases else None
    allowed = {(row.owner, row.own_ordinal) for row in full.table()} if each.kind == 2 else None
    for row in table:
        with going_on():
            need(row.flags & 3 == 1 or allowed is None
                 or (row.owner, row.own_ordinal) in allowed,
                 f"{each.file.place}: pack {row.ordinal} is not in the table of the full set")
            need(row.flags & 11 != 10 or row.owner in [base.id for base in bases],
                 f"{each.file.place}: pack {row.ordinal} is in the bundle of no base")
            pack = repo.pack(row)
            need(row.owner != each.id or pack.file.generation == each.file.generation,
                 f"{pack.place}: another key generation")
            if row.owner == each.id or row.owner not in [base.id for base in bases]:
                pack.verify(row.digest)
    if each.bundled:
        verify_bundle(repo, each)
    verify_index(repo, each)


def verify_bundle(repo, each):
    pieces = sorted([(part.offset, part.length) for part in each.parts.values()] +
                    [(row.offset, row.length) for row in each.table() if row.flags & 3 == 1])
    with at(f"data/{each.id.hex()}.bkb"):
        place = 0
        for offset, length in pieces:
            need(offset == place, f"a gap or an overlap at {place}")
            place += length
        need(place == len(repo.map(f"data/{each.id.hex()}.bkb")), "bytes of no file")
        need(place < 8 << 20, "8 MiB or more")


def verify_index(repo, each):
    file = each.part(INDEX)
    index = file.rows("<16sII", file.walk())
    want = {}
    for row in each.table():
        if each.kind == 1 or row.flags & 3 == 1:
            for number, chunk in enumerate(repo.pack(row).rows):
                if chunk[3] != 1:
                    want.setdefault(chunk[0], (row.ordinal, number))
    need(index == [(ident, *want[ident]) for ident in sorted(want)],
         f"{file.place}: it is not that of the packs")


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("repo")
    key = asked.add_mutually_exclusive_group(required=True)
    key.add_argument("--password-file")
    key.add_argument("--key-file")
    verbs = asked.add_subparsers(dest="verb", required=True)
    verbs.add_parser("sets")
    for verb in "list", "extract", "verify":
        verbs.add_parser(verb).add_argument("set")
    verbs.choices["list"].add_argument("--hash", action="store_true")
    verbs.choices["extract"].add_argument("dir")
    options = asked.parse_args()
    try:
        repo = Repository(options.repo)
        if options.password_file:
            repo.open_by_password(options.password_file)
        else:
            repo.open_by_keyfile(options.key_file)
        {"sets": do_sets, "list": do_list, "extract": do_extract,
         "verify": do_verify}[options.verb](repo, options)
    except Refused as wrong:
        complain(wrong)
    return 1 if complain.count else 0


if __name__ == "__main__":
    sys.exit(main())
