"""The published pages, built once, and a headless Chromium that cannot leave this machine."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from book.tools import cli

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = Path(__file__).parent / "fixtures" / "98_look.md"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

PATIENCE = 120_000  # milliseconds: a busy machine is slow; nothing here waits for the clock

collect_ignore = ["fixtures"]


@dataclass(frozen=True)
class Site:
    """The built pages: the folder that was built from, and that of the pages."""

    root: Path

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    def pages(self) -> list[str]:
        """Every page that a reader can open."""
        return sorted(str(path.relative_to(self.html)) for path in self.html.glob("book/*.html"))


def build(root: Path) -> subprocess.CompletedProcess[str]:
    """What `make book` does in a folder."""
    program = "from jupyter_book.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "build", ".", "-W", "--keep-going", "--all", "--quiet"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def site(once) -> Site:
    """The book as `make book` builds it, with a chapter more that holds all kinds of content."""

    def make(root: Path) -> None:
        shutil.copytree(
            ROOT / "book", root / "book", ignore=shutil.ignore_patterns("source", "__pycache__")
        )
        (root / "book" / "source").mkdir()
        shutil.copy(FIXTURE, root / "book" / "source")
        assert cli.main(["execute", "98", "--book", str(root / "book")]) == 0
        shutil.copy(ROOT / "_config.yml", root)
        contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
        marker = "    chapters:\n"
        assert marker in contents
        contents = contents.replace(marker, f"{marker}      - file: book/98_look\n", 1)
        (root / "_toc.yml").write_text(contents, encoding="utf-8")
        built = build(root)
        assert built.returncode == 0, built.stdout + built.stderr

    return Site(once("site", make))


@pytest.fixture(scope="session")
def build_in():
    """Build the pages in a folder; tests cannot import from this file."""
    return build


# Not for the session: playwright keeps an event loop running in this thread, and other tests need
# the thread without one.
@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, headless; it finds no host but this one."""
    if CHROMIUM is None:
        pytest.skip("the browser tests need Chromium (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """What a page has asked for and complained about."""

    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def watched(page) -> Watched:
    """What a page does from now on."""
    seen = Watched()
    local = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")

    def requested(request):
        if not request.url.startswith(local):
            seen.outside.append(request.url)

    def said(message):
        if message.type in ("error", "warning"):
            seen.errors.append(message.text)

    page.on("request", requested)
    page.on("requestfailed", lambda request: seen.failed.append(request.url))
    page.on("console", said)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    return seen


@pytest.fixture
def visit(browser, site):
    """Open a page of the built book from disk; returns the page and what it was seen doing."""
    contexts = []

    def open_page(name: str, *, width=1280, theme="light", base=None, **options):
        view = {"viewport": {"width": width, "height": 900}, "color_scheme": theme}
        context = browser.new_context(**view, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        seen = watched(page)
        page.goto(f"{base}/{name}" if base else (site.html / name).as_uri())
        return page, seen

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def look_at(browser, site):
    """Gather facts about a page with a script, in a view; returns them and what the page did."""
    contexts = {}

    def look(name: str, width: int, theme: str, script: str):
        if (width, theme) not in contexts:
            view = {"viewport": {"width": width, "height": 900}, "color_scheme": theme}
            contexts[width, theme] = browser.new_context(**view)
            contexts[width, theme].set_default_timeout(PATIENCE)
        page = contexts[width, theme].new_page()
        seen = watched(page)
        page.goto((site.html / name).as_uri())
        facts = page.evaluate(script)
        page.close()
        return facts, seen

    yield look
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="session")
def served(site):
    """The built pages on loopback: the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(site.html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
