#!/usr/bin/python3
"""Copies what lies in a bucket below a path into a folder, with nothing of bk.

    s3_fetch.py URL KEY-ID SECRET-FILE DIR

URL is s3:http://HOST:PORT/BUCKET/PATH, path style.  Prints a line for each object:
its size and name.  Signed as AWS describes it (Signature Version 4).
"""

import datetime
import hashlib
import hmac
import os
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree

REGION = "us-east-1"
SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Bucket:
    def __init__(self, url, key, secret):
        parts = urllib.parse.urlsplit(url.removeprefix("s3:"))
        self.host = parts.netloc.rpartition("@")[2]
        self.bucket, _, self.path = parts.path.strip("/").partition("/")
        self.key, self.secret = key, secret

    def headers(self, path, query):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": self.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
                  "x-amz-date": now}
        names = ";".join(signed)
        request = "\n".join(["GET", path, query, *(f"{k}:{v}" for k, v in signed.items()),
                             "", names, "UNSIGNED-PAYLOAD"])
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        key = ("AWS4" + self.secret).encode()
        for word in scope.split("/"):
            key = mac(key, word)
        sum_of = hashlib.sha256(request.encode()).hexdigest()
        signature = mac(key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{sum_of}").hex()
        return {**signed, "authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, "
                f"SignedHeaders={names}, Signature={signature}"}

    def get(self, name="", **query):
        path = urllib.parse.quote("/".join(filter(None, ["", self.bucket, name])) or "/")
        path = "/" + path.lstrip("/")
        words = "&".join(f"{k}={urllib.parse.quote(v, safe='')}"
                         for k, v in sorted(query.items()))
        url = f"http://{self.host}{path}" + (f"?{words}" if words else "")
        asked = urllib.request.Request(url, headers=self.headers(path, words))
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read()

    def names(self):
        more = {}
        while True:
            listed = xml.etree.ElementTree.fromstring(
                self.get(**{"list-type": "2", "prefix": self.path + "/"}, **more))
            for each in listed.iter(SPACE + "Contents"):
                yield each.find(SPACE + "Key").text, int(each.find(SPACE + "Size").text)
            token = listed.find(SPACE + "NextContinuationToken")
            if token is None:
                return
            more = {"continuation-token": token.text}


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    url, key, secret, into = sys.argv[1:]
    with open(secret, encoding="ascii") as file:
        bucket = Bucket(url, key, file.read().strip())
    for name, size in bucket.names():
        data = bucket.get(name)
        if len(data) != size:
            sys.exit(f"s3_fetch: {name}: {len(data)} bytes, {size} were listed")
        own = name.removeprefix(bucket.path + "/")
        path = os.path.join(into, own)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        print(size, own)


if __name__ == "__main__":
    main()
