"""The published pages in a browser, opened from disk with the network cut."""

import functools
import hashlib
import itertools
import re
from pathlib import Path

import pytest

from book.tools.chapter import ROOT, repository_address

STATIC = ROOT / "book" / "_static"
NAMES = sorted(path.stem for path in (ROOT / "book").glob("*.md"))
NAMES += sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
NAMES += ["98_look"]
PAGES = [f"book/{name}.html" for name in NAMES]
LOOK = "book/98_look.html"

every_page = pytest.mark.parametrize("name", PAGES)


# What a reader could trip over, gathered in one visit; all that is folded is open.
FACTS = """async () => {
    if (document.querySelector('.math')) await MathJax.startup.promise;
    const all = selector => [...document.querySelectorAll(selector)];
    all('details').forEach(d => { d.open = true; });
    window.scrollTo(0, document.body.scrollHeight);
    const root = document.documentElement, width = root.clientWidth;
    const scrolls = e => e && e !== document.body && (
        ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)
        || scrolls(e.parentElement));
    return {
        formulas: all('.math').length,
        typeset: all('mjx-container').length,
        wrong: all('mjx-merror').map(e => e.textContent),
        page_overflow: root.scrollWidth - width,
        too_wide: all('.bd-article *')
            .filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e))
            .map(e => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`),
        alts: all('.bd-article img').map(i => i.getAttribute('alt')),
        nameless: [...document.images].filter(i => !i.hasAttribute('alt')).map(i => i.src),
        broken: all('.bd-article img').filter(i => !i.naturalWidth).map(i => i.outerHTML),
        levels: all('.bd-article :is(h1, h2, h3, h4, h5)').map(h => Number(h.tagName[1])),
    };
}"""
VIEWS = {"desktop, light": (1280, "light"), "phone, dark": (390, "dark")}


@pytest.fixture(scope="module")
def facts(look_at):
    """What `FACTS` gathers about a page in one of the views, and what the page was seen doing."""
    return functools.cache(lambda name, view: look_at(name, *VIEWS[view], FACTS))


every_view = pytest.mark.parametrize("view", VIEWS)


def test_every_page_of_the_book_is_built(site):
    assert set(PAGES) <= set(site.pages())
    assert "index.html" in {path.name for path in site.html.iterdir()}


@every_page
@every_view
def test_a_page_asks_nobody_and_complains_about_nothing(facts, name, view):
    _, seen = facts(name, view)
    assert seen.outside == []
    assert seen.failed == []
    assert seen.errors == []


def test_a_request_to_another_host_would_be_seen_and_not_get_through(visit):
    page, seen = visit(LOOK)
    reached = page.evaluate(
        "() => fetch('https://example.org/x.js', {mode: 'no-cors'}).then(() => true, () => false)"
    )
    assert reached is False
    assert seen.outside == ["https://example.org/x.js"]
    assert seen.failed == ["https://example.org/x.js"]
    assert seen.errors != []


@every_page
def test_formulas_are_typeset_and_none_is_wrong(facts, name):
    found, _ = facts(name, "desktop, light")
    assert found["typeset"] == found["formulas"]
    assert found["wrong"] == []
    if name == LOOK:
        assert found["formulas"] == 4


@every_page
@every_view
def test_a_page_does_not_overflow(facts, name, view):
    found, _ = facts(name, view)
    assert found["too_wide"] == []
    assert found["page_overflow"] <= 0


@every_page
def test_every_image_is_there_and_says_what_it_shows(facts, name):
    found, _ = facts(name, "phone, dark")
    assert all(alt and len(alt.split()) >= 4 for alt in found["alts"]), found["alts"]
    assert found["nameless"] == []
    assert found["broken"] == []


@every_page
def test_headings_do_not_skip_a_level(facts, name):
    levels = facts(name, "desktop, light")[0]["levels"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@every_page
def test_every_link_within_the_book_leads_somewhere(site, name):
    html = (site.html / name).read_text(encoding="utf-8")
    for address in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', html):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, fragment = address.partition("#")
        target = (site.html / name).parent / path if path else site.html / name
        assert target.is_file(), address
        if fragment and target.suffix == ".html":
            assert f'id="{fragment}"' in target.read_text(encoding="utf-8"), address


# ---------------------------------------------------------------------------------------------
# Sliders


def slider(page, position):
    figure = page.locator("figure.tn-slider").nth(position)
    figure.scroll_into_view_if_needed()
    return figure, figure.locator("input[type=range]")


def test_a_slider_follows_the_keyboard(visit):
    page, _ = visit(LOOK)
    figure, control = slider(page, 0)
    picture = figure.locator("img")
    first = picture.get_attribute("src")
    assert figure.locator("output").inner_text() == "0"
    control.focus()
    page.keyboard.press("ArrowRight")
    assert figure.locator("output").inner_text() == "1"
    assert picture.get_attribute("src") != first
    assert picture.get_attribute("alt") == "A line that has reached step 1."
    page.keyboard.press("End")
    assert figure.locator("output").inner_text() == "4"
    assert control.get_attribute("aria-valuetext") == "4"
    page.keyboard.press("Home")
    assert picture.get_attribute("src") == first


def test_a_slider_follows_the_mouse(visit):
    page, _ = visit(LOOK)
    figure, control = slider(page, 0)
    box = control.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    assert figure.locator("output").inner_text() == "4"
    figure.locator("button").first.click()
    assert figure.locator("output").inner_text() == "3"
    assert figure.locator("img").get_attribute("alt") == "A line that has reached step 3."


def test_a_slider_follows_a_finger_on_a_phone(visit):
    page, _ = visit(LOOK, width=390, has_touch=True)
    figure, control = slider(page, 0)
    box = control.bounding_box()
    assert box["height"] >= 40
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert figure.locator("output").inner_text() == "2"


def test_frames_of_text_change_too(visit):
    page, _ = visit(LOOK)
    figure, control = slider(page, 1)
    assert figure.locator(".tn-frame span").all_inner_texts() == ["low", "est"]
    control.focus()
    page.keyboard.press("ArrowRight")
    assert figure.locator("output").inner_text() == "characters"
    assert figure.locator(".tn-frame span").all_inner_texts() == list("lowest")


@pytest.mark.parametrize(
    "name", [f"book/{path.stem}.html" for path in (ROOT / "book").glob("*.ipynb")]
)
def test_every_slider_of_a_chapter_moves(visit, name):
    page, seen = visit(name)
    count = page.locator("figure.tn-slider").count()
    assert count >= 1
    for position in range(count):
        figure, control = slider(page, position)
        start = figure.locator("output").inner_text()
        shown = "f => (f.querySelector('img') || f.querySelector('.tn-frame')).outerHTML"
        before = figure.evaluate(shown)
        control.focus()
        page.keyboard.press("End")
        if figure.locator("output").inner_text() == start:
            page.keyboard.press("Home")
        assert figure.locator("output").inner_text() != start
        assert figure.evaluate(shown) != before
    assert seen.errors == []


def test_without_scripts_the_first_frame_is_shown_and_no_dead_control(visit):
    page, _ = visit(LOOK, java_script_enabled=False)
    figure = page.locator("figure.tn-slider").first
    assert figure.locator("img").is_visible()
    assert figure.locator("img").get_attribute("alt") == "A line that has reached step 0."
    assert not figure.locator("input[type=range]").is_visible()
    assert page.get_by_text("The sentence before a formula").is_visible()


# ---------------------------------------------------------------------------------------------
# Themes, buttons, search, folded solutions


def luminance(color: str) -> float:
    """Relative luminance of a CSS color, 0 to 1."""
    channels = [float(value) / 255 for value in re.findall(r"[\d.]+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLORS = """selector => {
    const e = document.querySelector(selector);
    let under = e;
    while (under && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(under).backgroundColor))
        under = under.parentElement;
    return [getComputedStyle(e).color, getComputedStyle(under || document.body).backgroundColor];
}"""


READABLE = (
    ".bd-article p",
    ".bd-article h1",
    ".bd-article summary",
    ".bd-article figcaption",
    ".bd-article th",
    ".bd-article td code",
    ".cell_input pre",
    ".cell_output pre",
    ".cell_output .tn-controls div",
    ".cell_output .tn-frame span",
    ".bd-sidebar-primary a.reference",
    ".bd-footer-content p",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, theme):
    page, _ = visit(LOOK, theme=theme)
    found = {}
    for selector in READABLE:
        text, ground = page.evaluate(COLORS, selector)
        if selector.endswith("span"):  # lies on a tint of the ground of the page
            ground = page.evaluate(COLORS, ".bd-article p")[1]
        found[selector] = round(contrast(text, ground), 1)
    assert min(found.values()) >= 4.5, found


def test_the_theme_can_be_switched_and_stays(visit):
    page, seen = visit(LOOK)
    theme = "() => document.documentElement.dataset.theme"
    for _ in range(3):
        page.locator("button.theme-switch-button").first.click()
        if page.evaluate(theme) == "dark":
            break
    assert page.evaluate(theme) == "dark"
    page.reload()
    assert page.evaluate(theme) == "dark"
    assert seen.errors == []


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_the_ground_of_a_figure_follows_the_theme(visit, theme, dark, tmp_path):
    """A bright plate on a dark page would dazzle."""
    from PIL import Image

    page, _ = visit(LOOK, theme=theme)
    shot = tmp_path / "figure.png"
    page.locator("figure.tn-figure img").first.screenshot(path=shot)
    with Image.open(shot) as image:
        corner = image.convert("L").getpixel((3, 3))
    assert (corner < 60) is dark
    assert (corner > 200) is not dark


def test_code_has_copy_buttons_that_copy_the_code_alone(visit, served):
    page, _ = visit(LOOK, base=served, permissions=["clipboard-read", "clipboard-write"])
    button = page.locator(".cell_input button.copybtn").first
    button.hover()
    button.click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("import numpy as np\n\nfrom textbook_nlp import show\n")
    assert ">>>" not in copied


def test_the_cell_that_is_for_colab_is_not_on_the_page(visit):
    page, _ = visit(LOOK)
    assert page.get_by_text("google.colab").count() == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2].isdigit()])
def test_buttons_lead_to_the_right_places(visit, site, name):
    page, _ = visit(f"book/{name}.html")
    address = repository_address()
    repository = address.removeprefix("https://github.com/")
    links = page.evaluate("() => [...document.querySelectorAll('a[href]')].map(a => a.href)")
    assert (
        f"https://colab.research.google.com/github/{repository}/blob/main/book/{name}.ipynb"
        in links
    )
    assert f"{address}/edit/main/book/source/{name}.md" in links
    assert any(link.startswith(f"{address}/issues/new?") for link in links)
    (download,) = {link for link in links if link.endswith(".ipynb") and link.startswith("file:")}
    served = Path(download.removeprefix("file://"))
    assert served.is_relative_to(site.html)
    assert served.read_bytes() == (site.html.parents[1] / "book" / f"{name}.ipynb").read_bytes()


def test_pages_of_text_are_edited_where_they_are(visit):
    page, _ = visit("book/notation.html")
    links = page.evaluate("() => [...document.querySelectorAll('a[href]')].map(a => a.href)")
    assert f"{repository_address()}/edit/main/book/notation.md" in links


@pytest.mark.parametrize(
    ("query", "found"),
    [("perplexity", "Notation"), ("기울기", "Glossary"), ("folded nowhere xyzzy", None)],
)
def test_search_finds_words_in_both_languages(visit, served, query, found):
    page, seen = visit(f"search.html?q={query}", base=served)
    page.wait_for_function(
        "() => /found|did not match|Search finished/i"
        ".test(document.querySelector('.search-summary, #search-results').innerText)"
    )
    results = page.locator("#search-results li a").all_inner_texts()
    assert any(found in result for result in results) if found else results == []
    assert seen.errors == []
    assert seen.outside == []


def test_the_search_field_leads_to_the_results(visit, served):
    page, _ = visit("book/index.html", base=served)
    page.keyboard.press("Control+k")
    page.keyboard.type("perplexity")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=perplexity")
    assert page.locator("#search-results").count() == 1


def test_a_solution_is_folded_and_opens_with_the_keyboard(visit):
    page, _ = visit(LOOK)
    solution = page.locator("details", has_text="Solution")
    inside = solution.get_by_text("The answer is in")
    assert not inside.is_visible()
    solution.locator("summary").focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()
    assert solution.locator("div.highlight").is_visible()


# ---------------------------------------------------------------------------------------------
# What is shipped


@pytest.mark.parametrize("folder", ["mathjax", "fonts"])
def test_vendored_files_are_the_listed_ones(folder):
    base = STATIC / "vendor" / folder
    listed = {}
    for line in (base / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        listed[name.removeprefix("./")] = digest
    present = {
        str(path.relative_to(base)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in base.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "README.md")
    }
    assert present == listed
    assert any(name.startswith("LICENSE") for name in listed)


def test_a_build_with_a_warning_fails(site, tmp_path):
    """What `make book` relies on."""
    import shutil
    import subprocess
    import sys

    root = shutil.copytree(site.html.parents[1], tmp_path / "site", ignore=lambda *_: ["_build"])
    page = root / "book" / "notation.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text + "\n[nowhere](no_such_page.md)\n", encoding="utf-8")
    program = "from jupyter_book.cli.main import main; main()"
    built = subprocess.run(
        [sys.executable, "-c", program, "build", ".", "-W", "--keep-going", "--all", "--quiet"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode != 0
    assert "no_such_page" in built.stdout + built.stderr


def test_the_makefile_builds_with_warnings_as_errors():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(jupyter_book) build . -W --keep-going --all" in makefile
