"""The form of the second edition: declared, it is kept; and each guard is seen failing."""

import nbformat
import pytest

from book.tools import cli, form, prose, terms
from book.tools.chapter import chapters
from book.tools.form import language, lesson, links, outputs

DECLARED = [chapter for chapter in chapters() if form.is_declared(chapter)]
SITE = "https://textbook-nlp.github.io/textbook-nlp"


@pytest.mark.parametrize("chapter", DECLARED, ids=lambda chapter: chapter.name)
def test_a_chapter_that_declares_the_form_has_it(chapter):
    assert form.problems(chapter) == []


def nb(*cells):
    """A notebook: text is Markdown; (code, tags...) a code cell."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
        else:
            code, *tags = (cell, ()) if isinstance(cell, str) else cell
            made.append(nbformat.v4.new_code_cell(code, metadata={"tags": tags}))
    return nbformat.v4.new_notebook(cells=made)


def shown(html=None, text="", tags=()):
    """A notebook with one cell that has shown something."""
    book = nb(("show()", *tags))
    data = {"text/plain": text} | ({"text/html": html} if html else {})
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    return book


# ---------------------------------------------------------------------------------------------
# What counts as prose


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Two words.", 2),
        ("## A heading\n\n- one\n- two *three*", 5),
        ("See [chapter 7](https://example.org/a_b(c)) and `x = 1 + 2` here", 6),
        ("With $x_t W_x + b$ in it, and\n\n$$a + b\n= c$$\n\nafter", 6),
        ("Code:\n\n```python\nfor x in y:\n    pass\n```\n\nend", 2),
        ("| a | b |\n|---|---|\n| c | d |\n\nAfter the table", 3),
        (
            "Seen.\n\n<details><summary>Further: x</summary>\n\nNot.\n\n</details>\n\nAgain",
            2,
        ),
        ("A <span lang='ko'>조사</span> <!-- not this --> counts \u2013 yes", 4),
    ],
)
def test_words_are_counted_as_a_reader_meets_them(text, count):
    assert prose.words(text) == count


def test_the_lesson_ends_where_the_exercises_begin():
    book = nb("## Summary\n\nShort.\n\n## Exercises\n\nLong", ("x = 1",))
    assert [cell.source for cell in prose.lesson(book)] == ["## Summary\n\nShort.\n\n"]
    assert len(book.cells[0].source) > 30


# ---------------------------------------------------------------------------------------------
# Length, layers, order


LONG_CELL = "\n".join(f"x{i} = {i}" for i in range(17))
NINE = "\n".join(f"x{i} = {i}" for i in range(9))
WORDS = "word " * 130


@pytest.mark.parametrize(
    ("guard", "good", "bad"),
    [
        (lesson.short_enough, ["word " * 3000], ["word " * 1600, "word " * 1401]),
        (lesson.short_enough, ["word " * 2000 + "\n\n## Exercises\n\n" + "word " * 2000], None),
        (lesson.little_code, [(LONG_CELL, "hide-input"), ("x = 1",)], [(LONG_CELL,)]),
        (lesson.little_code, [(NINE,), ("x = 1",), ("x = 2",)], [(NINE,)]),
        (lesson.little_code, [("x = 1\n" * 8,)] * 31, [("x = 1\n" * 8,)] * 32),
        (lesson.no_long_stretch, [WORDS, ("x = 1",), WORDS], [WORDS, ("x = 1", "check"), WORDS]),
        (lesson.no_long_stretch, [f"{WORDS}\n\n## Next\n\n{WORDS}"], [WORDS, WORDS]),
        (lesson.no_long_stretch, [WORDS, ("show()", "hide-input"), WORDS], None),
        (lesson.one_layer, [("assert 1", "check")], [("assert 1", "check", "further")]),
        (lesson.one_layer, [("# Why?\nx = 1", "further")], [("x = 1", "further")]),
        (lesson.checks_check, [("np.testing.assert_allclose(1, 1)", "check")], [("x", "check")]),
        (lesson.checks_check, [("assert x", "check")], [("assert x\nprint(x)", "check")]),
        (
            lesson.checks_check,
            ["## A", ("assert x", "check"), "## B", ("assert x", "check")],
            ["## A", ("assert x", "check"), "More.", ("assert y", "check")],
        ),
        (lesson.nothing_asserted, [("assert x", "check")], [("assert x",)]),
        (lesson.nothing_asserted, [("assert x", "further")], [("def f():\n    assert x",)]),
        (lesson.nothing_asserted, [("x.tested(1)",)], [("np.testing.assert_equal(1, 1)",)]),
        (lesson.nothing_asserted, [("x = 1",)], [("torch.testing.assert_close(a, b)",)]),
        (lesson.nothing_asserted, [("x = 1",)], [("from numpy.testing import assert_equal",)]),
        (lesson.no_typed_sentence, [("print('sum', x)",)], [("print('the sum is ten')",)]),
        (
            lesson.no_typed_sentence,
            [("print('a b c')",)],
            [("print('it is', 'as expected here')",)],
        ),
        (lesson.no_typed_sentence, [("print(f'it is as {x}')",)], [("'it is as expected'",)]),
        (lesson.no_typed_sentence, [("assert x", "check")], [("print('a b ' + 'c d')",)]),
        (
            lesson.no_typed_sentence,
            [("print(a if b else c)",)],
            [("print('a b c d' if x else '')",)],
        ),
        (
            lesson.boxes_closed,
            ["<details><summary>Further: Why?</summary>\n\nSo.\n\n</details>"],
            ["<details><summary>Further: Why?</summary>\n\nSo.", "</details>"],
        ),
        (
            lesson.boxes_closed,
            ["<details><summary>Solution</summary>\n\nSo.\n\n</details>"],
            ["<details><summary>More</summary>\n\nSo.\n\n</details>"],
        ),
        (
            lesson.boxes_closed,
            ["```html\n<details>\n```"],
            ["<details><summary>Further: Why $x$?</summary>\n\nSo.\n\n</details>"],
        ),
        (
            lesson.boxes_closed,
            ["No box."],
            ["<details><summary>Further: Why?</summary>\nSo.\n\n</details>"],
        ),
        (
            lesson.in_order,
            ["## Look at it\n\n## What breaks: time"],
            ["## What breaks: time\n\n## Look at it"],
        ),
        (lesson.in_order, ["## What breaks"], None),
    ],
)
def test_a_guard_passes_what_is_of_the_form_and_no_other(guard, good, bad):
    assert guard(nb(*good)) == []
    if bad is not None:
        assert len(guard(nb(*bad))) >= 1


def test_a_check_that_has_printed_is_refused():
    book = shown(text="10", tags=["check"])
    book.cells[0].source = "assert 10"
    assert lesson.checks_check(book) != []


def test_lines_for_the_shell_are_no_syntax_error():
    assert lesson.no_typed_sentence(nb(("%time x = 1\n!pip list\nprint('a b c d')",))) != []


# ---------------------------------------------------------------------------------------------
# Links and numbered formulas


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"see [chapter 3]({SITE}/book/03_x.html) and chapter 8", 0),
        ("this is chapter 7", 0),
        ("see chapter 3", 1),
        ("see chapters 1, 3 and 8", 2),
        ("Chapters 1 to 3", 2),
        (f"[chapter 1]({SITE}/book/01_x.html) and chapter\n3", 1),
        ("`chapter 3`", 0),
    ],
)
def test_chapters_that_are_written_are_linked(text, count):
    assert len(links.chapters_linked(nb(text), 7, {1, 3, 7})) == count


@pytest.fixture
def small_book(tmp_path):
    (tmp_path / "source").mkdir()
    glossary = (
        "# Glossary\n\n```{glossary}\nhidden state\n은닉 상태\n  The numbers carried along.\n```\n"
    )
    (tmp_path / "glossary.md").write_text(glossary, encoding="utf-8")
    (tmp_path / "index.md").write_text("# Front\n\n## A map, and more\n", encoding="utf-8")
    own = '# 7. Here\n\n## By *hand*\n\n<a id="eq-7-1"></a>\n\n```\n# no heading\n```\n'
    (tmp_path / "source" / "07_here.md").write_text(own, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("link", "good"),
    [
        (f"{SITE}/book/07_here.html", True),
        (f"{SITE}/book/07_here.html#by-hand", True),
        (f"{SITE}/book/07_here.html#no-heading", False),
        (f"{SITE}/book/08_there.html", False),
        (f"{SITE}/book/glossary.html#term-hidden-state", True),
        (f"{SITE}/book/glossary.html#term-state", False),
        (f"{SITE}/book/index.html#a-map-and-more", True),
        (SITE, True),
        (f"{SITE}/", True),
        ("#eq-7-1", True),
        ("#eq-7-2", False),
        ("https://example.org/nowhere", True),
        ("07_here.ipynb", False),
        ("../book/glossary.md", False),
    ],
)
def test_links_lead_somewhere(small_book, link, good):
    own = small_book / "source" / "07_here.md"
    found = links.links_lead_somewhere(nb(f"A [link]({link})."), own, small_book)
    assert len(found) == (0 if good else 1)


EQUATION = '<a id="eq-7-1"></a>\n\n$$x = y \\tag{7.1}$$\n\nBy [(7.1)](#eq-7-1), so.'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<a id="eq-7-1"></a>', ""),
        ("tag{7.1}", "tag{7.2}"),
        ("tag{7.1}", "tag{8.1}"),
        ("[(7.1)](#eq-7-1)", "the formula"),
        ("\\tag{7.1}", ""),
        ("$$\n\nBy", "$$\n\n$$z \\tag{7.1}$$\n\nBy"),
        ("$$x", "$$a$$\n\n$$x"),
    ],
)
def test_numbered_formulas_have_an_anchor_and_are_referred_to(old, new):
    assert links.equations_paired(nb(EQUATION), 7) == []
    assert old in EQUATION
    assert links.equations_paired(nb(EQUATION.replace(old, new, 1)), 7) != []


# ---------------------------------------------------------------------------------------------
# Terms


TERMS = [
    terms.Term("backpropagation", "역전파", "The chain rule, backward."),
    terms.Term("backpropagation through time", "시간", "That, unrolled; BPTT for short."),
    terms.Term("time step", "시간 단계", "One position."),
    terms.Term("sparse matrix", "희소 행렬", "Few entries."),
    terms.Term("attention", "어텐션", "A weighted average."),
]


@pytest.mark.parametrize(
    ("text", "unexplained"),
    [
        ("A *time step* is one. Each time step counts.", []),
        ("Each time step counts. A *time step* is one.", ["time step"]),
        (f"Each [time step]({SITE}) counts.", []),
        ("**Time-steps** count.", ["time step"]),
        ("*Backpropagation through time* is backpropagation.", ["backpropagation"]),
        ("BPTT goes back.", ["backpropagation through time"]),
        ("BPTT, *backpropagation through time*, goes back.", []),
        ("Pay attention.", []),
        ("Two sparse matrices.", ["sparse matrix"]),
        ("`time step` and $time step$ and\n\n```\ntime step\n```", []),
        ("<details><summary>Further: x</summary>\n\ntime step\n\n</details>", []),
        ("## The time step\n\nA *time step*.", []),
        ("## After this chapter you can\n\n- say what a time step is;\n- go on.\n\nIt ends.", []),
        ("## After this chapter you can\n\n- go on.\n\nA time step.", ["time step"]),
        (f"[See]({SITE}/time-step) it.", []),
        ("## Exercises\n\nA time step.", []),
    ],
)
def test_a_term_is_introduced_where_it_first_stands(text, unexplained):
    found = language.terms_introduced(nb(text), TERMS)
    assert [complaint.split("'")[1] for complaint in found] == unexplained


def test_the_glossary_is_read_whole():
    found = terms.terms()
    page = (form.BOOK / "glossary.md").read_text(encoding="utf-8")
    assert len(found) == page.count("\n  ") > 100
    assert not any(term.korean.isascii() for term in found)
    by_name = {term.english: term for term in found}
    assert by_name["Zipf's law"].anchor == "term-Zipf-s-law"
    tfidf = by_name["term frequency\u2013inverse document frequency"]
    assert tfidf.anchor == "term-term-frequencyinverse-document-frequency"


# ---------------------------------------------------------------------------------------------
# Outputs

FIGURE = (
    '<figure class="tn-figure"><img src="data:," alt="A line." width="461" height="200" '
    'data-text="11"><figcaption>It rises.</figcaption></figure>'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<figcaption>It rises.</figcaption>", ""),
        ('width="461"', 'width="462"'),
        ('data-text="11"', 'data-text="9"'),
        (' data-text="11"', ""),
    ],
)
def test_figures_have_captions_and_letters_for_a_phone(old, new):
    assert outputs.figures_readable(shown(FIGURE)) == []
    assert old in FIGURE
    assert outputs.figures_readable(shown(FIGURE.replace(old, new))) != []


def test_output_fits_the_page():
    assert outputs.narrow_output(shown(text="x" * 80 + "\n" + "y" * 80)) == []
    assert outputs.narrow_output(shown(text="x" * 81)) != []
    assert outputs.narrow_output(shown(FIGURE, text="x" * 200)) == []
    assert outputs.narrow_output(shown('<table class="tn-table">', text="x" * 81)) != []
    book = nb(("print(1)",))
    book.cells[0].outputs = [nbformat.v4.new_output("stream", text="x" * 81)]
    assert outputs.narrow_output(book) != []


# ---------------------------------------------------------------------------------------------
# From the command line


def test_a_chapter_is_held_to_the_form_once_it_declares_it(book, chapter, capsys, monkeypatch):
    (book / "glossary.md").write_text("# Glossary\n\n```{glossary}\n```\n", encoding="utf-8")
    assert not form.is_declared(chapter)
    assert cli.main(["form", "--book", str(book)]) == 0
    assert "all in form" in capsys.readouterr().out
    assert cli.main(["form", "90", "--book", str(book)]) == 1
    assert "asserts; put that into a cell with the tag `check`" in capsys.readouterr().out
    text = chapter.source.read_text(encoding="utf-8")
    chapter.source.write_text(text.replace("---\n", "---\nedition: 2\n", 1), encoding="utf-8")
    assert form.is_declared(chapter)
    assert cli.main(["form", "--book", str(book)]) == 1
