#!/usr/bin/python3
"""A small HTTP server that writes down what it is told.

    hook_server.py FILE [CERT KEY]   prints its port; a line for each POST:
                                     path, type, body; ends with its stdin.

/refuse answers 500, /moved a redirect, /slow nothing for ever.
"""

import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            print(self.path, self.headers["Content-Type"], body.decode(),
                  file=file)
        if self.path.startswith("/slow"):
            threading.Event().wait()
        status = {"/refuse": 500, "/moved": 302}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
