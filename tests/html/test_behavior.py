"""What moves, folds, switches and searches on the published pages, tried in a browser."""

import re

import pytest

from book.tools.chapter import chapters

LOOK = "book/98_look.html"
CHAPTERS = [f"book/{chapter.name}.html" for chapter in chapters() if chapter.notebook.exists()]


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


@pytest.mark.parametrize("name", CHAPTERS)
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


def test_a_slider_that_is_still_coming_in_is_started_when_it_is_whole(visit, site):
    page, seen = visit(LOOK)
    text = (site.html / LOOK).read_text(encoding="utf-8")
    first, second = re.findall(r'<figure class="tn-figure tn-slider".*?</script>', text, re.S)[:2]
    cut = second.index("</button>")
    page.evaluate(
        """([first, begun, rest]) => new Promise(done => {
            document.open();
            document.write(first + begun);
            // Set after the first figure's own, so that it comes after it.
            setTimeout(() => { document.write(rest); document.close(); done(); }, 400);
        })""",
        [first, second[:cut], second[cut:]],
    )
    for position in (0, 1):
        figure, control = slider(page, position)
        start = figure.locator("output").inner_text()
        control.focus()
        page.keyboard.press("ArrowRight")
        assert figure.locator("output").inner_text() != start
    assert seen.errors == []


# ---------------------------------------------------------------------------------------------
# The guessing game


def test_a_game_is_played_by_mouse_and_keyboard_and_counts_what_the_bets_cost(visit):
    page, seen = visit(LOOK)
    game = page.locator("figure.tn-game")
    button = lambda name: game.get_by_role("button", name=name, exact=True)  # noqa: E731
    rows = game.locator("tr")
    assert game.locator(".tn-gap").inner_text() == "The fox asked for a book about ____"
    assert button("sure").is_disabled()
    assert button("no idea").is_enabled()
    button("hens").click()
    assert button("hens").get_attribute("aria-pressed") == "true"
    button("fairly sure").click()
    assert game.locator(".tn-gap").inner_text() == "The fox asked for a book about hens."
    assert rows.nth(1).locator("th,td").all_inner_texts() == ["you", "0.55", "1.82"]
    assert rows.nth(2).locator("th,td").all_inner_texts() == ["pairs", "0.50", "2.00"]
    assert button("\u2713 hens").is_disabled()
    page.keyboard.press("Enter")  # the focus is on "next word"
    assert game.locator(".tn-count").inner_text() == "2 of 2"
    button("no idea").click()
    p = (0.55 * 0.5) ** -0.5
    assert rows.nth(1).locator("th,td").all_inner_texts() == ["you", "0.50", f"{p:.2f}"]
    assert rows.nth(2).locator("th,td").all_inner_texts() == ["pairs", "0.25", "2.83"]
    button("play again").click()
    button("snow").click()
    button("sure").click()
    assert rows.nth(1).locator("th,td").all_inner_texts() == ["you", "0.05", "20.00"]
    assert seen.errors == []


def test_a_game_follows_a_finger_on_a_phone(visit):
    page, _ = visit(LOOK, width=390, has_touch=True)
    game = page.locator("figure.tn-game")
    assert all(b.bounding_box()["height"] >= 40 for b in game.locator("button:visible").all())
    game.get_by_role("button", name="the moon").tap()
    game.get_by_role("button", name="sure", exact=True).tap()
    assert "\u201chens\u201d" in game.locator(".tn-told p").inner_text()
    box = game.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_without_scripts_the_first_gap_is_shown_and_no_dead_bet(visit):
    page, _ = visit(LOOK, java_script_enabled=False)
    game = page.locator("figure.tn-game")
    assert game.locator(".tn-gap").is_visible()
    assert game.get_by_text("hens", exact=True).is_visible()
    assert not game.get_by_text("no idea").is_visible()


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
    ".cell_output .tn-game button",
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


def test_every_button_of_the_header_shows_that_it_has_the_focus(visit):
    page, _ = visit(LOOK)
    page.keyboard.press("Tab")  # from now on the focus is shown, as for those who use the keyboard
    rings = page.evaluate(
        """() => [...document.querySelectorAll('.bd-header-article button')].map(e => {
            e.focus();
            const style = getComputedStyle(e);
            return e.matches(':focus') ? `${style.outlineStyle} ${style.outlineWidth}` : null;
        })"""
    )
    assert len(set(rings) - {None}) == 1
    assert "solid 3px" in rings


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
    results = page.locator("#search-results li a")
    if found:  # results are added one by one
        results.filter(has_text=found).first.wait_for()
    else:
        assert results.count() == 0
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


FOLDS = {
    "✓ checked: the row has twenty numbers": "assert a_name",
    "Further: Why twenty?": "as many as do not fit",
    "Code of the figure: From 0 to 1": "show.axes",
}


def test_a_folded_cell_says_what_it_folds_and_opens_with_the_keyboard(visit):
    page, _ = visit(LOOK)
    folds = page.locator("div.cell details")
    assert folds.count() == len(FOLDS)
    for position, (words, inside) in enumerate(FOLDS.items()):
        fold = folds.nth(position)
        summary = fold.locator("summary")
        # Its name is what it shows: no label hides the words from those who hear the page.
        assert summary.get_attribute("aria-label") is None
        assert summary.inner_text().strip() == words
        hidden = fold.get_by_text(inside).first
        assert not hidden.is_visible()
        summary.focus()
        page.keyboard.press("Enter")
        assert hidden.is_visible()
        assert summary.inner_text().strip() == words
    figure = page.get_by_alt_text("A straight line from zero up to one.")
    assert figure.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_to_the_glossary_shows_the_definition(visit, width):
    page, seen = visit(LOOK, width=width)
    link = page.locator('.bd-article a[href$="glossary.html#term-hidden-state"]')
    tip = page.locator(f"#{link.get_attribute('aria-describedby')}")
    assert tip.get_attribute("role") == "tooltip"
    assert "carries from one step to the next" in tip.text_content()
    assert not tip.is_visible()

    link.focus()  # with the keyboard
    assert tip.is_visible()
    assert tip.locator("mjx-container").count() == 2
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    assert not tip.is_visible()

    link.hover()
    assert tip.is_visible()
    tip.hover()  # it stays while one reads it
    page.wait_for_timeout(400)
    assert tip.is_visible()
    page.mouse.move(1, 1)
    tip.wait_for(state="hidden")
    assert seen.errors == []


def test_the_glossary_has_letters_to_jump_to(visit):
    page, _ = visit("book/glossary.html")
    letters = page.locator(".tn-letters a")
    assert letters.first.inner_text() == "A"
    letters.get_by_text("W", exact=True).click()
    term = page.evaluate("() => document.querySelector(location.hash).textContent")
    assert term.lower().startswith("w")


def test_paper_is_white_and_shows_what_is_folded(visit):
    page, seen = visit(LOOK, theme="dark")
    state = """() => [document.documentElement.dataset.theme,
        document.querySelectorAll('details:not([open], .tag_check *)').length]"""
    dark, folded = page.evaluate(state)
    assert (dark, folded > 3) == ("dark", True)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(state) == ["light", 0]
    assert page.locator("div.cell.tag_check details[open]").count() == 0
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(state) == ["dark", folded]
    assert seen.errors == []


def test_what_was_searched_for_is_marked_and_in_sight(visit, served):
    page, _ = visit("search.html?q=vanishing", base=served)
    page.locator("#search-results li a", has_text="Glossary").first.click()
    mark = page.locator(".bd-article .highlighted").first
    mark.wait_for()
    page.wait_for_function(
        "() => document.querySelector('.highlighted').getBoundingClientRect().top < innerHeight"
    )
    assert mark.inner_text().lower() == "vanishing"


def test_exercises_say_where_they_run_and_not_that_nobody_tried(visit):
    page, _ = visit(CHAPTERS[-1])
    link = page.get_by_text("Open this chapter on Colab")
    assert CHAPTERS[-1].removesuffix(".html") in link.get_attribute("href")
    starters = page.locator("div.cell.tag_exercise")
    assert starters.count() >= 4
    assert not starters.locator(".cell_output:visible").count()
