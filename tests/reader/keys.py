"""Keys and slots of bk-format(5)."""

import hashlib
import os
import re
import stat
import struct
import zlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import poly1305
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from binary import Refused, crc_holds, hkdf, need, same, text, zero

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
        need(not stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077,
             "others may read it")
        line = file.read(154)
    found = re.fullmatch(rb"(bk-keyfile-1 ([0-9a-f]{32}) ([0-9a-f]{32}) ([0-9a-f]{64}) )"
                         rb"([0-9a-f]{8})\n", line)
    need(found, "not a key file")
    need(zlib.crc32(found[1]) == int(found[5], 16), "wrong CRC-32")
    return bytes.fromhex(found[2].decode()), found[3].decode(), bytes.fromhex(found[4].decode())
