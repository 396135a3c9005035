"""The shop of audit.scene, with a few odd addresses: audit_shop.py FOLDER PORT_FILE"""
import functools
import gzip
import http.server
import sys
import time


class Shop(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/round":       # leads nowhere
            return self.answer(302, b"", Location="/round")
        if path == "/lost":        # drops what was asked with
            return self.answer(301, b"", Location="/")
        if path == "/bomb":        # 200 MB in a few hundred kilobytes
            return self.answer(200, bomb, **{"Content-Encoding": "gzip", "Content-Type": "text/html"})
        if path == "/slow":        # a byte now and then, for ever
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"<")
                self.wfile.flush()
                time.sleep(0.5)
        if path == "/wall":
            return self.answer(403, b"no programs")
        return super().do_GET()

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        open(sys.argv[2] + ".log", "a").write("%s %s\n" % (self.path, self.headers["User-Agent"]))

bomb = gzip.compress(b"<p>" * (70 << 20), 1)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Shop, directory=sys.argv[1]))
open(sys.argv[2], "w").write(str(server.server_port))
server.serve_forever()
