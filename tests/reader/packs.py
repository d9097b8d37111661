"""Packs: chunks by number."""

from collections import namedtuple

from binary import Cursor, at, mac, need
from container import DATA_BLOCK, DIRECTORY_BLOCK, PACK, File

CACHED_BLOCKS = 48

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
                need(1 <= kind <= 6, f"type {kind}")
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
