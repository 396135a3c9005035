"""A small internet in a network namespace of its own, for audit_net.scene: audit_net.py WORK SHOP_FOLDER

Names are answered on 127.0.0.1:53. Sites listen on every address, ports 80 and 443 (certificates: WORK/NAME.pem).
93.184.216.34 is an address of the world here, so 127.0.0.1 is inside: WORK/inside.log has a line a connection that got there.

  shop.example       the fixtures' shop; /inside and /named redirect to an address and to a name inside
  rebinds.example    redirects to its own https address; the second look-up of its name leads inside
  turns.example      its name leads inside once a browser has been given its page, which then asks for more
  intranet.example   is inside from the beginning
  good self expired other unknown .example    shops with such a certificate
"""
import http.server, os, socket, ssl, struct, sys, threading

work, folder = sys.argv[1:]
WORLD, INSIDE = "93.184.216.34", "127.0.0.1"
looked_up, turned = {}, threading.Event()


def address_of(name):
    looked_up[name] = looked_up.get(name, 0) + 1
    inside = name == "intranet.example" or (name == "rebinds.example" and looked_up[name] > 1) or (name == "turns.example" and turned.is_set())
    return INSIDE if inside else WORLD


def answer_names():
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((INSIDE, 53))
    while True:
        query, who = line.recvfrom(4096)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        known = name.endswith(".example")
        found = known and kind == 1
        head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, int(found), 0, 0)
        reply = head + query[12:at + 5]
        if found:
            reply += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address_of(name))
        line.sendto(reply, who)


class Site(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *rest):
        super().__init__(*rest, directory=folder)

    def setup(self):
        if self.request.getsockname()[0] == INSIDE:
            open(work + "/inside.log", "a").write("reached\n")
        super().setup()

    def go_to(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def do_GET(self):
        name, path = self.headers.get("Host", ""), self.path.split("?")[0]
        if name == "rebinds.example":
            return self.go_to("https://rebinds.example/")
        if path in ("/inside", "/named"):
            return self.go_to("http://%s/" % (INSIDE if path == "/inside" else "intranet.example"))
        if name == "turns.example":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>shop</title><script>setInterval(() => fetch('/more'), 200)</script>")
            if "Chrome" in self.headers.get("User-Agent", ""):
                turned.set()
            return None
        return super().do_GET()

    def log_message(self, *words):
        pass


def with_certificate(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def by_name(connection, name, first):
    path = "%s/%s.pem" % (work, (name or "good.example").split(".")[0])
    if os.path.exists(path):
        connection.context = with_certificate(path)


class Sites(http.server.ThreadingHTTPServer):
    def handle_error(self, *who):
        pass  # a client that likes no certificate hangs up


plain = Sites(("0.0.0.0", 80), Site)
secure = Sites(("0.0.0.0", 443), Site)
context = with_certificate(work + "/good.pem")
context.sni_callback = by_name
secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
for serve in (answer_names, plain.serve_forever, secure.serve_forever):
    threading.Thread(target=serve, daemon=True).start()
open(work + "/ready", "w").write("yes\n")
threading.Event().wait()
