"""A web server on this machine that behaves well or badly, as a test asks."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Site:
    """What the server answers, by path, and what it was asked.

    A page is a body, its status and further headers; `promise` adds bytes to the announced length
    that never come, and `stall` makes the server wait after the body until the test ends.
    """

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.headers = []
        self.sent = threading.Event()
        self.release = threading.Event()

    def put(self, path, body, *, status=200, promise=0, stall=False, headers=()):
        self.pages[path] = (body, status, promise, stall, headers)
        return self.address(path)

    def address(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append(self.path)
            site.headers.append(dict(self.headers))
            missing = (b"no such page", 404, 0, False, ())
            body, status, promise, stall, headers = site.pages.get(self.path, missing)
            self.send_response(status)
            for name, value in ({"Content-Length": len(body) + promise} | dict(headers)).items():
                self.send_header(name, str(value))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            site.sent.set()
            if stall:
                site.release.wait()

        def log_message(self, *_):
            pass

        def handle(self):
            with suppress(ConnectionError):  # of a client that was killed
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing the server waits for them
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.release.set()
    server.shutdown()
    thread.join()
    server.server_close()
