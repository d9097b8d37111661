#!/usr/bin/env python3
"""Makes the pool that mkcorpus takes its words from, out of real mail.

	mkpool.py CORPUS POOL

CORPUS is the folder that tests/lib/fetch_corpus prints: messages of the
SpamAssassin corpus, as *.txt files.  POOL gets

	words.txt      the texts of the messages, without quotes and markup
	subjects.txt   their subjects, a line each, without Re: and [list]
	html/NNN.html  pages of newsletters, in ASCII
"""

import email
import re
import sys
from pathlib import Path

QUOTED = re.compile(
    r"^(>|\||_{5,}|-{5,}|={5,}|Sponsored by|https?://.*listinfo"
    r"|.*mailing list$|.*listinfo|On .*wrote:$)")
MARKUP = re.compile(
    r'<[A-Za-z/!]|=["#]|[\^~=#*_.-]{6,}|href|&nbsp|font-|^[A-Za-z0-9+/]{50,}$')
REPLY = re.compile(r"^((re|fwd?|fw):\s*|\[[^\]]*\]\s*)+", re.IGNORECASE)

PAGES = 120
LINE_MAX = 400
WORD_MAX = 60
LONG = 40  # a longer line is taken once: footers of lists recur


def messages(corpus, folder):
    for path in sorted((corpus / folder).glob("*.txt")):
        yield email.message_from_bytes(path.read_bytes())


def first_part(message, kind):
    for part in message.walk():
        if part.get_content_type() == kind and not part.is_multipart():
            return part.get_payload(decode=True) or b""
    return None


def is_own_words(line, seen):
    if QUOTED.match(line) or MARKUP.search(line) or len(line) > LINE_MAX:
        return False
    return not (line in seen and len(line) > LONG)


def words_of(text, seen):
    """The text's lines that its author wrote; an empty one is a paragraph."""
    lines = []
    for line in text.split("\n"):
        line = line.strip()
        if not line:
            lines.append("\n")
        elif is_own_words(line, seen):
            seen.add(line)
            words = re.sub(r"[^\x21-\x7e]+", " ", line).split()
            lines.append(" ".join(word[:WORD_MAX] for word in words))
    return "\n".join(lines)


def subject_of(message):
    subject = re.sub(r"\s+", " ", str(message.get("Subject", "")))
    subject = REPLY.sub("", subject)
    printable = all(31 < ord(c) < 127 for c in subject)
    return subject if printable and 8 < len(subject) < 90 else None


def write_words(corpus, pool):
    seen, subjects = set(), set()
    with open(pool / "words.txt", "w", encoding="ascii") as out:
        for folder in ("easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-2"):
            for message in messages(corpus, folder):
                text = first_part(message, "text/plain") or b""
                if folder == "spam-2" and len(text) > 20000:
                    continue
                out.write(words_of(text.decode("latin-1"), seen) + "\n")
                subjects.add(subject_of(message))
    subjects.discard(None)
    (pool / "subjects.txt").write_text("\n".join(sorted(subjects)) + "\n",
                                       encoding="ascii")


def is_newsletter(page):
    """Neither a short note nor a page of pictures."""
    return (6000 < len(page) < 70000 and page.count(b"href") > 5
            and len(set(page)) > 40)


def write_pages(corpus, pool):
    n = 0
    for folder in ("hard-ham-1", "spam-2", "easy-ham-2"):
        for message in messages(corpus, folder):
            page = first_part(message, "text/html") or b""
            page = re.sub(rb"[^\x09\x0a\x20-\x7e]", b"", page)
            if n < PAGES and is_newsletter(page):
                (pool / "html" / f"{n:03d}.html").write_bytes(page)
                n += 1


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: mkpool.py CORPUS POOL")
    corpus, pool = Path(sys.argv[1]), Path(sys.argv[2])
    (pool / "html").mkdir(parents=True, exist_ok=True)
    write_words(corpus, pool)
    write_pages(corpus, pool)


if __name__ == "__main__":
    main()
