#!/usr/bin/python3
"""Mail for the golden repository of format 1: all that a message can be.

    make_v1_mail.py TOP 0     TOP/<domain>/<name>/Maildir, as a Dovecot keeps them
    make_v1_mail.py TOP 1     what changes before the differential set
    make_v1_mail.py TOP 2     what changes before the incremental set

There is no clock and no chance in it.
"""

import base64
import hashlib
import os
import pathlib
import sys

HEAD = (b"Return-Path: <eve@example.net>\nDelivered-To: ann@one.example\n"
        b"Received: from mx.example.net (mx.example.net [192.0.2.7])\n"
        b"\tby mx1.one.example with ESMTPS id 4711\n"
        b"\tfor <ann@one.example>; Mon, 02 Feb 2026 10:11:12 +0100\n")


def mixture(size, name):
    """Bytes that no compression makes small, and few enough of them."""
    out, block = b"", name
    while len(out) < size:
        block = hashlib.sha256(block).digest()
        out += block
    return out[:size]


def table(size):
    """Bytes like a spreadsheet's: not the same anywhere, and easy to compress."""
    rows = (b"%08d;%05d;%-20d;\x00\x01\x02\n" % (i, i * 7919 % 99991, i * i)
            for i in range(size // 40 + 1))
    return b"".join(rows)[:size]


def wrapped(data, line, end=b"\n"):
    text = base64.b64encode(data)
    return end.join(text[i:i + line] for i in range(0, len(text), line)) + end


def letter(subject, body, end=b"\n", head=HEAD):
    text = head + (b"From: Eve <eve@example.net>\nTo: ann@one.example\nSubject: " + subject
                   + b"\nMessage-ID: <" + subject.replace(b" ", b".") + b"@example.net>\n"
                   b"Date: Mon, 02 Feb 2026 10:11:12 +0100\n\n" + body)
    return text.replace(b"\n", end)


def multipart(subject, data, line, end=b"\n"):
    body = (b"This is a message of parts.\n--=_b\nContent-Type: text/plain; charset=utf-8\n"
            b"Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe, Eve\n--=_b\n"
            b"Content-Type: application/octet-stream; name=data.bin\n"
            b"Content-Transfer-Encoding: base64\n\n" + wrapped(data, line) + b"--=_b--\n")
    head = HEAD + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_b\"\n"
    return letter(subject, body, end, head)


def odd_ends(count):
    """As many lines with CRLF as with LF: too many to list either."""
    return b"Subject: odd\n\n" + b"a\nb\r\n" * count


def letters():
    small, large = mixture(3000, b"small"), table(1500000)
    crlf = b"\r\n"
    yield letter(b"LF", b"Hello.\n")
    yield letter(b"CRLF", b"Hello.\nBye.\n", crlf)
    mixed = letter(b"mixed, most LF", b"one\ntwo\nthree\n" * 20).split(b"\n")
    yield b"\n".join(line + b"\r" * (i in (3, 4, 17)) for i, line in enumerate(mixed))
    mixed = letter(b"mixed, most CRLF", b"one\ntwo\nthree\n" * 20).split(b"\n")
    yield b"\n".join(line + b"\r" * (i not in (0, 40)) for i, line in enumerate(mixed))
    yield odd_ends(70000)
    yield b""
    yield b"\n"
    yield b"no header and no line end"
    yield letter(b"no last line end", b"The end")
    yield letter(b"CR", b"a\rb\r\r\nc\r\r\n\r", b"\n")
    yield letter(b"bytes", bytes(range(256)) * 3)
    for line in 60, 72, 76:
        yield multipart(b"base64 at %d" % line, small, line)
    yield multipart(b"base64 at 76 and CRLF", small, 76, crlf)
    yield multipart(b"large, LF", large, 76)
    yield multipart(b"large, CRLF", large, 72, crlf)
    yield multipart(b"base64 that is none", small, 76).replace(b"==\n", b"=\n").replace(
        b"A", b"-", 40)
    yield multipart(b"base64 in one line", small, 100000)
    yield multipart(b"no last boundary", small, 76).removesuffix(b"--=_b--\n")
    inner = multipart(b"inner", small, 76)
    yield letter(b"a message in a message", b"--x\nContent-Type: message/rfc822\n\n" + inner
                 + b"--x--\n", head=HEAD + b"Content-Type: multipart/digest; boundary=x\n")


class Folder:
    def __init__(self, maildir, name, validity):
        self.path = maildir / name if name else maildir
        for kind in "cur", "new", "tmp":
            (self.path / kind).mkdir(parents=True, exist_ok=True)
        if name:
            (self.path / "maildirfolder").write_bytes(b"")
        self.validity, self.uids, self.next = validity, [], 1

    def add(self, raw, name, info=":2,S", date=1770000000, uid=True):
        path = self.path / ("cur" if info else "new") / (name + info)
        path.write_bytes(raw)
        os.utime(path, ns=(date * 10**9, date * 10**9 + 345678901))
        if uid:
            self.uids.append((self.next, name))
            self.next += 1

    def write(self, keywords=()):
        guid = hashlib.md5(str(self.path.name).encode()).hexdigest()
        lines = [f"3 V{self.validity} N{self.next} G{guid}"]
        lines += [f"{uid} :{name}" for uid, name in self.uids]
        (self.path / "dovecot-uidlist").write_text("\n".join(lines) + "\n")
        if keywords:
            (self.path / "dovecot-keywords").write_text(
                "".join(f"{i} {word}\n" for i, word in enumerate(keywords)))


def first(top):
    ann = top / "one.example/ann/Maildir"
    inbox = Folder(ann, "", 1769000001)
    dates = [1, 315532800, 1770000000, 2147483647, 4102444800]
    infos = [":2,", ":2,S", ":2,RS", ":2,FS", ":2,DPT", ":2,Sab", ":2,Sac", ""]
    for i, raw in enumerate(letters()):
        inbox.next += i % 5 == 4
        inbox.add(raw, f"{1769000000 + i}.M{i}P1.mx1,S={len(raw)}", infos[i % 8],
                  dates[i % 5] + 60 * i)
    inbox.add(letter(b"without a UID", b"Hello.\n"), "1769009999.M9P1.mx1", "", uid=False)
    inbox.write(["$Forwarded", "Größe", "$label1"])
    odd = Folder(ann, ".Entw&APw-rfe &- mehr", 1769000002)
    odd.add(letter(b"LF", b"Hello.\n"), "1769000100.M1P1.mx1", ":2,DS")
    odd.write()
    deep = Folder(ann, ".&ZeVnLIqe-.a b.c", 1769000003)
    deep.add(letter(b"LF", b"Hello.\n"), "1769000100.M1P1.mx1")
    deep.write()
    Folder(ann, ".Empty", 1769000004).write()
    gone = Folder(ann, ".Gone", 1769000005)
    gone.add(letter(b"gone soon", b"Hello.\n"), "1769000101.M1P1.mx1")
    gone.write()
    (ann / "subscriptions").write_text(
        "V\t2\n\nEntw&APw-rfe &- mehr\n&ZeVnLIqe-\ta b\tc\nNowhere\n")
    (ann / "dovecot-acl").write_text("user=bob@two.example lr\n")
    bob = Folder(top / "two.example/bob/Maildir", "", 1769000006)
    bob.add(letter(b"LF", b"Hello.\n"), "1769000200.M1P1.mx1")
    bob.add(multipart(b"to bob", mixture(3000, b"small"), 76), "1769000201.M2P1.mx1")
    bob.write()
    leaves = Folder(top / "two.example/cid/Maildir", "", 1769000007)
    leaves.add(letter(b"leaves", b"Hello.\n"), "1769000300.M1P1.mx1")
    leaves.write()


def append(folder, uid, name):
    lines = (folder / "dovecot-uidlist").read_text().splitlines()
    words = lines[0].split()
    words[2] = f"N{uid + 1}"
    (folder / "dovecot-uidlist").write_text(
        "\n".join([" ".join(words), *lines[1:], f"{uid} :{name}"]) + "\n")


def put(folder, raw, name, uid, date=1770100000):
    path = folder / "cur" / (name + ":2,")
    path.write_bytes(raw)
    os.utime(path, (date, date))
    append(folder, uid, name)


def rename(folder, before, after):
    path = next((folder / "cur").glob(before))
    path.rename(path.with_name(path.name.partition(":2,")[0] + after))


def second(top):
    """A message comes, one goes, flags and keywords change, folders come and go."""
    ann, bob = top / "one.example/ann/Maildir", top / "two.example/bob/Maildir"
    put(ann, multipart(b"new", mixture(3000, b"small"), 76), "1770100000.M1P1.mx1", 40)
    put(ann, multipart(b"new and large", table(1500000) + b"more", 76), "1770100001.M2P1.mx1", 41)
    next((ann / "cur").glob("1769000001.*")).unlink()
    rename(ann, "1769000002.*", ":2,FRS")
    rename(ann, "1769000005.*", ":2,Sbc")
    for path in sorted((ann / ".Gone").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (ann / ".Gone").rmdir()
    new = Folder(ann, ".New.&AOk-t&AOk-", 1770100001)
    new.add(letter(b"LF", b"Hello.\n"), "1770100002.M3P1.mx1")
    new.write()
    rename(bob, "1769000200.*", ":2,ST")


def third(top):
    """UIDs begin anew; a message moves; an account goes and one comes."""
    ann, bob = top / "one.example/ann/Maildir", top / "two.example/bob/Maildir"
    uidlist = (bob / "dovecot-uidlist").read_text()
    (bob / "dovecot-uidlist").write_text(uidlist.replace("V1769000006", "V1770200000"))
    path = next((ann / "cur").glob("1770100000.*"))
    path.rename(ann / ".Empty" / "cur" / path.name)
    append(ann / ".Empty", 1, "1770100000.M1P1.mx1")
    put(ann, letter(b"last", b"Bye.\n", b"\r\n"), "1770200000.M1P1.mx1", 42)
    cid = top / "two.example/cid"
    for path in sorted(cid.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    cid.rmdir()
    dan = Folder(top / "two.example/dan/Maildir", "", 1770200001)
    dan.add(letter(b"LF", b"Hello.\n"), "1770200001.M1P1.mx1")
    dan.write()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    (first, second, third)[int(sys.argv[2])](pathlib.Path(sys.argv[1]))
