"""Manifests, and the state that they come to."""

import hashlib
import struct
from collections import namedtuple

from binary import Cursor, Refused, at, need, sha, show, string, text, u32
from container import DIRECTORY_BLOCK

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
        self.date = (self.date + c.zigzag() + (1 << 63)) % (1 << 64) - (1 << 63)
        size = c.varint()
        self.modseq = (self.modseq + c.zigzag()) % (1 << 64)
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
            name = c.name()
            need(name not in self.files, f"file {show(name)} twice")
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
            self.keywords.append(c.name())
        need(len(self.keywords) <= 65535, "too many keywords")
        self.annotations = [self.note(value) for value in fields[14]]
        self.messages, self.rows = number(15), []

    @staticmethod
    def pair(value):
        c = Cursor(value)
        pair = c.name(), c.name()
        c.end()
        return pair

    @staticmethod
    def note(value):
        c = Cursor(value)
        return c.name(), c.rest()

    def sum(self):
        state = hashlib.sha256(self.body)
        for row in self.rows:
            words = sorted(self.keywords[i] for i in row.keywords)
            state.update(b"".join([
                struct.pack("<Q", row.uid), string(row.name),
                struct.pack("<BI", row.flags, len(words)), *map(string, words),
                struct.pack("<qQQ", row.date, row.size, row.modseq), row.digest]))
        return state.digest()


class Tree:
    """A stretch of the pax stream that a tree of files is."""

    def __init__(self, body):
        c = Cursor(body)
        self.path, self.entries, self.size = c.string(), c.varint(), c.varint()
        need(self.path[:1] == b"/" and self.entries, "a tree of nothing")
        need(not {b"", b".", b"..", b"\0"} & set(self.path[1:].split(b"/")), "an impossible path")
        self.digest, self.body = c.take(16), Rows(c, None).read_body()
        c.end()
        need(self.body.style == 2 and not self.body.traces + self.body.parts, "no body of a tree")


class Manifest:
    """What one manifest says, before it is applied."""

    def __init__(self, file, set_id):
        self.place, self.set = file.place, set_id
        self.accounts, self.folders, self.gone_folders, self.gone_accounts = {}, {}, [], []
        self.messages, self.starts, self.end, self.trees = {}, {}, None, []
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
        elif kind == 5:
            self.trees.append(Tree(body))
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
                    modseq = (modseq + c.zigzag()) % (1 << 64)
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
            need(folder.messages == len(folder.rows),
                 f"folder {ident} has {len(folder.rows)} messages, not {folder.messages}")
        want = [(self.folders[ident].account, ident, *manifest.starts[ident])
                for ident in sorted(manifest.starts)]
        need(manifest.directory == want, "the directory is not that of the records")
        end = self.end()
        need(manifest.end[:32] == end[:32],
             f"record 8 has other counts than {struct.unpack('<4Q', end[:32])}")
        need(manifest.end == end, "record 8 has another sum of the state")

    def end(self):
        """The body of record 8 that this state has."""
        rows = [row for folder in self.folders.values() for row in folder.rows]
        sums = b"".join(self.folders[ident].sum() for ident in sorted(self.folders))
        return struct.pack("<4Q", len(self.accounts), len(self.folders), len(rows),
                           sum(row.size for row in rows)) + sha(sums)
