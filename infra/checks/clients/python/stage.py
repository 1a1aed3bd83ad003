"""The stage of a client's road: a shop that hears the bank's notifications, the bank's control calls, and facts.

A road is a function that takes a Stage. It ends the process with 1 at the first fact that does not hold.
"""

import http.server
import json
import os
import sys
import threading
import urllib.error
import urllib.request

CALL_SECONDS = 10


class Differs(Exception):
    """A fact that does not hold."""


class Shop(http.server.ThreadingHTTPServer):
    """A shop's server on loopback: keeps the notifications as received and answers each with OK."""

    daemon_threads = True

    def __init__(self):
        self.notices = []
        super().__init__(("127.0.0.1", 0), Listener)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/notice"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.notices.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_):
        pass


class Stage:
    """base is the bank's address, terminal and password the shop's contract, which the stage makes at the bank."""

    def __init__(self, name):
        self.base = os.environ["TBANK_ADDRESS"]
        self.terminal, self.password = f"Stranger{name}DEMO", f"pässword-of-{name}"
        self.name, self.proved, self.orders = name, 0, 0
        self.shop = Shop()
        self.open_terminal(fiscal=False)

    def open_terminal(self, **settings):
        """Makes the terminal at the bank, or changes its settings."""
        body = {"password": self.password, "notification_url": self.shop.address, **settings}
        self.control("PUT", f"/control/terminals/{self.terminal}", body)

    def control(self, method, path, body=None):
        """Makes a control call and gives its answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            return json.load(answer)

    def pay(self, payment_id, **attempt):
        """Lets the payer pay, or fail to, and delivers what the bank has to tell of it."""
        paid = self.control("POST", f"/control/payments/{payment_id}/pay", attempt)
        self.deliver()
        return paid["status"]

    def deliver(self):
        """Delivers all notifications of now; none of this shop's may be left without an OK."""
        self.control("POST", "/control/tick")
        notices = self.control("GET", "/control/notifications")["items"]
        left = [n for n in notices if n["terminal"] == self.terminal and n["state"] == "pending"]
        self.is_("every notification is taken with OK", left, [], quiet=True)

    def advance(self, step):
        """Moves the bank's clock and does what has become due."""
        self.control("POST", "/control/clock", {"advance": step})
        self.deliver()

    def page(self, url):
        """Opens a page as the payer's browser does and gives its status."""
        with urllib.request.urlopen(url, timeout=CALL_SECONDS) as answer:
            return answer.status

    def order(self):
        """A new OrderId."""
        self.orders += 1
        return f"{self.name}-{self.orders}"

    def heard(self):
        """Takes the notifications that have come since the last time, raw."""
        news, self.shop.notices = self.shop.notices, []
        return news

    def is_(self, fact, got, want, quiet=False):
        """Holds got against want."""
        if got != want:
            raise Differs(f"{fact}: got {got!r}, want {want!r}")
        if not quiet:
            self.proved += 1
            print(f"    ok  {fact}")


def play(name, client, version, road):
    """Plays a road and ends the process."""
    print(f"{client} {version}")
    try:
        stage = Stage(name)
        road(stage)
    except Exception as failure:  # whatever a stranger's client throws is a difference
        print(f"    DIFFERS  {type(failure).__name__}: {failure}")
        if isinstance(failure, urllib.error.HTTPError):
            print(f"    {failure.read().decode(errors='replace')}")
        sys.exit(1)
    print(f"    {stage.proved} facts proved with {client} {version}")
