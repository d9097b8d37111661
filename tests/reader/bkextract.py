#!/usr/bin/python3
"""A small reader of bk repositories, written from bk-format(5) alone."""
import argparse, base64, functools, hashlib, mmap, os, re, struct, sys
from binascii import crc32
from urllib.parse import quote
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ROLES = {1: "data", 3: "meta", 4: "root", 6: "ctl", 7: "root"}
BAG = {2: "data", 3: "meta", 4: "root", 5: "ctl", 6: "id"}
KINDS = {1: "full", 2: "differential", 3: "incremental"}
FLAGS = ("Seen", "Answered", "Flagged", "Deleted", "Draft", "Passed")

class Bad(Exception):
    pass

def need(holds, why):
    if not holds:
        raise Bad(why)

def hkdf(ikm, salt, info, length=32):
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)

def string(data):
    n, head = len(data), b""
    while n > 127:
        head, n = head + bytes([n & 127 | 128]), n >> 7
    return head + bytes([n]) + data

def crc_holds(data):
    return crc32(data[:-4]) == int.from_bytes(data[-4:], "little")

class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0
    def take(self, n):
        self.at += n
        need(self.at <= len(self.data), "a field runs over the end of its record")
        return self.data[self.at - n:self.at]
    def num(self, n=1):
        return int.from_bytes(self.take(n), "little")
    def varint(self):
        value = shift = 0
        while (byte := self.num()) & 128:
            value, shift = value | (byte & 127) << shift, shift + 7
        value |= byte << shift
        need((byte or not shift) and value < 1 << 64, "a malformed varint")
        return value
    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)
    def varints(self):
        return [self.varint() for _ in range(self.varint())]
    def string(self):
        return self.take(self.varint())
    def more(self):
        return self.at < len(self.data)
    def records(self, known):
        while self.more():
            kind, body = self.num(), Cursor(self.string())
            need(kind in known or kind & 128, f"record or field {kind} is not known")
            if kind in known:
                yield kind, body
                need(not body.more(), f"bytes left over in a record or field {kind}")

class File:
    """A container; blocks are checked when they are read."""
    def __init__(self, repo, name, kind, owner, ordinal=0, offset=0, length=None):
        self.name, self.kind = name, kind
        with open(f"{repo.path}/{name}", "rb") as f:
            data = memoryview(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
        data = data[offset:offset + length if length else len(data)]
        head, foot = bytes(data[:256]), bytes(data[-64:])
        need(head[:9] == b"\x89BKF\r\n\x1a\n\1" and len(data) > 320, f"{name}: not version 1")
        need(crc_holds(head) and crc_holds(foot), f"{name}: CRC-32 of header or footer")
        need(head[12] == 1, f"{name}: it is sealed, which this reader cannot open")
        need(head[10:12] == bytes([kind, 1]) and not any(head[16:20]), f"{name}: its type")
        self.generation, found = struct.unpack_from("<II", head, 24)
        self.host = head[64:80]
        need((found, head[32:64]) == (ordinal, repo.id + owner), f"{name}: another file's header")
        okm = hkdf(repo.key(ROLES[kind], self.generation), head[80:112],
                   b"bk1 file\0" + head[:220], 64)
        need(okm[32:] == head[220:252], f"{name}: its commitment differs")
        size, whole = struct.unpack_from("<QQ", foot, 8)
        need(foot[:8] == b"BKF1END\n" and whole == len(data) >= size + 64 and size >= 412
             and length in (None, whole), f"{name}: its lengths")
        self.gcm, self.body, self.max = AESGCM(okm[:32]), data[:size], 1 << head[13]
        self.sum, self.heads = hashlib.sha256(self.body).digest(), [256]
        while self.heads[-1] <= size - 12:
            length_here, = struct.unpack_from("<I", data, self.heads[-1])
            self.heads.append(self.heads[-1] + 12 + length_here)
        need(self.heads[-1] == size and self.sum[:24] == foot[36:60], f"{name}: its body differs")
        self.block = functools.lru_cache(8)(self.block)
        last = len(self.heads) - 2
        t = struct.unpack_from("<IIIIQQQI", self.block(last, 2))
        need(t[3] <= last and (not t[1] or t[0] + t[1] == last), f"{name}: its trailer")
        self.count, self.blocks, self.first_rows = t[2], t[3], t[3]
        self.rows = [self.block(n, 3) for n in range(t[3], t[0] if t[1] else last)]
        self.directory = [self.block(n, 1) for n in range(t[0], t[0] + t[1])]

    def block(self, n, wanted=0):
        where = f"{self.name}: block {n}"
        at, end, last = self.heads[n], self.heads[n + 1], int(n == len(self.heads) - 2)
        length, number, crc = struct.unpack_from("<III", self.body, at)
        sealed = bytes(self.body[at + 12:end])
        need(crc32(sealed, crc32(self.body[at:at + 8])) == crc, f"{where}: CRC-32")
        need(number == n | last << 31 and 28 <= length <= self.max + 16, f"{where}: its head")
        aad = struct.pack("<BBHII", self.kind, last, 0, n, length)
        try:
            plain = self.gcm.decrypt(struct.pack("<IQ", last, n), sealed, aad)
        except InvalidTag:
            raise Bad(f"{where}: its tag is wrong") from None
        codec, kind, zero, stored, length = struct.unpack_from("<BBHII", plain)
        data = plain[12:12 + stored]
        need(codec < 2 and kind == wanted and not zero and len(data) == stored
             and length <= self.max and not any(plain[12 + stored:]), f"{where}: malformed")
        if codec:
            size = zstandard.get_frame_parameters(data).content_size
            need(size == length, f"{where}: its frame")
            data = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
        need(len(data) == length, f"{where}: its length")
        return data

    def data(self):
        return b"".join(self.block(n) for n in range(self.blocks))

class Set:
    def __init__(self, repo, name):
        self.repo, self.name, self.id = repo, name, bytes.fromhex(name)
        self.root = File(repo, f"sets/{name}.bks", 4, self.id)
        self.base, self.parts = None, {}
        for kind, c in Cursor(self.root.data()).records((*range(1, 9), 127)):
            if kind == 1:
                self.kind, _, self.store, self.label = c.num(), c.num(), c.take(16), c.string()
            elif kind == 2:
                self.base, self.base_sum = c.take(16).hex(), c.take(32)
            elif kind == 6:
                what, _, where = c.num(), c.num(4), c.num()
                self.parts[what] = (where, c.num(8), c.num(8), c.take(32))
                need(what in (2, 3, 7) or c.data[-1] == 1, f"{name}: part {what} is not known")
            elif kind == 8:
                self.messages = c.varint()
            c.at = len(c.data)
        need(self.kind in KINDS and (self.kind == 1) == (not self.base), f"{name}: its kind")

    def part(self, kind, file):
        where, offset, length, digest = self.parts[kind]
        name = f"data/{self.name}" + (".bkb" if where else f"/{file}")
        found = File(self.repo, name, kind, self.id, 0, offset, length)
        need(found.sum == digest, f"{name}: not the sum in the root")
        need(found.generation == self.root.generation, f"{name}: another key generation")
        return found

    @functools.cached_property
    def packs(self):
        rows = b"".join(self.part(7, "t00000000.bkt").rows)
        return [row[1:] for row in struct.iter_unpack("<IB3x16sIIQQ32sQ8x", rows)]

    def chunk(self, ordinal, number, kinds):
        need(0 <= ordinal < len(self.packs), f"{self.name}: there is no pack {ordinal}")
        file, chunks = self.repo.pack(*self.packs[ordinal])
        need(0 <= number < len(chunks), f"{file.name}: there is no chunk {number}")
        block, at, length, kind = chunks[number]
        need(kind in kinds, f"{file.name}: chunk {number} is of type {kind}")
        return file.block(block)[at:at + length]

class Rows:
    """The rows of one record of messages."""
    def __init__(self, c, owner):
        self.c, self.owner, self.name, self.uid, self.date, self.modseq = c, owner, b"", 0, 0, 0
        self.previous = [(0, -1)] * 4

    def refs(self, stream, count):
        found = []
        for _ in range(count):
            ordinal, chunk = self.previous[stream]
            step = self.c.zigzag()
            chunk = self.c.varint() if step else chunk + 1 + self.c.zigzag()
            self.previous[stream] = (ordinal + step, chunk)
            found.append(self.previous[stream])
        return found

    def row(self):
        c = self.c
        self.uid += c.varint()
        shared = c.varint()
        need(shared <= len(self.name), "a name shares more than there is")
        self.name = self.name[:shared] + c.string()
        row = {"uid": self.uid, "name": self.name, "flags": c.num(), "keywords": c.varints()}
        self.date += c.zigzag()
        row["size"] = c.varint()
        self.modseq += c.zigzag()
        row |= {"date": self.date, "modseq": self.modseq, "set": self.owner, "style": c.num()}
        steps = c.varints()
        row["odd"] = {sum(steps[:n + 1]) for n in range(len(steps))}
        row["trace"], row["skeleton"] = self.refs(0, c.varint()), self.refs(1, c.varint())
        row["parts"] = []
        for _ in range(c.varint()):
            skip, count = c.varint(), c.varint()
            form = (c.varint(), c.num()) if count & 1 else None
            row["parts"].append((skip, form, self.refs(2 + (count & 1), count >> 1)))
        return row

class Repo:
    def __init__(self, path, key_file, password_file):
        self.path, self.keys = path, {}
        with open(f"{path}/bkrepo", "rb") as f:
            marker = f.read()
        need(marker[:8] == b"\x89BKR\r\n\x1a\n" and marker[9] == 1 and crc_holds(marker), "bkrepo")
        self.id = marker[16:32]
        with open(key_file or password_file, "rb") as f:
            need(not key_file or not os.fstat(f.fileno()).st_mode & 0o77, "others may read the key")
            secret = f.read().rstrip(b"\r\n")
        words = secret.split(b" ")
        if key_file:
            need(len(secret) == 152 and crc32(secret[:-8]) == int(words[4], 16), "a bad key file")
        for name in os.listdir(f"{path}/keys"):
            with open(f"{path}/keys/{name}", "rb") as f:
                slot = f.read()
            need(slot[:9] == b"\x89BKK\r\n\x1a\n\1" and crc_holds(slot) and slot[16:32] == self.id
                 and name == slot[32:48].hex() + ".bkk", f"keys/{name}: malformed")
            if key_file and words[2].decode() == slot[32:48].hex():
                self.open(slot, bytes.fromhex(words[3].decode()))
            elif not key_file and slot[10] == 1:
                n, r, p = slot[11:14]
                need(14 <= n <= 22 and 1 <= r <= 32 and 1 <= p <= 16, f"keys/{name}: scrypt")
                self.open(slot, hashlib.scrypt(secret, salt=slot[48:80], n=1 << n, r=r, p=p,
                                               dklen=32, maxmem=2**31 - 2))
        need(self.keys, "no slot opens with this")

    def open(self, slot, ikm):
        okm = hkdf(ikm, slot[48:80], b"bk1 slot" + slot[:224], 64)
        if okm[32:] == slot[224:256]:
            bag = AESGCM(okm[:32]).decrypt(bytes(12), slot[256:4048], b"")
            for what, generation, key in struct.iter_unpack("<B3xI16x32s8x", bag):
                for role in BAG.values() if what == 1 else [BAG.get(what)]:
                    self.keys[role, generation] = (
                        hkdf(key, b"", b"bk1 role " + role.encode()) if what == 1 else key)

    def key(self, role, generation):
        need((role, generation) in self.keys, f"no key {role} of generation {generation}")
        return self.keys[role, generation]

    @functools.lru_cache(16)
    def pack(self, flags, owner, ordinal, count, size, length, digest, offset):
        name = f"data/{owner.hex()}" + (".bkb" if flags & 8 else f"/p{ordinal:08x}.bkp")
        file = File(self, name, 1, owner, ordinal, offset, length)
        need((file.sum, len(file.body)) == (digest, size), f"{name}: not the sum in the table")
        chunks, used = [], [0] * file.blocks
        for length, block, kind in struct.iter_unpack("<16xIHBx", b"".join(file.rows)):
            chunks.append((block, used[block], length, kind))
            used[block] += length
        need(len(chunks) == file.count == count, f"{name}: its chunks")
        return file, chunks

    def names(self):
        sets, trash = (os.listdir(f"{self.path}/{d}") if os.path.isdir(f"{self.path}/{d}") else []
                       for d in ("sets", "trash"))
        hidden = set()
        for name in trash:
            if re.fullmatch("[0-9a-f]{32}[.]bkx", name) and name[:32] + ".done" not in trash:
                file = File(self, f"trash/{name}", 6, bytes.fromhex(name[:32]))
                for kind, c in Cursor(file.data()).records((*range(1, 6), 127)):
                    hidden |= {c.data[:16].hex()} if kind == 2 else set()
                    c.at = len(c.data)
        return sorted(n[:32] for n in sets
                      if re.fullmatch("[0-9a-f]{32}[.]bks", n) and n[:32] not in hidden)

    def chain(self, wanted):
        names = self.names()
        found = names[-1:] if wanted == "latest" else [n for n in names if n.startswith(wanted)]
        need(len(found) == 1, f"there is no set {wanted}, or more than one")
        chain = [Set(self, found[0])]
        while (top := chain[0]).base:
            chain.insert(0, base := Set(self, top.base))
            need(base.root.sum == top.base_sum, f"{top.base}: its root is not the one it was")
            need((base.store, base.root.host, base.root.generation)
                 == (top.store, top.root.host, top.root.generation) and len(chain) <= 33
                 and (top.kind == 3 or base.kind == 1), f"{top.base}: no base for {top.name}")
        return chain

    def digest(self, message, generation):
        key = hkdf(self.key("id", generation), b"", b"bk1 digest", 64)
        tag = AESGCM(key[:32]).encrypt(bytes(12), b"", message)
        return Cipher(algorithms.AES(key[32:]), modes.ECB()).encryptor().update(tag)

class State:
    """Accounts, folders and rows, after the manifests of a chain."""
    def __init__(self, chain):
        self.accounts, self.folders, self.rows = {}, {}, {}
        for one in chain:
            self.apply(one, Cursor(one.part(3, "m00000000.bkm").data()))

    def apply(self, one, manifest):
        changes, gone = {}, []
        for kind, c in manifest.records((1, 2, 3, 7, 8, 9, 10)):
            if kind in (1, 2):
                fields = {n: f.take(len(f.data)) for n, f in c.records(range(1, 16))}
                number, name = Cursor(fields[1]).varint(), fields[kind + 1]
                if kind == 1:
                    self.accounts[number] = name
                else:
                    words, table = Cursor(fields.get(13, b"")), []
                    while words.more():
                        table.append(words.string())
                    self.folders[number] = (Cursor(fields[2]).varint(), name, table, c.data)
            elif kind in (3, 7):
                number, record = c.varint(), Rows(c, one)
                old = self.rows.get(number, []) if kind == 7 else []
                left, rows = changes.setdefault(number, (old[::-1], []))
                (self.listed if kind == 3 else self.changed)(c, record, left, rows)
            elif kind == 8:
                end = (c.num(8), c.num(8), c.num(8), c.num(8), c.take(32))
            else:
                gone.append((kind, c.varint()))
        for number, (left, rows) in changes.items():
            need(not left, f"{one.name}: folder {number}: rows of the base are left over")
            order = [(r["uid"], r["name"]) for r in rows]
            need(order == sorted(set(order)), f"{one.name}: folder {number}: rows out of order")
            self.rows[number] = rows
        for kind, number in gone:
            (self.folders if kind == 9 else self.accounts).pop(number)
        self.folders = {n: f for n, f in self.folders.items() if f[0] in self.accounts}
        self.rows = {n: self.rows.get(n, []) for n in sorted(self.folders)}
        sums = b"".join(self.sum(n) for n in self.rows)
        rows = sum(self.rows.values(), [])
        need(end == (len(self.accounts), len(self.folders), len(rows), sum(r["size"] for r in rows),
                     hashlib.sha256(sums).digest()), f"{one.name}: the end record differs")

    def listed(self, c, record, left, rows):
        new = [record.row() for _ in range(c.varint())]
        rows.extend(row | {"digest": c.take(16)} for row in new)

    def changed(self, c, record, left, rows):
        modseq = 0
        while op := c.num():
            need(op <= 4, f"operation {op} is not known")
            if op == 4:
                rows.append(record.row() | {"digest": c.take(16)})
                continue
            count = 1 if op == 3 else c.varint()
            need(1 <= count <= len(left), "an operation on rows that the base does not have")
            base = [left.pop() for _ in range(count)]
            if op == 3:
                flags, keywords = c.num(), c.varints()
                modseq += c.zigzag()
                base = [base[0] | {"flags": flags, "keywords": keywords, "modseq": modseq}]
            rows.extend(base if op != 2 else [])

    def keywords(self, number, row):
        table = self.folders[number][2]
        need(max(row["keywords"], default=-1) < len(table), "a keyword that is not there")
        return sorted(table[k] for k in row["keywords"])

    def sum(self, number):
        total = hashlib.sha256(self.folders[number][3])
        for r in self.rows[number]:
            words = self.keywords(number, r)
            total.update(struct.pack("<Q", r["uid"]) + string(r["name"])
                         + struct.pack("<BI", r["flags"], len(words))
                         + b"".join(map(string, words))
                         + struct.pack("<qQQ", r["date"], r["size"], r["modseq"]) + r["digest"])
        return total.digest()

def message(repo, row):
    """The message as it was read."""
    def chunks(refs, *kinds):
        return b"".join(row["set"].chunk(*ref, kinds) for ref in refs)
    where = f"uid {row['uid']} {text(row['name'])}"
    made, skeleton = [chunks(row["trace"], 1)], Cursor(chunks(row["skeleton"], 2))
    for skip, form, refs in row["parts"]:
        made.append(skeleton.take(skip))
        data = chunks(refs, 3, 4, 5)
        if form:
            need(form[0] % 4 == 0 and form[1] < 2, f"{where}: a bad part")
            data, line = base64.b64encode(data), form[0] if form[1] else 0
            data = b"\n".join(data[n:n + line] for n in range(0, len(data), line)) if line else data
        made.append(data)
    made = b"".join(made) + skeleton.data[skeleton.at:]
    need(repo.digest(made, row["set"].root.generation) == row["digest"], f"{where}: its digest")
    need(row["style"] < 3, f"{where}: its style")
    if row["style"] < 2:
        *lines, rest = made.split(b"\n")
        need(max(row["odd"], default=-1) < len(lines), f"{where}: an exception without a line")
        ends = (b"\n", b"\r\n") if row["style"] == 0 else (b"\r\n", b"\n")
        made = b"".join(line + ends[n in row["odd"]] for n, line in enumerate(lines)) + rest
    need(len(made) == row["size"], f"{where}: its size")
    return made

def text(data):
    plain = data.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in plain)

def safe(level):
    name = quote(level, safe="@+=,: ") if level.strip(b".") else "%2E" * len(level) or "%"
    return name if len(name) < 200 else name[:180] + "%" + hashlib.sha256(level).hexdigest()[:16]

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("repo")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--password-file")
    key.add_argument("--key-file")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, words in {"sets": (), "list": ("set",), "extract": ("set", "dir")}.items():
        verb = verbs.add_parser(verb)
        for word in words:
            verb.add_argument(word)
    args = parser.parse_args()
    repo = Repo(args.repo, args.key_file, args.password_file)
    if args.verb == "sets":
        for one in (Set(repo, name) for name in repo.names()):
            print(one.name, KINDS[one.kind], one.root.host.hex(), text(one.label), one.messages,
                  sep="\t")
        return
    state = State(repo.chain(args.set))
    for number, row in ((n, row) for n, rows in state.rows.items() for row in rows):
        account, folder = state.accounts[state.folders[number][0]], state.folders[number][1]
        if args.verb == "list":
            flags = ",".join(name for n, name in enumerate(FLAGS) if row["flags"] >> n & 1)
            words = ",".join(map(text, state.keywords(number, row)))
            print(text(account), text(folder), row["uid"], text(row["name"]), flags, words,
                  row["date"], row["size"], sep="\t")
            continue
        path = "/".join([args.dir, safe(account), *map(safe, folder.split(b"/"))])
        os.makedirs(path, exist_ok=True)
        path += f"/{row['uid']}-{safe(row['name'])}"
        content = message(repo, row)
        with open(path, "xb") as f:
            f.write(content)
        os.utime(path, (row["date"], row["date"]))

if __name__ == "__main__":
    try:
        sys.stdout.reconfigure(encoding="utf-8")
        main()
    except Bad as e:
        sys.exit(f"bkextract: {e}")
    except Exception as e:  # what malformed bytes can make Python say
        sys.exit(f"bkextract: {type(e).__name__}: {' '.join(str(e).split())}")
