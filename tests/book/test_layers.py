"""One tag in the text; what each place needs to fold a cell in the notebook; and back."""

import nbformat
import pytest

from book.tools import guards, layers, twins
from book.tools.chapter import chapters

SOURCE = """\
---
edition: 2
---

# 91. A chapter in layers

```{code-cell}
print("seen")
```

```{code-cell}
:tags: [check]

# The sum is ten
assert sum(range(5)) == 10
```

```{code-cell}
:tags: [further, nbval-ignore-output]
:nbval_reason: a number that differs from run to run

# Why the sign?
print(id(object()))
```

```{code-cell}
:tags: [hide-input]

fig, ax = show.axes()
ax.set(xlabel="step", title="It goes "
       "up")
show.figure(fig, alt="A line that goes up from the left to the right.")
```
"""


@pytest.fixture
def chapter(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "91_layers.md").write_text(SOURCE, encoding="utf-8")
    (found,) = chapters((), tmp_path)
    twins.sync(found)
    return found


def folded(chapter):
    """Prompt, tags, and what Jupyter and Colab are told, for each cell that is folded."""
    cells = [cell for cell in chapter.read_notebook().cells if "mystnb" in cell.metadata]
    for cell in cells:
        assert cell.metadata.jupyter == {"source_hidden": True}
        assert cell.metadata.cellView == "form"
        assert len(set(cell.metadata.mystnb.values())) == 1
        assert set(cell.metadata.mystnb) == {"code_prompt_show", "code_prompt_hide"}
    return {cell.metadata.mystnb.code_prompt_show: cell.metadata.tags for cell in cells}


def test_the_notebook_says_to_each_place_what_it_folds(chapter):
    assert folded(chapter) == {
        "✓ checked: The sum is ten": ["check", "hide-cell"],
        "Further: Why the sign?": ["further", "nbval-ignore-output", "hide-cell"],
        "Code of the figure: It goes up": ["hide-input"],
    }
    assert guards.folded_as_tagged(chapter.read_notebook()) == []


def test_the_text_holds_the_one_tag_alone(chapter):
    text = chapter.source.read_text(encoding="utf-8")
    for word in ("hide-cell", "prompt", "source_hidden", "cellView"):
        assert word not in text
    for tags in ("[check]", "[further, nbval-ignore-output]", "[hide-input]"):
        assert f":tags: {tags}\n" in text
    assert guards.twins_agree(chapter) == []


def test_the_edition_stands_in_both_twins(chapter):
    assert chapter.read_notebook().metadata.edition == 2
    assert "\nedition: 2\n" in chapter.source.read_text(encoding="utf-8")


@pytest.mark.parametrize("from_notebook", [False, True])
def test_syncing_again_changes_no_byte(chapter, from_notebook):
    before = chapter.notebook.read_bytes(), chapter.source.read_bytes()
    twins.sync(chapter, from_notebook=from_notebook)
    assert (chapter.notebook.read_bytes(), chapter.source.read_bytes()) == before


def test_the_text_can_be_made_from_the_notebook(chapter):
    before = chapter.source.read_bytes()
    chapter.source.unlink()
    twins.sync(chapter, from_notebook=True)
    assert chapter.source.read_bytes() == before


def test_a_tag_and_an_edition_that_are_removed_leave_nothing_behind(chapter):
    text = chapter.source.read_text(encoding="utf-8")
    text = text.replace(":tags: [check]\n\n", "").replace("edition: 2\n", "")
    chapter.source.write_text(text, encoding="utf-8")
    nb = twins.sync(chapter)
    (cell,) = [cell for cell in nb.cells if "The sum is ten" in cell.source]
    assert cell.metadata == {}
    assert "edition" not in nb.metadata


def test_another_edition_is_an_edit_of_the_notebook(chapter):
    nb = chapter.read_notebook()
    nb.metadata["edition"] = 3
    assert twins.fingerprint(nb) != nb.metadata.textbook_nlp.twin


@pytest.mark.parametrize("key", ["mystnb", "jupyter", "cellView", "tags"])
def test_a_cell_that_is_not_folded_as_tagged_is_refused(chapter, key):
    nb = chapter.read_notebook()
    cell = next(cell for cell in nb.cells if "check" in cell.metadata.get("tags", ()))
    cell.metadata[key] = {"tags": ["check"]}.get(key, {})
    assert guards.folded_as_tagged(nb) != []


@pytest.mark.parametrize(
    ("tag", "source", "expected"),
    [
        ("check", "assert 1", "✓ checked"),
        ("check", "# One line,\n# and another\nassert 1", "✓ checked"),
        ("check", "# " + 30 * "long " + "\nassert 1", "✓ checked"),
        ("further", "# Why the sign?\nx = 1", "Further: Why the sign?"),
        ("hide-input", "# The two curves\nshow.figure(f)", "Code of the figure: The two curves"),
        ("hide-input", "left.set_title('Up'); show.figure(f)", "Code of the figure: Up"),
        ("hide-input", "net.show(alt='x', caption='It is')", "Code of the figure: It is"),
        ("hide-input", "a.plot(x, label='no'); show.slider(f, label='t')", "Code of the figure: t"),
        ("hide-input", "show.figure(f, alt=f'{x}')", "Code of the figure"),
        ("hide-input", "print(1)", "Code: how this was made"),
        ("hide-input", "!pip list", "Code: how this was made"),
        ("heavy", "# Long\nprint(1)", None),
    ],
)
def test_what_stands_on_a_fold(tag, source, expected):
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})
    assert layers.prompt(cell) == expected
