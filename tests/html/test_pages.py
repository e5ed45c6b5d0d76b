"""The published pages in a browser, opened from disk with the network cut."""

import functools
import itertools
import re
import shutil
from pathlib import Path

import pytest

from book.tools import form
from book.tools.chapter import ROOT, chapters
from book.tools.opening import address as address_of

NAMES = sorted(path.stem for path in (ROOT / "book").glob("*.md"))
NAMES += sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
NAMES += ["98_look"]
PAGES = [f"book/{name}.html" for name in NAMES]
LOOK = "book/98_look.html"

every_page = pytest.mark.parametrize("name", PAGES)
every_declared = pytest.mark.parametrize(
    "name",
    [
        f"book/{chapter.name}.html"
        for chapter in chapters()
        if form.is_declared(chapter) and chapter.notebook.exists()
    ],
)


# What a reader could trip over, gathered in one visit; all that is folded is open.
FACTS = """async () => {
    if (document.querySelector('.math')) await MathJax.startup.promise;
    const all = selector => [...document.querySelectorAll(selector)];
    all('details').forEach(d => { d.open = true; });
    window.scrollTo(0, document.body.scrollHeight);
    const root = document.documentElement, width = root.clientWidth;
    const left = e => e.getBoundingClientRect().left;
    const scrolls = e => e && e !== document.body && (
        ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)
        || scrolls(e.parentElement));
    return {
        formulas: all('.math').length,
        typeset: all('mjx-container').length,
        wrong: all('mjx-merror').map(e => e.textContent),
        cut: all('div.math > :first-child')
            .filter(m => left(m) < left(m.parentElement) - 1).map(m => m.textContent.slice(0, 40)),
        page_overflow: root.scrollWidth - width,
        too_wide: all('.bd-article *')
            .filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e))
            .map(e => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`),
        alts: all('.bd-article img').map(i => i.getAttribute('alt')),
        nameless: [...document.images].filter(i => !i.hasAttribute('alt')).map(i => i.src),
        broken: all('.bd-article img').filter(i => !i.naturalWidth).map(i => i.outerHTML),
        links: [...document.querySelectorAll('a[href]')].map(a => a.href),
        stops: all('mjx-container[tabindex="0"], .cell_output button.copybtn').length,
        korean: all('.bd-article *')
            .filter(e => !e.closest('[lang="ko"], pre, code, .cell_output, script'))
            .flatMap(e => [...e.childNodes])
            .filter(n => n.nodeType === 3 && /\\p{Script=Hangul}/u.test(n.data))
            .map(n => n.data),
        marked: all('[lang="ko"]').length,
        scrolling: all('.bd-article :is(pre, .output, div.math, .tn-figure, table, .tn-frame)')
            .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.closest('details'))
            .map(e => `${e.tagName} ${e.textContent.slice(0, 60)}`),
        letters: all('.tn-figure img[data-text]').map(
            i => i.dataset.text * 96 / 72 * i.clientWidth / i.getAttribute('width')),
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
    for view in VIEWS:  # one that is wider than the page begins at its left
        assert facts(name, view)[0]["cut"] == []
    if name == LOOK:
        assert found["formulas"] == 7  # with those of a definition


@every_page
@every_view
def test_a_page_does_not_overflow(facts, name, view):
    found, _ = facts(name, view)
    assert found["too_wide"] == []
    assert found["page_overflow"] <= 0


@every_declared
def test_nothing_is_wider_than_the_column(facts, name):
    assert facts(name, "desktop, light")[0]["scrolling"] == []


@every_declared
def test_the_letters_of_figures_can_be_read_on_a_phone(facts, name):
    letters = facts(name, "phone, dark")[0]["letters"]
    assert min(letters, default=0) >= 10


def test_what_is_too_wide_or_too_small_would_be_seen(facts):
    assert any("import numpy" in text for text in facts(LOOK, "desktop, light")[0]["scrolling"])
    wide, _, narrow = facts(LOOK, "phone, dark")[0]["letters"]
    assert wide < 10 <= narrow


@every_page
def test_every_image_is_there_and_says_what_it_shows(facts, name):
    found, _ = facts(name, "phone, dark")
    assert all(alt and len(alt.split()) >= 4 for alt in found["alts"]), found["alts"]
    assert found["nameless"] == []
    assert found["broken"] == []


@every_page
def test_neither_formulas_nor_outputs_stop_the_tab_key(facts, name):
    assert facts(name, "desktop, light")[0]["stops"] == 0


@every_page
def test_korean_is_marked_as_korean(facts, name):
    found, _ = facts(name, "desktop, light")
    assert found["korean"] == []
    if name in (LOOK, "book/glossary.html"):
        assert found["marked"] >= 1


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


def test_a_link_to_the_published_address_leads_within_the_book(facts):
    links = {link.rpartition("/")[2] for link in facts(LOOK, "desktop, light")[0]["links"]}
    wanted = {"glossary.html#term-hidden-state", "01_tokenization.html#exercises", "index.html"}
    assert wanted | {"01_tokenization.html", "98_look.html#eq-98-1"} <= links


@every_page
def test_no_link_of_the_text_leaves_for_the_published_book(site, name):
    html = (site.html / name).read_text(encoding="utf-8")
    links = re.findall(r'<a\b[^>]*\bhref="([^"]+)"', html)
    assert [link for link in links if link.startswith(address_of("documentation"))] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2].isdigit()])
def test_buttons_lead_to_the_right_places(facts, site, name):
    links = facts(f"book/{name}.html", "desktop, light")[0]["links"]
    address = address_of("repository")
    repository = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{repository}/blob/main/book/{name}.ipynb"
    assert colab in links
    assert f"{address}/edit/main/book/source/{name}.md" in links
    assert any(link.startswith(f"{address}/issues/new?") for link in links)
    (download,) = {link for link in links if link.endswith(".ipynb") and link.startswith("file:")}
    stored = Path(download.removeprefix("file://"))
    assert stored.is_relative_to(site.html)
    assert stored.read_bytes() == (site.root / "book" / f"{name}.ipynb").read_bytes()


def test_pages_of_text_are_edited_where_they_are(facts):
    links = facts("book/notation.html", "desktop, light")[0]["links"]
    assert f"{address_of('repository')}/edit/main/book/notation.md" in links


# ---------------------------------------------------------------------------------------------
# What is shipped


def test_a_build_with_a_warning_fails(site, build_in, tmp_path):
    """What `make book` relies on."""
    for name in ("_config.yml", "book/_static", "book/tools"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (site.root / name).is_dir() else shutil.copy
        copy(site.root / name, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n", encoding="utf-8")
    page = tmp_path / "book" / "index.md"
    lost = address_of("documentation") + "/book/lost.html"
    page.write_text(f"# A page\n\n[nowhere](no_such_page.md) [lost]({lost})\n", encoding="utf-8")

    built = build_in(tmp_path)

    assert built.returncode != 0
    assert "no_such_page" in built.stdout + built.stderr
    assert f"no page of the book stands at {lost}" in built.stdout + built.stderr


def test_the_makefile_builds_with_warnings_as_errors():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(jupyter_book) build . -W --keep-going --all" in makefile
