#!/usr/bin/python3
"""An SFTP server that lies: OpenSSH's own, whose answers are falsified.

    sftp_liar.py FILE

speaks SFTP 3 on its standard input and output.  FILE says how it lies, in one
line that may be replaced at any time: WHAT [N].

    none            not at all
    rename-unheard  a rename is done, and the connection ends without a word
    write-failed N  the write at byte N or behind it fails
    write-lost N    ... is said to be done, and is not
    size N          files have N bytes, as it says
    read-end N      a file ends after N bytes, when it is read
    read-more       more bytes come than were asked for
    list-cut        after the first names of a listing the connection ends
    list-failed     ... comes a failure
    list-garbled    names come, and no word of what they are
    list-refused    folders may not be looked into
    list-unsafe     a name leads out of its folder
    no-answer TYPE  nothing is answered to requests of this number any more
"""

import os
import struct
import subprocess
import sys
import threading

SERVER = "/usr/lib/openssh/sftp-server"
OPENDIR, READ, WRITE, READDIR, RENAME = 11, 5, 6, 12, 18
STATUS, DATA, NAME, ATTRS = 101, 103, 104, 105
OK, EOF, DENIED, FAILURE = 0, 1, 3, 4
HAS_SIZE, HAS_MODE = 1, 4


def string(data):
    return struct.pack(">I", len(data)) + data


def status(number, code):
    return struct.pack(">BII", STATUS, number, code) + string(b"Lie") + string(b"")


class Liar:
    def __init__(self, path):
        self.path = path
        self.asked = {}  # type of the request and its offset, by its number
        self.listed = 0
        self.lock = threading.Lock()
        self.server = subprocess.Popen(
            [SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def lie(self):
        with open(self.path, encoding="ascii") as file:
            words = file.read().split()
        return words[0], int(words[1]) if len(words) > 1 else 0

    def answer(self, packet):
        with self.lock:
            sys.stdout.buffer.write(string(packet))
            sys.stdout.buffer.flush()

    def packets(self, file):
        while len(head := file.read(4)) == 4:
            yield file.read(struct.unpack(">I", head)[0])

    def hear(self):
        """Requests: those that are answered here do not go on."""
        for packet in self.packets(sys.stdin.buffer):
            what, n = self.lie()
            if packet[0] == 1:
                self.pass_on(packet)
                continue
            kind, number = struct.unpack(">BI", packet[:5])
            offset = 0
            if kind in (READ, WRITE):
                length = struct.unpack(">I", packet[5:9])[0]
                offset = struct.unpack(">Q", packet[9 + length : 17 + length])[0]
            self.asked[number] = (kind, offset)
            if what == "no-answer" and kind == n:
                continue
            code = self.refusal(what, n, kind, offset)
            if code is None:
                self.pass_on(packet)
            else:
                self.answer(status(number, code))
        self.server.stdin.close()

    def pass_on(self, packet):
        self.server.stdin.write(string(packet))
        self.server.stdin.flush()

    def refusal(self, what, n, kind, offset):
        if kind == WRITE and offset >= n and what == "write-failed":
            return FAILURE
        if kind == WRITE and offset >= n and what == "write-lost":
            return OK
        if kind == OPENDIR and what == "list-refused":
            return DENIED
        if kind == READDIR and what == "list-failed" and self.listed:
            return FAILURE
        return None

    def tell(self):
        """Answers, as they are or not."""
        for packet in self.packets(self.server.stdout):
            what, n = self.lie()
            kind = packet[0]
            number = struct.unpack(">I", packet[1:5])[0]
            asked, offset = self.asked.pop(number, (0, 0))
            if asked == RENAME and what == "rename-unheard":
                return
            if asked == READDIR and what == "list-cut" and self.listed:
                return
            self.listed += asked == READDIR
            if kind == ATTRS and what == "size":
                packet = self.resized(packet, n)
            elif kind == DATA:
                packet = self.other_data(packet, what, n, number, offset)
            elif kind == NAME and asked == READDIR:
                packet = self.other_names(packet, what, number)
            self.answer(packet)

    def resized(self, packet, n):
        if not struct.unpack(">I", packet[5:9])[0] & HAS_SIZE:
            return packet
        return packet[:9] + struct.pack(">Q", n) + packet[17:]

    def other_data(self, packet, what, n, number, offset):
        data = packet[9:]
        if what == "read-end":
            data = data[: max(n - offset, 0)]
            if not data:
                return status(number, EOF)
        if what == "read-more":
            data += b"more" * 10000
        return packet[:5] + string(data)

    def other_names(self, packet, what, number):
        one = struct.pack(">BII", NAME, number, 1)
        if what == "list-garbled":
            return one + string(b"x.b") + string(b"x.b") + bytes(4)
        if what == "list-unsafe":
            attrs = struct.pack(">IQI", HAS_SIZE | HAS_MODE, 5, 0o100644)
            return one + string(b"../x.b") + string(b"../x.b") + attrs
        return packet


def main():
    liar = Liar(sys.argv[1])
    threading.Thread(target=liar.hear, daemon=True).start()
    liar.tell()
    liar.server.kill()
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
