#!/usr/bin/python3
"""Gets the mail out of a bk repository where there is no bk: a last resort.

    bkextract.py REPO             lists the sets of a repository, the oldest first
    bkextract.py REPO SET         lists the messages of a set
    bkextract.py REPO SET DIR     writes them into DIR, which must not be there yet

SET is an identifier from the list, or its beginning.  The password is asked for; with
--secret FILE the file has it, or is a key block ("bk-keyfile-1 ...").

It needs a copy of the repository, Python 3.9 and two libraries, python3-cryptography and
python3-zstandard as Debian calls them.  It only reads, and it was written from the manual
page bk-format(5) alone, which explains every line of it.

DIR gets a Maildir++ for each account: DIR/ann@example.org/.Projects.Rhine/cur/NAME:2,FLAGS.
The time of a file is the date of arrival; keywords, up to 26 to a folder, are letters that
dovecot-keywords explains.  Trees of files are DIR/trees.tar.  UIDs, subscriptions, access lists and quotas are left out.

No wrong mail comes out: the root of a set is signed and names its files by their SHA-256,
every block is sealed, and every message has its digest.  A message that cannot be proven is
named and left out, the others go on, and the status is 1.  CRC-32, footers and block tables
are not needed for that.  Trash lists are not looked at: what is still there is shown.
"""
import argparse, base64, functools, getpass, hashlib, io, itertools, mmap, os, re, string
import struct, sys, time
try:
    import zstandard
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as missing:
    if not {"-h", "--help"} & set(sys.argv[1:]):
        sys.exit("bkextract.py: %s; install python3-cryptography and python3-zstandard"
                 % missing)
    print(__doc__.strip())
    sys.exit(0)

KINDS = ("", "full", "differential", "incremental")
ROLES = {1: (2, b"data"), 3: (3, b"meta"), 4: (4, b"root"), 7: (4, b"root")}  # of file types
FLAGS = "SRFTDP"  # what a Maildir calls the flags, from bit 0

def need(holds, why):
    if not holds:
        raise ValueError(why)

def hkdf(key, salt, info, length=32):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)

def text(data):
    return data.decode(errors="surrogateescape")

def tell(what, error):
    """What failed; the rest goes on, and the status will be 1."""
    print(f"bkextract: {what}: {str(error) or type(error).__name__}", file=sys.stderr)
    return 1

class Reader(io.BytesIO):
    """Takes bytes apart, from front to back."""
    def byte(self):
        return self.read(1)[0]

    def varint(self):
        byte = self.byte()
        return byte if byte < 128 else byte - 128 + (self.varint() << 7)

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def string(self):
        return self.read(self.varint())

    def varints(self):
        return [self.varint() for _ in range(self.varint())]

    def strings(self):
        while self.tell() < len(self.getvalue()):
            yield self.string()

    def records(self, known):
        """(number, body) of records, or of the fields of one."""
        while number := self.read(1):
            need(number[0] in known or number[0] & 128, f"record or field {number[0]} is unknown")
            yield number[0], self.string()

class Repo:
    """A repository, and the keys that a slot gave."""
    def __init__(self, path, secret):
        self.path, self.keys = path, {}
        marker = self.map("bkrepo")
        need(marker[:10] == b"\x89BKR\r\n\x1a\n\1\1", f"{path}: not a repository of version 1")
        self.id = bytes(marker[16:32])
        for name in os.listdir(f"{path}/keys"):
            try:
                if re.fullmatch(r"[0-9a-f]{32}\.bkk", name):
                    self.open_slot(bytes(self.map(f"keys/{name}")), secret)
            except Exception as error:  # there may be others
                tell(f"keys/{name}", error)
        need(self.keys, "no key slot opens with this password or key")

    def map(self, name):
        with open(f"{self.path}/{name}", "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def open_slot(self, slot, secret):
        """Takes the keys out of a slot, if it opens."""
        if secret.startswith(b"bk-keyfile-1 "):
            key = bytes.fromhex(secret.split()[3].decode())
        elif slot[10] == 1:
            key = hashlib.scrypt(secret, salt=slot[48:80], n=1 << slot[11], r=slot[12],
                                 p=slot[13], maxmem=2**31 - 1, dklen=32)
        else:
            return
        okm = hkdf(key, slot[48:80], b"bk1 slot" + slot[:224], 64)
        if okm[32:] == slot[224:256]:
            bag = AESGCM(okm[:32]).decrypt(bytes(12), slot[256:4048], None)
            for what, generation, host, value in struct.iter_unpack("<B3xI16s32s8x", bag):
                self.keys[what, generation, host] = value

    def key(self, generation, what, info, host=bytes(16)):
        """A key that the slot has, or that follows from R."""
        return self.keys.get((what, generation, host)) or hkdf(
            self.keys[1, generation, bytes(16)], b"", info)

    @functools.lru_cache(16)
    def pack(self, flags, owner, ordinal, offset):
        name = f"data/{owner.hex()}" + (".bkb" if flags & 8 else f"/p{ordinal:08x}.bkp")
        return File(self, name, 1, owner, ordinal, offset)

class File:
    """A file of the repository: its header holds, and blocks are opened one by one."""
    def __init__(self, repo, name, kind, owner, ordinal=0, offset=0):
        self.name, self.kind, self.raw = name, kind, repo.map(name)[offset:]
        head = self.head = bytes(self.raw[:256])
        need(head[:9] == b"\x89BKF\r\n\x1a\n\1" and head[10:13] == bytes([kind, 1, 1])
             and head[16:20] == bytes(4) and head[28:64] == struct.pack("<I", ordinal)
             + repo.id + owner, f"{name}: not the file that it should be")
        self.generation = int.from_bytes(head[24:28], "little")
        what, role = ROLES[kind]
        key = repo.key(self.generation, what, b"bk1 role " + role)
        okm = hkdf(key, head[80:112], b"bk1 file\0" + head[:220], 64)
        need(okm[32:] == head[220:252], f"{name}: its header is damaged")
        self.aead, self.starts, last = AESGCM(okm[:32]), [256], 0
        while not last:
            need(self.starts[-1] + 8 <= len(self.raw), f"{name}: it is cut short or damaged")
            length, number = struct.unpack_from("<II", self.raw, self.starts[-1])
            self.starts.append(self.starts[-1] + 12 + length)
            last = number >> 31
        directory, n, _, self.blocks = struct.unpack_from("<IIII", self.block(-1))
        self.rows_end = directory if n else len(self.starts) - 2
        self.block = functools.lru_cache(8)(self.block)

    def block(self, number):
        """The plain bytes of a block; its nonce makes sure that it is this one."""
        last, number = int(number < 0), number % (len(self.starts) - 1)
        start, end = self.starts[number:number + 2]
        about = struct.pack("<BBHII", self.kind, last, 0, number, end - start - 12)
        try:
            inner = self.aead.decrypt(struct.pack("<IQ", last, number),
                                      bytes(self.raw[start + 12:end]), about)
        except InvalidTag:
            raise ValueError(f"{self.name}: block {number} is damaged") from None
        codec, stored, size = struct.unpack_from("<B3xII", inner)
        data = inner[12:12 + stored]
        data = zstandard.ZstdDecompressor().decompress(data) if codec == 1 else data
        need(codec < 2 and len(data) == size, f"{self.name}: block {number} is malformed")
        return data

    def join(self, first=0):
        """Data and rows from a block on."""
        return b"".join(map(self.block, range(first, self.rows_end)))

    def sum(self):
        return hashlib.sha256(self.raw[:self.starts[-1]]).digest()

    @functools.cached_property
    def chunks(self):
        """(block, offset in it, length) of the chunks of a pack."""
        found, used = [], [0] * self.blocks
        for length, block in struct.iter_unpack("<16xIHxx", self.join(self.blocks)):
            found.append((block, used[block], length))
            used[block] += length
        return found

    def chunk(self, number):
        block, at, length = self.chunks[number]
        return self.block(block)[at:at + length]

class Set:
    """A set, by its root; with the set that it is based on, if it is not a full one."""
    def __init__(self, repo, name, digest=None):
        self.repo, self.name, self.id = repo, name, bytes.fromhex(name)
        self.parts = {}
        root = File(repo, f"sets/{name}.bks", 4, self.id)
        need(digest in (None, root.sum()), f"{root.name}: not the root that the other set names")
        records, signature = root.join()[:-66], root.join()[-64:]
        self.key = functools.partial(repo.key, root.generation)
        host = root.head[64:80]
        seed = hkdf(self.key(9, b"bk1 writer" + host, host), b"", b"bk1 sign")
        signer = Ed25519PrivateKey.from_private_bytes(seed)
        signer.public_key().verify(signature, root.head[:220] + records)
        found = {}
        for kind, body in Reader(records).records(range(1, 9)):
            found[kind] = body
            if kind == 6:
                self.parts[body[0]] = struct.unpack_from("<BQ8x32s", body, 5)
                need(body[0] in (2, 3, 7) or body[-1] == 1, f"{root.name}: an unknown part")
        need(tuple(found[5][:2]) <= (1, 0), f"{root.name}: it needs a newer reader")
        self.base = Set(repo, found[2][:16].hex(), found[2][16:]) if 2 in found else None
        start, = struct.unpack_from("<Q", found[4])
        self.about = (time.strftime("%F %T", time.gmtime(start // 1000)), KINDS[found[1][0]],
                      repr(text(Reader(found[1][18:]).string())), Reader(found[8]).varint())

    def part(self, kind, name):
        bundled, offset, digest = self.parts[kind]
        name = f"data/{self.name}" + (".bkb" if bundled else f"/{name}")
        file = File(self.repo, name, kind, self.id, 0, offset)
        need(file.sum() == digest, f"{name}: not the file that the root names")
        return file.join()

    @functools.cached_property
    def packs(self):
        rows = self.part(7, "t00000000.bkt")
        return list(struct.iter_unpack("<4xB3x16sI52xQ8x", rows))

    def chunks(self, refs):
        return b"".join(self.repo.pack(*self.packs[pack]).chunk(n) for pack, n in refs)

    def state(self):
        """Accounts, folders and rows by their ids: those of the base, as this set changes them."""
        accounts, folders, rows = self.base.state() if self.base else ({}, {}, {})
        old, new = {}, {}
        for kind, body in Reader(self.part(3, "m00000000.bkm")).records((1, 2, 3, 5, 7, 8, 9, 10)):
            r = Reader(body)
            if kind in (1, 2):
                item = dict(r.records(range(1, 16)))
                (accounts if kind == 1 else folders)[Reader(item[1]).varint()] = item
            elif kind in (3, 7):
                number = r.varint()
                base = old.setdefault(number, iter(rows.get(number, [])))
                read = listed(r, self) if kind == 3 else changed(r, self, base)
                new.setdefault(number, []).extend(read)
            elif kind == 8:
                end = body
            elif kind != 5:
                del (folders if kind == 9 else accounts)[r.varint()]
        folders = {n: f for n, f in folders.items() if Reader(f[2]).varint() in accounts}
        rows = {n: new.get(n, rows.get(n, [])) for n in folders}
        every = list(itertools.chain(*rows.values()))
        counts = len(accounts), len(folders), len(every), sum(row["size"] for row in every)
        need(end[:32] == struct.pack("<4Q", *counts), f"{self.name}: its end record differs")
        return accounts, folders, rows

    def trees(self):
        """The pieces of the set's trees of files, as messages: each is a stretch of a pax stream."""
        for kind, body in Reader(self.part(3, "m00000000.bkm")).records(range(1, 11)):
            if kind == 5:
                r = Reader(body)
                path, _, size, digest = r.string(), r.varint(), r.varint(), r.read(16)
                row = next(rows_of(Reader(bytes(8) + r.read()), self))
                yield path, row | {"size": size, "digest": digest}

def rows_of(r, origin):
    """The rows that a record has, one after the other; each is told by the one before."""
    uid, name, date, last = 0, b"", 0, [(0, -1)] * 4

    def refs(role, count):
        for _ in range(count):
            pack, chunk = last[role]
            step = r.zigzag()
            last[role] = pack + step, r.varint() if step else chunk + 1 + r.zigzag()
            yield last[role]

    def part():
        skip, count = r.varint(), r.varint()
        line, eol = (r.varint(), r.byte()) if count & 1 else (0, 0)
        return skip, count & 1, line * eol, list(refs(2 + (count & 1), count >> 1))

    while True:
        uid += r.varint()
        name = name[:r.varint()] + r.string()
        row = {"uid": uid, "name": name, "flags": r.byte(), "keywords": r.varints()}
        date = (date + r.zigzag() + 2**63) % 2**64 - 2**63
        row |= {"date": date, "size": r.varint(), "modseq": r.zigzag(), "style": r.byte()}
        row |= {"odd": set(itertools.accumulate(r.varints())), "origin": origin}
        row |= {"trace": list(refs(0, r.varint())), "skeleton": list(refs(1, r.varint()))}
        yield row | {"parts": [part() for _ in range(r.varint())]}

def listed(r, origin):
    """The rows of a record that lists messages."""
    rows = list(itertools.islice(rows_of(r, origin), r.varint()))
    return [row | {"digest": r.read(16)} for row in rows]

def changed(r, origin, base):
    """The rows of a folder after a record of changes."""
    added = rows_of(r, origin)
    while operation := r.byte():
        need(operation < 5, f"operation {operation} is unknown")
        if operation in (1, 2):
            rows = list(itertools.islice(base, r.varint()))
            yield from rows if operation == 1 else ()
        elif operation == 3:
            flags, keywords, _ = r.byte(), r.varints(), r.zigzag()
            yield next(base) | {"flags": flags, "keywords": keywords}
        else:
            yield next(added) | {"digest": r.read(16)}

def message(row):
    """The message of a row as it was read."""
    origin = row["origin"]
    made, skeleton = [origin.chunks(row["trace"])], Reader(origin.chunks(row["skeleton"]))
    for skip, encoded, line, refs in row["parts"]:
        data = origin.chunks(refs)
        data = base64.b64encode(data) if encoded else data
        if line:
            data = b"\n".join(data[i:i + line] for i in range(0, len(data), line))
        made += [skeleton.read(skip), data]
    made = b"".join(made) + skeleton.read()
    key = hkdf(origin.key(6, b"bk1 role id"), b"", b"bk1 digest", 64)
    tag = AESGCM(key[:32]).encrypt(bytes(12), b"", made)
    digest = Cipher(algorithms.AES(key[32:]), modes.ECB()).encryptor().update(tag)
    need(digest == row["digest"], "its digest differs")
    if row["style"] < 2:
        ends = (b"\n", b"\r\n") if row["style"] == 0 else (b"\r\n", b"\n")
        *lines, rest = made.split(b"\n")
        made = b"".join(line + ends[n in row["odd"]] for n, line in enumerate(lines)) + rest
    need(len(made) == row["size"], "its size differs")
    return made

def safe(name):
    """A name of a file that leads to no other place."""
    return re.sub("[/\0-\x1f]|^[.]", lambda found: f"%{ord(found[0]):02x}", name)

def maildir(name):
    """A folder's place in a Maildir++: modified UTF-7, and no level has a '/' or a '.'."""
    def spelt(found):
        code = base64.b64encode(found[0].encode("utf-16-be"), b"+,").decode().rstrip("=")
        return "&-" if found[0] == "&" else f"&{code}-"
    levels = [re.sub("&|[^ -%'-\\-/-~]+", spelt, level) for level in name.split("/")]
    return "" if name == "INBOX" else "." + ".".join(levels)

def flags_of(row):
    return [letter for i, letter in enumerate(FLAGS) if row["flags"] >> i & 1]

def write(row, path, letters):
    """A message into a Maildir."""
    flags = sorted(flags_of(row)) + sorted(letters[k] for k in row["keywords"] if k in letters)
    path += f"/cur/{safe(text(row['name'])) or row['uid']}:2,{''.join(flags)}"
    content = message(row)
    with open(path, "xb") as file:
        file.write(content)
    os.utime(path, (row["date"], row["date"]))

def make_maildir(path, words):
    for part in "cur", "new", "tmp":
        os.makedirs(os.path.join(path, part))
    with open(os.path.join(path, "dovecot-keywords"), "wb") as file:
        file.writelines(b"%d %s\n" % word for word in enumerate(words))

def extract(one, top):
    """Lists the messages of a set, or writes them; how many could not be had."""
    accounts, folders, rows = one.state()
    failed = 0
    for number, folder in folders.items():
        account, name = text(accounts[Reader(folder[2]).varint()][2]), text(folder[3])
        path = os.path.join(top or "", safe(account), maildir(name))
        words = list(Reader(folder.get(13, b"")).strings())
        used = dict.fromkeys(k for row in rows[number] for k in row["keywords"])
        letters = dict(zip(used, string.ascii_lowercase))
        try:
            if top:
                make_maildir(path, [words[k] for k in letters])
        except OSError as error:
            failed += tell((account, name), error)
        for row in rows[number]:
            about = account, name, row["uid"], text(row["name"])
            try:
                if top:
                    write(row, path, letters)
                else:
                    keywords = [text(words[k]) for k in row["keywords"]]
                    print(*map(repr, about), row["size"], row["date"], flags_of(row) + keywords)
            except Exception as error:  # whatever damage can lead to
                failed += tell(about, error)
    return failed

def extract_trees(one, top):
    """Lists the trees of files of a set, or writes them to trees.tar; how many could not be had."""
    failed = 0
    for path, row in one.trees():
        try:
            if not top:
                print(repr(text(path)), row["size"])
                continue
            content = message(row)
            with open(os.path.join(top, "trees.tar"), "ab") as file:
                file.write(content)
        except Exception as error:  # whatever damage can lead to
            failed += tell((text(path),), error)
    return failed

def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo")
    parser.add_argument("set", nargs="?", default="")
    parser.add_argument("dir", nargs="?")
    parser.add_argument("--secret", metavar="FILE", type=argparse.FileType("rb"))
    args, failed = parser.parse_intermixed_args(), 0
    secret = args.secret.read() if args.secret else getpass.getpass().encode()
    repo = Repo(args.repo, secret.rstrip(b"\r\n"))
    names = sorted(name[:32] for name in os.listdir(f"{args.repo}/sets")
                   if re.fullmatch(r"[0-9a-f]{32}\.bks", name) and name.startswith(args.set))
    if args.set:
        need(len(names) == 1, f"{len(names)} sets begin with {args.set}")
        if args.dir:
            os.mkdir(args.dir)
        one = Set(repo, names[0])
        return extract(one, args.dir) + extract_trees(one, args.dir)
    for name in names:
        try:
            print(name, *Set(repo, name).about)
        except Exception as error:
            failed += tell(f"set {name}", error)
    return failed

if __name__ == "__main__":
    try:
        sys.exit(1 if main() else 0)
    except Exception as error:
        sys.exit(tell("it failed", error))
