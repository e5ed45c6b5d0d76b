"""The generated parts of the book's pages: the map of chapters, the Scoreboard, the data.

A page says where a part goes with two comment lines, which readers do not see:

    % begin map (written by `make pages`)
    % end map

Nothing between them is typed by hand: the numbers come from the ledger and the registries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from notebooks import BOOK, stated_seconds, write_atomic

if TYPE_CHECKING:
    from textbook_nlp.lab.runs.ledger import Goal, Record, Summary

MARKED = re.compile(r"^% begin (\w+)[^\n]*\n(.*?)^% end \1$", re.M | re.S)


@dataclass(frozen=True)
class Planned:
    """A chapter of the curriculum: what it is about and what to know before it."""

    number: int
    title: str
    about: str
    needs: str


CURRICULUM: dict[str, tuple[Planned, ...]] = {
    "Part I. Text becomes numbers": (
        Planned(1, "Tokenization", "cut text into words, characters and byte pairs", "Python"),
        Planned(2, "One-hot and hashing", "count words; a first classifier", "01"),
        Planned(
            3,
            "Counting meaning",
            "a word is known by its neighbors: PMI, SVD",
            "01, matrix factorization",
        ),
        Planned(4, "Predicting meaning: word2vec", "vectors learned by predicting neighbors", "03"),
        Planned(5, "Embeddings at work", "learned and pre-trained vectors in a classifier", "04"),
    ),
    "Part II. Recurrence": (
        Planned(6, "Language models", "the probability of the next word; perplexity", "01"),
        Planned(
            7,
            "Recurrent networks and BPTT",
            "a state that remembers, and its gradient by hand",
            "the chain rule; 01 and 06 help",
        ),
        Planned(8, "LSTM and GRU", "gates that let a gradient live", "07"),
        Planned(9, "Deeper and both ways", "layers, directions, dropout, tying", "08"),
        Planned(10, "Generating text", "temperature, top-k, nucleus, beam", "06, 08"),
        Planned(11, "Sequences that are not text", "forecast a temperature", "08"),
    ),
    "Part III. From sequence to sequence": (
        Planned(12, "Encoder and decoder", "addition as text; reversal and peeky", "08"),
        Planned(13, "Attention", "look back instead of remembering", "12"),
        Planned(14, "Asking questions", "mark an answer, ask about it", "13"),
        Planned(15, "The Transformer", "attention alone, layer by layer", "13"),
        Planned(16, "Memory outside the network", "the Neural Turing Machine", "08, 13"),
        Planned(17, "Captions", "an image in front of the same decoder", "12"),
    ),
    "Part IV. Convolution over time": (
        Planned(18, "1D convnets", "patches of a sequence; receptive fields", "05"),
        Planned(
            19, "Convolution, then recurrence", "short and ordered; choosing a model", "08, 18"
        ),
    ),
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def number(value: float, digits: int = 4) -> str:
    """A number to so many significant digits, thousands separated."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


# ---------------------------------------------------------------------------------------------
# The map of the chapters, on the front page


def chapter_map(book: Path) -> str:
    """The chapters by part: linked where they exist, named where they do not."""
    written = {int(path.stem[:2]): path for path in sorted(book.glob("[0-9][0-9]_*.ipynb"))}
    parts = []
    for part, planned in CURRICULUM.items():
        rows = []
        for chapter in planned:
            title, time = chapter.title, "–"
            if path := written.get(chapter.number):
                title = f"**[{chapter.title}]({path.name})**"
                seconds = stated_seconds(nbformat.read(path, as_version=4))
                time = f"{seconds} s" if seconds else "–"
            rows.append([f"{chapter.number:02}", title, chapter.about, chapter.needs, time])
        head = ["", "Chapter", "In it", "Know first", "Runs in"]
        parts.append(f"### {part}\n\n{table(head, rows)}")
    count = len({c.number for p in CURRICULUM.values() for c in p} & written.keys())
    total = sum(map(len, CURRICULUM.values()))
    stand = f"{count} of {total} chapters stand today" if count else f"{total} chapters are planned"
    note = (
        f"{stand}. A chapter without a link is not written yet; its row says what it will hold. "
        "The last column is its run time on a CPU."
    )
    return "\n\n".join([note, *parts])


# ---------------------------------------------------------------------------------------------
# The data page


def first_sentence(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").strip().splitlines()[0]


def generators(book: Path) -> str:
    """Each generator with the value that no model can pass."""
    from textbook_nlp.data.generators import GENERATORS

    rows = []
    for name, kind in GENERATORS.items():
        best = kind().optimum()
        value = amount(best.value, best.unit)
        if best.standard_error:
            value += f" ± {number(best.standard_error, 2)}"
        if best.metric == "cross_entropy" and best.unit == "nats per token":
            value += f", perplexity {number(math.exp(best.value))}"
        metric = best.metric.replace("_", "-")
        what = first_sentence(kind.__doc__).rstrip(".")
        why = escaped(best.because)
        rows.append([f"**`{name}`**<br>{what}", f"{metric} {value} ({best.kind})", why])
    return table(["Generator", "No model can pass", "Because"], rows)


def escaped(text: str) -> str:
    """Text in which a token such as `<eos>` is shown as code, and not taken for HTML."""
    return re.sub(r"<(\w+)>", r"`<\1>`", text)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:.1f} MB"


def corpora(book: Path) -> str:
    """Each real corpus: size, terms, whom to cite, addresses, how to fetch it."""
    from textbook_nlp.data.corpora import CORPORA

    entries = []
    for corpus in CORPORA.values():
        sizes, addresses, checked = [], [], []
        for part in corpus.parts:
            known = [variant.size for variant in part.variants if variant.size is not None]
            sizes.append(f"{part.name} {megabytes(known[0])}" if known else f"{part.name} unknown")
            addresses += [a for variant in part.variants for a in variant.addresses]
            checked += [variant for variant in part.variants if variant.sha256]
        addresses = list(dict.fromkeys(addresses))  # one archive may hold several parts
        lines = [
            f"### {corpus.title}",
            "",
            f"Files\n: {', '.join(sizes)}; {len(checked)} known variants, each with its SHA-256",
            "",
            f"Terms\n: {corpus.license}",
            "",
            f"Cite\n: {corpus.citation}",
            "",
            "From\n: " + ("<br>".join(f"<{a}>" for a in addresses) or "to be put there by hand"),
            "",
            f"Fetch\n: `python -m textbook_nlp data {corpus.name}`",
            "",
            f"Stands in for it\n: the generator `{corpus.generator}`",
        ]
        entries.append("\n".join(lines))
    return "\n\n".join(entries)


# ---------------------------------------------------------------------------------------------
# The Scoreboard

GROUPS = {
    "Sequence to sequence": range(1, 7),
    "Language models on the Penn Treebank": range(7, 11),
    "Word vectors": range(11, 15),
    "Classification": range(15, 25),
    "Generation, questions, translation, memory": range(25, 31),
    "Forecasting the temperature of Jena": range(31, 33),
}
SIGNS = {"at_least": "≥ ", "at_most": "≤ ", "equal": ""}
HEAD = ("", "Experiment", "Reported", "Goal", "Ours")


def amount(value: float, unit: str, exact: bool = False) -> str:
    """A number with its unit; shares in percent. `exact`: as it was given, no digit added."""
    share, _, rest = unit.partition(" ")
    if share == "share":
        value, unit = 100 * value, f"% {rest}".strip()
    elif unit == "perplexity":
        unit = ""
    text = f"{value:,.4g}" if exact and abs(value) < 1000 else number(value)
    if exact and value == int(value):
        text = f"{int(value):,}"
    return f"{text} {unit}".strip()


def reported(goal: Goal) -> str:
    """What the source gives, and how that is known."""
    if goal.reported is None:
        return "–"
    return f"{amount(goal.reported, goal.unit, exact=True)} ({goal.known})"


def target(goal: Goal) -> str:
    """What is to be reached."""
    if goal.kind == "measure":
        return "measure"
    if goal.kind == "between":
        low, high = (amount(value, goal.unit, exact=True) for value in goal.value)
        return f"{low} to {high}"
    return SIGNS[goal.kind] + amount(goal.value, goal.unit, exact=True)


def spread(summary: Summary, unit: str) -> tuple[str, str]:
    """The smallest and the largest over the seeds, and how many those are."""
    if summary.seeds == 1:
        return "", "1 seed"
    low, high = (amount(value, unit).split(" ")[0] for value in (summary.low, summary.high))
    return f" [{low} to {high}]", f"{summary.seeds} seeds"


def summary_line(goal: Goal, summary: Summary) -> str:
    """One configuration's result: median and range over the seeds, where, when, how many."""
    span, seeds = spread(summary, goal.unit)
    where = f"{summary.configuration}, {summary.scale}, {seeds}, {summary.device}, {summary.date}"
    met = goal.met(summary.median) if summary.scale == "full" else None
    verdict = {True: "; goal met", False: "; goal not met", None: ""}[met]
    return f"**{amount(summary.median, goal.unit)}**{span}<br>{where}{verdict}"


def ours(goal: Goal, records: list[Record]) -> str:
    """What we have measured, at the largest scale that anybody has run on real data."""
    from textbook_nlp.lab.runs.ledger import summarize

    found = [summary for record in records for summary in summarize(record, goal.metric)]
    for scale in ("full", "medium"):
        lines = [summary_line(goal, summary) for summary in found if summary.scale == scale]
        if lines:
            return "<br>".join(lines)
    return "not run"


def goal_row(label: str, title: str, goal: Goal, records: list[Record]) -> list[str]:
    """A line of the table; a goal of its own metric says which."""
    note = f"<br>{escaped(goal.note)}" if goal.note else ""
    metric = goal.metric.replace("_", " ")
    title = f"{title}<br>" if title else ""
    return [label, f"{title}{metric}{note}", reported(goal), target(goal), ours(goal, records)]


def own_data(records: list[Record]) -> list[list[str]]:
    """Small runs on our own data, beside the line that no model can pass."""
    from textbook_nlp.lab.runs.ledger import summarize

    rows = []
    for record in records:
        best = summarize(record, "optimum_perplexity")
        for summary in summarize(record, "test_perplexity"):
            bounds = [
                b.median
                for b in best
                if (b.scale, b.configuration, b.device)
                == (summary.scale, summary.configuration, summary.device)
            ]
            if not bounds:
                continue
            above = f"{100 * (summary.median / bounds[0] - 1):.1f} % above"
            span, seeds = spread(summary, "perplexity")
            where = f"{seeds}, {summary.device}, {summary.date}"
            rows.append(
                [
                    f"{record.title}<br>{summary.configuration}, {summary.scale}",
                    number(bounds[0]),
                    f"**{number(summary.median)}**{span}<br>{where}",
                    above,
                ]
            )
    return rows


def scoreboard(book: Path) -> str:
    """Every headline row: reported elsewhere, our goal, our recorded result or "not run"."""
    from textbook_nlp.lab.runs.headlines import HEADLINES
    from textbook_nlp.lab.runs.ledger import RESULTS, load

    records = [load(path) for path in sorted(RESULTS.glob("*.json"))]
    parts = []
    for group, numbers in GROUPS.items():
        rows = []
        for headline in HEADLINES:
            if headline.row not in numbers:
                continue
            mine = [record for record in records if record.row == headline.row]
            for first, goal in zip([True] + [False] * 99, headline.goals, strict=False):
                label, title = (str(headline.row), headline.title) if first else ("", "")
                rows.append(goal_row(label, f"**{title}**" if title else "", goal, mine))
        parts.append(f"## {group}\n\n{table(HEAD, rows)}")

    beside = [record for record in records if record.row is None]
    if rows := [
        goal_row("", f"**{record.title}**", goal, [record])
        for record in beside
        for goal in record.goals
    ]:
        parts.append(f"## Beside the list\n\n{table(HEAD, rows)}")
    if rows := own_data(records):
        head = ("Experiment", "No model can pass", "Ours", "Distance")
        note = "Test perplexity on text that a generator made, at the scale of the chapters."
        parts.append(f"## On our own data\n\n{note}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


PARTS: dict[str, Callable[[Path], str]] = {
    "map": chapter_map,
    "generators": generators,
    "corpora": corpora,
    "scoreboard": scoreboard,
}


def rewritten(text: str, book: Path) -> str:
    """A page with its generated parts written anew.

    Raises: KeyError for a marked part that this file does not know.
    """

    def part(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in PARTS:
            raise KeyError(f"no generated part is called {name!r}; there are: {', '.join(PARTS)}")
        begin = f"% begin {name} (written by `make pages`; edits here are lost)"
        return f"{begin}\n\n{PARTS[name](book)}\n\n% end {name}"

    return MARKED.sub(part, text)


def write(book: Path = BOOK) -> list[Path]:
    """Rewrite the generated parts of all pages; returns the pages that changed."""
    return [
        page
        for page in sorted(book.glob("*.md"))
        if write_atomic(page, rewritten(page.read_text(encoding="utf-8"), book))
    ]


def problems(book: Path = BOOK) -> list[str]:
    """Pages whose generated parts are out of date."""
    found = []
    for page in sorted(book.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if rewritten(text, book) != text:
            found.append(f"{page.name}: its generated parts are out of date; run `make pages`")
    return found
