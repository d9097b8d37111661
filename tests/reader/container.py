"""Files of a repository: header, blocks, footer; signed files."""

import struct
import zlib
from collections import namedtuple

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from binary import (Cursor, Refused, at, crc_holds, hkdf, need, same, sha, text, zero)
from keys import unseal
from parity import mend, parity_of, shape

PACK, INDEX, MANIFEST, ROOT, INTENT, TRASH, TABLE, HOLD = range(1, 9)
DATA_BLOCK, DIRECTORY_BLOCK, TRAILER_BLOCK, ROW_BLOCK = range(4)
ORDER = {DATA_BLOCK: 0, ROW_BLOCK: 1, DIRECTORY_BLOCK: 2, TRAILER_BLOCK: 3}
BLOCKS = {PACK: {0, 1, 3}, INDEX: {3}, TABLE: {3}, MANIFEST: {0, 1}}  # else data only
ROLES = {PACK: "data", INDEX: "meta", MANIFEST: "meta", ROOT: "root", TABLE: "root",
         INTENT: "ctl", TRASH: "ctl", HOLD: "ctl"}
ROWS_PER_BLOCK = {PACK: 2730, INDEX: 2730, TABLE: 682}


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
            if self.parity and repo.mends:
                self.mend()
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
            form = shape(self.body)
            need(form and parity == [form.k, 2, form.log2, 0, form.groups, form.table],
                 "parity that is not that of the body")
            size = form.size
        self.parity = size
        need(self.body + size + 64 == self.length, "bytes between body and footer")
        self.short_sum = foot[36:60]

    def mend(self):
        """From now on the body is what its parity says."""
        start, end = self.offset, self.offset + self.body
        body = mend(self.raw[start:end], self.raw[end:end + self.parity])
        if body != self.raw[start:end]:
            self.raw = self.raw[:start] + body + self.raw[end:]

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
        if self.parity and not self.repo.mends:
            need(self.part(self.body, self.parity) == parity_of(self.part(0, self.body)),
                 f"{self.place}: its parity is not that of the body")
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
    need(public, f"no key to check the signature of host {file.host.hex()}")
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
