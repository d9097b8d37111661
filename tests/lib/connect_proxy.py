#!/usr/bin/python3
"""An HTTP proxy that knows CONNECT alone: prints its port, and each request."""

import socket
import threading


def relay(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    other.close()


def serve(client):
    request = b""
    while b"\r\n\r\n" not in request:
        data = client.recv(1000)
        if not data:
            return
        request += data
    line = request.split(b"\r\n")[0].decode()
    print(line, flush=True)
    method, to, _ = line.split()
    if method != "CONNECT":
        client.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
        return
    host, port = to.rsplit(":", 1)
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
    threading.Thread(target=relay, args=(server, client), daemon=True).start()
    relay(client, server)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],),
                     daemon=True).start()
