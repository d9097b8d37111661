#!/usr/bin/python3
"""Logs in to a mail server by Python's own imaplib, and prints what the server
can do, then the account's folders.

    imap_logins.py [OPTION...] PORT USER SECRET

    --tls, --starttls   with --ca FILE, who signed the server's certificate
    --mechanism NAME    AUTHENTICATE by PLAIN, XOAUTH2 or OAUTHBEARER; LOGIN
                        without it
    --as USER           PLAIN's authorisation identity
    --command LINE      then sends this command and prints its untagged answers
"""

import argparse
import imaplib
import ssl
import sys

TIMEOUT_S = 30


def initial_response(args):
    """RFC 4616, RFC 7628, and XOAUTH2 as its inventor describes it."""
    user, secret = args.user, args.secret
    return {
        "PLAIN": f"{args.who}\0{user}\0{secret}",
        "XOAUTH2": f"user={user}\1auth=Bearer {secret}\1\1",
        "OAUTHBEARER": f"n,a={user},\1host=localhost\1port={args.port}\1"
                       f"auth=Bearer {secret}\1\1",
    }[args.mechanism].encode()


def connect(args):
    trust = ssl.create_default_context(cafile=args.ca)
    if args.tls:
        return imaplib.IMAP4_SSL("127.0.0.1", args.port, ssl_context=trust,
                                 timeout=TIMEOUT_S)
    imap = imaplib.IMAP4("127.0.0.1", args.port, timeout=TIMEOUT_S)
    if args.starttls:
        imap.starttls(trust)
    return imap


def log_in(imap, args):
    if not args.mechanism:
        imap.login(args.user, args.secret)
        return
    answers = [initial_response(args)]
    # After an error the server expects an empty one: then it says NO.
    imap.authenticate(args.mechanism,
                      lambda _: answers.pop(0) if answers else b"")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--ca")
    parser.add_argument("--mechanism")
    parser.add_argument("--as", dest="who", default="")
    parser.add_argument("--command")
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("secret")
    args = parser.parse_args()
    try:
        imap = connect(args)
        log_in(imap, args)
    except (imaplib.IMAP4.error, OSError) as error:
        sys.exit(f"no login: {error}")
    with imap:
        print(*imap.capability()[1][0].decode().split(), sep="\n")
        for line in imap.list()[1]:
            print(line.decode() if isinstance(line, bytes) else line)
        if args.command:
            verb, _, rest = args.command.partition(" ")
            imaplib.Commands.setdefault(verb, ("AUTH", "SELECTED"))
            kind, answer = imap.xatom(verb, *filter(None, [rest]))
            print(kind, answer, imap.untagged_responses)


if __name__ == "__main__":
    main()
