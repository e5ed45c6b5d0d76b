"""What holds for a chapter of the second edition: a lesson, in three layers, of bearable length.

Each guard takes a notebook and returns a list of complaints. Those of the text look at the source
alone, so that they can be asked while one writes: `python -m book.tools form 07`.
"""

from __future__ import annotations

from pathlib import Path

from book.tools.chapter import BOOK, Chapter, chapters
from book.tools.form.language import terms_introduced
from book.tools.form.lesson import (
    WORDS,
    boxes_closed,
    checks_check,
    in_order,
    little_code,
    no_long_stretch,
    no_typed_sentence,
    nothing_asserted,
    one_layer,
    short_enough,
)
from book.tools.form.links import chapters_linked, equations_paired, links_lead_somewhere
from book.tools.form.outputs import figures_readable, narrow_output
from book.tools.terms import terms

EDITION = 2
WORDS_OF = {0: 2000, 7: 3500, 12: 3500, 13: 3500, 15: 3500}  # where not `WORDS`


def number(chapter: Chapter) -> int:
    """The chapter's number."""
    return int(chapter.name[:2])


OF_SOURCE = (
    little_code,
    no_long_stretch,
    one_layer,
    checks_check,
    nothing_asserted,
    no_typed_sentence,
    boxes_closed,
    in_order,
)
OF_OUTPUTS = (figures_readable, narrow_output)


def is_declared(chapter: Chapter) -> bool:
    """Whether a chapter says that it is of this form."""
    return chapter.source.exists() and chapter.read_source().metadata.get("edition") == EDITION


def problems(chapter: Chapter, book: Path = BOOK) -> list[str]:
    """Everything in a chapter that is not of the form."""
    text, own = chapter.read_source(), number(chapter)
    written = {number(each) for each in chapters(book=book)}
    found = [complaint for guard in OF_SOURCE for complaint in guard(text)]
    found += short_enough(text, WORDS_OF.get(own, WORDS))
    found += chapters_linked(text, own, written)
    found += links_lead_somewhere(text, chapter.source, book)
    found += equations_paired(text, own)
    found += terms_introduced(text, terms(book))
    if chapter.notebook.exists():
        nb = chapter.read_notebook()
        found += [complaint for guard in OF_OUTPUTS for complaint in guard(nb)]
        found += checks_check(nb)
    return list(dict.fromkeys(found))
