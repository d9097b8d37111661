#!/usr/bin/env python3
"""Writes the mail of the demonstration: five accounts in two domains, as a
Dovecot keeps them in Maildirs.

    demo/mail.py FOLDER                 FOLDER/<domain>/<name>/Maildir

The same mail at every call, byte for byte: there is no clock and no chance in
it.  It holds what a backup of mail must not stumble over: one attachment in
many mailboxes, encoded at 76 and at 72 columns; names that are not English;
flags and keywords; UIDs with gaps; a message with CRLF, one without a last
line end, one in no known character set.
"""

import base64
import hashlib
import os
import quopri
import struct
import sys
import zlib
from email.header import Header
from email.utils import formatdate

from letters import FOLDERS, PEOPLE, SIGNATURES, THREADS

FIRST_DAY = 1741593600  # 10 March 2025
DAY = 86400
KEYWORDS = ["$Forwarded", "Invoice", "Paid", "Later"]


# ---- attachments: bytes of our own that look like what they are called ------

def noise(name, size):
    """Bytes that do not compress, the same for the same name."""
    blocks = (hashlib.sha256(b"%s %d" % (name.encode(), n)).digest()
              for n in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def pdf(name, size):
    """A page in grey noise: a valid PDF of about `size` bytes."""
    image = noise(name, size)
    side = int(len(image) ** 0.5)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length 28 >>\nstream\n400 0 0 400 97 221 cm /I Do\nendstream",
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace "
        b"/DeviceGray /BitsPerComponent 8 /Length %d >>\nstream\n%s\nendstream"
        % (side, side, side * side, image[:side * side]),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d "
                  b"/Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
                  % (len(parts) + 1, table, len(parts) + 1, len(out)))


def png(name, side):
    """A square picture: coloured noise, as a photograph is to a packer."""
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body
                + struct.pack(">I", zlib.crc32(kind + body)))

    rows = noise(name, side * side * 3)
    raw = b"".join(b"\0" + rows[y * side * 3:(y + 1) * side * 3]
                   for y in range(side))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))


ATTACHMENTS = {
    "prices": ("Price list 2025.pdf", "application/pdf", pdf("prices", 240000)),
    "drawing": ("Aufbau.pdf", "application/pdf", pdf("drawing", 160000)),
    "invoice": ("Invoice.pdf", "application/pdf", pdf("invoice", 30000)),
    "survey": ("frames.png", "image/png", png("survey", 360)),
    "logo": ("logo.png", "image/png", png("logo", 48)),
}


# ---- a message --------------------------------------------------------------

def encoded(text):
    return text if text.isascii() else Header(text, "utf-8").encode()


def address(who):
    name, mailbox = PEOPLE[who]
    return "%s <%s>" % (encoded(name), mailbox)


def base64_lines(data, columns):
    text = base64.b64encode(data).decode()
    return "\n".join(text[at:at + columns]
                     for at in range(0, len(text), columns)) + "\n"


def wrapped(text, columns=72):
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > columns:
                lines.append(line)
                line = word
            else:
                line = line + " " + word if line else word
        lines.append(line)
    return "\n".join(lines) + "\n"


def text_part(text, subtype="plain"):
    head = "Content-Type: text/%s; charset=utf-8\n" % subtype
    if text.isascii():
        return head + "Content-Transfer-Encoding: 7bit\n\n" + text
    return (head + "Content-Transfer-Encoding: quoted-printable\n\n"
            + quopri.encodestring(text.encode()).decode())


def multipart(kind, boundary, parts):
    return ("Content-Type: multipart/%s; boundary=\"%s\"\n\n" % (kind, boundary)
            + "".join("--%s\n%s\n" % (boundary, part) for part in parts)
            + "--%s--\n" % boundary)


def attachment_part(key, columns):
    name, kind, data = ATTACHMENTS[key]
    return ("Content-Type: %s; name=\"%s\"\n"
            "Content-Disposition: attachment; filename=\"%s\"\n"
            "Content-Transfer-Encoding: base64\n\n" % (kind, name, name)
            + base64_lines(data, columns))


def body(letter, boundary):
    text = wrapped(letter["text"]) + "\n-- \n" + SIGNATURES[letter["from"]]
    if letter["quoted"]:
        text += "\n" + "".join("> %s\n" % line for line in
                               letter["quoted"].rstrip("\n").split("\n"))
    letter["sent text"] = text
    if letter["attached"] == "html":
        page = "<html><body><p>%s</p></body></html>\n" % text.replace(
            "\n\n", "</p>\n<p>")
        return multipart("alternative", boundary,
                         [text_part(text), text_part(page, "html")])
    if letter["attached"]:
        # Two mail programs: one breaks base64 at 76 columns, one at 72.
        columns = 72 if letter["from"] in ("clara", "ben") else 76
        return multipart("mixed", boundary, [
            text_part(text), attachment_part(letter["attached"], columns)])
    return text_part(text)


def message(letter):
    number = letter["number"]
    mark = hashlib.sha256(b"letter %d" % number).hexdigest()[:16]
    domain = PEOPLE[letter["from"]][1].split("@")[1]
    letter["id"] = "<%s@%s>" % (mark, domain)
    head = [
        ("From", address(letter["from"])),
        ("To", ",\n\t".join(address(who) for who in letter["to"])),
        ("Subject", encoded(letter["subject"])),
        ("Date", formatdate(letter["time"], localtime=False)),
        ("Message-ID", letter["id"]),
    ]
    if letter["answers"]:
        head += [("In-Reply-To", letter["answers"]),
                 ("References", letter["answers"])]
    head.append(("MIME-Version", "1.0"))
    return ("".join("%s: %s\n" % field for field in head)
            + body(letter, "=_" + mark)).encode()


def delivered(raw, who, letter):
    """What the recipient's server puts on top: no two copies are alike."""
    mailbox = PEOPLE[who][1]
    host = mailbox.split("@")[1]
    mark = hashlib.sha256(raw[:400] + mailbox.encode()).hexdigest()[:12]
    return ("Return-Path: <%s>\nDelivered-To: %s\n"
            "Received: from mail.%s by mx1.%s with ESMTPS id %s\n"
            "\tfor <%s>; %s\n" % (
                PEOPLE[letter["from"]][1], mailbox,
                PEOPLE[letter["from"]][1].split("@")[1], host, mark.upper(),
                mailbox, formatdate(letter["time"] + 7, localtime=False),
            )).encode() + raw


def letters():
    """Every letter of every thread, in the order of time."""
    number = 0
    for which, (subject, first, to, folder, attached, texts) in enumerate(
            THREADS):
        people = [first] + to.split()
        writers = [who for who in people if who in FOLDERS] or people[:1]
        answers, quoted = None, ""
        for turn, text in enumerate(texts):
            author = first if turn == 0 else writers[turn % len(writers)]
            letter = {
                "number": number, "from": author, "text": text,
                "to": [who for who in people if who != author],
                "subject": ("Re: " if turn else "") + subject,
                "folder": folder, "attached": attached if turn == 0 else None,
                "time": FIRST_DAY + which * 9 * DAY + turn * 5437,
                "answers": answers, "quoted": quoted,
            }
            letter["raw"] = message(letter)
            answers, quoted = letter["id"], letter["sent text"]
            number += 1
            yield letter


# ---- a Maildir, as Dovecot keeps it -------------------------------------------

def mutf7(name):
    """The folder's name on disk: modified UTF-7 of RFC 3501, 5.1.3."""
    out, wide = "", ""
    for char in name + "\0":
        if " " <= char <= "~" or char == "\0":
            if wide:
                code = base64.b64encode(wide.encode("utf-16-be")).decode()
                out += "&" + code.rstrip("=").replace("/", ",") + "-"
                wide = ""
            out += "&-" if char == "&" else char.rstrip("\0")
        else:
            wide += char
    return out


class Folder:
    def __init__(self, maildir, name, owner):
        self.path = maildir if name == "INBOX" else os.path.join(
            maildir, "." + mutf7(name))
        self.seed = (owner + "/" + name).encode()
        self.validity = FIRST_DAY + zlib.crc32(self.seed) % 100000
        self.next_uid = 1
        self.rows = []
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.path, sub), mode=0o700)
        if name != "INBOX":
            self.write("maildirfolder", "")

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as out:
            out.write(text)

    def add(self, raw, time, flags="S", new=False):
        uid = self.next_uid
        self.next_uid += 3 if uid % 4 == 0 else 1  # some were expunged
        wide = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
        base = "%d.M%dP%d.mx1,S=%d,W=%d" % (
            time, uid * 1013, 2000 + len(self.rows), len(raw), wide)
        name = "new/" + base if new else "cur/%s:2,%s" % (base, flags)
        path = os.path.join(self.path, name)
        with open(path, "wb") as out:
            out.write(raw)
        os.utime(path, (time, time))
        if not new:
            self.rows.append("%d :%s\n" % (uid, base))

    def close(self):
        guid = hashlib.md5(self.seed).hexdigest()
        self.write("dovecot-uidlist", "3 V%d N%d G%s\n%s" % (
            self.validity, self.next_uid, guid, "".join(self.rows)))
        self.write("dovecot-keywords", "".join(
            "%d %s\n" % pair for pair in enumerate(KEYWORDS)))


def flags_for(letter, folder):
    """Flags are capitals, keywords small letters: a is the first."""
    number = letter["number"]
    flags = "S"
    if number % 3 == 0:
        flags = "R" + flags
    if number % 7 == 2:
        flags = "F" + flags
    if "Invoice" in letter["subject"]:
        flags += "bc" if folder != "INBOX" else "b"
    if number % 11 == 5:
        flags += "d"
    return flags


def oddities(account):
    """Messages that broke a program once."""
    odd = account["INBOX"]
    late = FIRST_DAY + 200 * DAY
    odd.add(b"From: a@b.example\r\nTo: anna@alder.example\r\n"
            b"Subject: line ends of another world\r\n\r\nCRLF, kept.\r\n", late)
    odd.add(b"From: a@b.example\nSubject: no end\n\nno last line end", late + 60)
    odd.add(b"From: Bj\xf8rn <b@b.example>\nSubject: gr\xfc\xdfe in latin-1\n\n"
            b"bytes \x80\x81\xfe\xff that are no UTF-8\n", late + 120)
    odd.add(b"Subject: no body at all\n", late + 180, "", new=True)
    account["Drafts"].add(b"From: anna@alder.example\nSubject: to be finished\n"
                          b"\nDear Maud,\n\nabout that sail\n", late, "DS")
    account["Trash"].add(b"From: prize@b.example\nSubject: You have won\n\n"
                         b"Nothing.\n", late, "ST")


def main():
    os.umask(0o077)
    if len(sys.argv) != 2:
        sys.exit("usage: demo/mail.py FOLDER")
    accounts = {}
    for who, folders in FOLDERS.items():
        user, domain = PEOPLE[who][1].split("@")
        maildir = os.path.join(sys.argv[1], domain, user, "Maildir")
        accounts[who] = {name: Folder(maildir, name, who)
                         for name in ["INBOX"] + folders}
        # Dovecot's second version: levels of a name are parted by tabs.
        accounts[who]["INBOX"].write("subscriptions", "V\t2\n\n" + "".join(
            mutf7(name).replace(".", "\t") + "\n" for name in folders))
    for letter in letters():
        raw, time = letter["raw"], letter["time"]
        if letter["from"] in accounts:
            accounts[letter["from"]]["Sent"].add(raw, time)
        for who in letter["to"]:
            if who not in accounts:
                continue
            folder = letter["folder"]
            if folder not in accounts[who]:
                folder = "INBOX"
            accounts[who][folder].add(
                delivered(raw, who, letter), time + 9,
                flags_for(letter, folder), new=letter["number"] % 13 == 12)
    oddities(accounts["anna"])
    for account in accounts.values():
        for folder in account.values():
            folder.close()


main()
