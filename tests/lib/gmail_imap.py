#!/usr/bin/python3
"""An IMAP server that has labels as Gmail has them, for tests.

    gmail_imap.py ENV [MAIL...]     writes its port to ENV, as IMAP=port, and
                                    serves until its stdin ends

A MAIL is a word and its labels, `lunch:Inbox,Work`; without a label it is
archived.  Labels are folders, but for `Hidden`, which IMAP does not show, and
every mail is in "[Gmail]/All Mail" besides, but for what is in Trash and Spam.
EXPUNGE takes a label away, COPY and APPEND add one; what is appended twice is
one message.  Flags are the message's, in whatever folder.  Of what is read a line
`FOLDER SUBJECT` goes to ENV.read.  A line `SUBJECT FOLDER` of ENV.then gives a
label just before All Mail is opened, once.

In all else it is the server of fake_imap.py: any user with the password `pw`.
https://developers.google.com/workspace/gmail/imap/imap-extensions
"""

import dataclasses
import os
import re
import socket
import sys
import threading

from fake_imap import Account, Session, quoted

CAPABILITIES = ("IMAP4rev1 UNSELECT NAMESPACE ID CHILDREN X-GM-EXT-1 UIDPLUS "
                "ENABLE MOVE CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS "
                "LITERAL- SPECIAL-USE").split()
ALL = "[Gmail]/Alle Nachrichten"
FOLDERS = {
    "[Gmail]": "\\Noselect",
    ALL: "\\All",
    "[Gmail]/Entw&APw-rfe": "\\Drafts",
    "[Gmail]/Gesendet": "\\Sent",
    "[Gmail]/Markiert": "\\Flagged",
    "[Gmail]/Papierkorb": "\\Trash",
    "[Gmail]/Spam": "\\Junk",
    "[Gmail]/Wichtig": "\\Important",
    "Hidden": "",
    "Work": "",
    "Work/R&AO8-n": "",
}
# A label as X-GM-LABELS has it, by its folder.
SYSTEM = {
    "INBOX": "\\Inbox",
    "[Gmail]/Entw&APw-rfe": "\\Draft",
    "[Gmail]/Gesendet": "\\Sent",
    "[Gmail]/Markiert": "\\Starred",
    "[Gmail]/Papierkorb": "\\Trash",
    "[Gmail]/Spam": "\\Spam",
    "[Gmail]/Wichtig": "\\Important",
}
SHORT = {label[1:]: name for name, label in SYSTEM.items()}
APART = {"[Gmail]/Papierkorb", "[Gmail]/Spam"}  # not in All Mail


@dataclasses.dataclass
class Mail:
    number: int
    body: bytes
    date: str
    flags: set

    def subject(self):
        return re.search(rb"Subject: (.*)\r\n", self.body).group(1).decode()


class Labels(Account):
    def __init__(self, mails):
        super().__init__(messages=0)
        self.mails = []
        for name, use in FOLDERS.items():
            self.create(name, use.split())
        for number, word in enumerate(mails, 1):
            subject, _, labels = word.partition(":")
            names = [SHORT.get(label, label)
                     for label in labels.split(",") if label]
            body = (f"From: ann@a.test\r\nSubject: {subject}\r\n"
                    f"Message-ID: <{number}@a.test>\r\n\r\n"
                    f"{subject}\r\n").encode()
            self.add(body, [], "01-Mar-2021 10:11:12 +0000", names)

    def add(self, body, flags, date, names):
        """Once for each body; what it is in the last of the folders."""
        mail = next((m for m in self.mails if m.body == body), None)
        if not mail:
            mail = Mail(1000 + len(self.mails), body, date, set(flags))
            self.mails.append(mail)
        for name in [*names, *([] if APART & set(names) else [ALL])]:
            self.put(mail, name)
        return self.put(mail, names[-1]) if names else None

    def put(self, mail, name):
        folder = self.folders[name]
        there = [m for m in folder.messages if m.mail is mail]
        if there:
            return there[0]
        message = folder.add(mail.body, (), mail.date)
        message.flags = mail.flags
        message.mail = mail
        return message

    def give_labels(self, path):
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as lines:
            for subject, name in map(str.split, lines):
                for mail in self.mails:
                    if mail.subject() == subject:
                        self.put(mail, name)
        os.unlink(path)

    def labels(self, mail, selected):
        for name, folder in self.folders.items():
            if name not in (ALL, selected) and any(
                    m.mail is mail for m in folder.messages):
                yield SYSTEM.get(name, name)


class Gmail(Session):
    def __init__(self, sock, account, log):
        super().__init__(sock, account, None, CAPABILITIES)
        self.log = log

    def select_lines(self, c):
        if c.name() == ALL:
            self.account.give_labels(self.log.name.replace(".read", ".then"))
        return super().select_lines(c)

    def item(self, message, name):
        if name == "X-GM-LABELS":
            labels = self.account.labels(message.mail, self.folder.name)
            return b"X-GM-LABELS (%s)" % b" ".join(map(quoted, labels))
        if name == "X-GM-MSGID":
            return f"X-GM-MSGID {message.mail.number}".encode()
        if name.upper().startswith("BODY") and "HEADER" not in name.upper():
            print(self.folder.name, message.mail.subject(), file=self.log,
                  flush=True)
        return super().item(message, name.partition("<")[0])

    def list_lines(self, c):
        return (line for line in super().list_lines(c)
                if b'"Hidden"' not in line)

    def copy(self, c):
        old = [m for _, m in self.chosen(c)]
        target = self.account.folders[c.name(1)]
        new = [self.account.put(m.mail, target.name) for m in old]
        return old, (f"OK [COPYUID {target.uidvalidity} "
                     f"{','.join(str(m.uid) for m in old)} "
                     f"{','.join(str(m.uid) for m in new)}] done")

    def expunge(self, messages):
        super().expunge(messages)
        for message in messages:
            message.mail.flags.discard("\\Deleted")

    def append(self, c):
        folder = self.account.folders[c.name()]
        return folder, [self.account.add(body, flags, date, [folder.name])
                        for flags, date, body in list(self.appended(c))]


def serve(listener, account, log):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Gmail(sock, account, log).serve,
                         daemon=True).start()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    env = sys.argv[1]
    listener = socket.create_server(("127.0.0.1", 0))
    with open(f"{env}.read", "w", encoding="utf-8") as log:
        threading.Thread(target=serve, daemon=True,
                         args=[listener, Labels(sys.argv[2:]), log]).start()
        with open(env, "w", encoding="utf-8") as out:
            print(f"IMAP={listener.getsockname()[1]}\nLMTP=0", file=out)
        sys.stdin.read()


if __name__ == "__main__":
    main()
