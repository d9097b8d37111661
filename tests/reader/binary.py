"""Bytes and what is refused: the conventions of bk-format(5)."""

import hashlib
import hmac
import struct
import sys
import zlib
from contextlib import contextmanager


class Refused(Exception):
    pass


def need(right, what):
    if not right and need.strict:
        raise Refused(what)


need.strict = True


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

    def name(self):
        name = self.string()
        need(b"\0" not in name, "a name with NUL")
        return name

    def end(self):
        need(not self.left(), f"{self.left()} bytes left over")


def string(data):
    out, size = b"", len(data)
    while size > 127:
        out, size = out + bytes([size & 127 | 128]), size >> 7
    return out + bytes([size]) + data


def show(data):
    return data.decode(errors="surrogateescape")


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
