"""The source on the page is the tested source."""

import functools
import importlib
import importlib.metadata
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from textbook_nlp import show
from textbook_nlp.lab.checks import core

module = importlib.import_module("textbook_nlp.show.source")  # the function has the same name
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr(module, "display", bundles.append)
    return bundles


def beartype(function):
    return functools.wraps(function)(lambda *inputs: function(*inputs))


@beartype
@functools.cache
def documented(x: int) -> str:
    """Say something.

    At length.
    """

    text = "a: \n\n  b"  # a comment stays
    return text * x


def only_words():
    """Say something."""


@dataclass
class Record:
    """A record."""

    size: int
    """Its size."""

    @property
    def double(self) -> int:
        """Twice the size."""
        return 2 * self.size

    @classmethod
    def empty(cls) -> "Record":
        """None at all."""
        return cls(0)


def fenced():
    return "```python"


def code_in(bundle):
    return bundle["text/markdown"].split("python\n", 1)[1].rsplit("\n", 1)[0]


def test_a_function_of_the_package_is_shown_with_its_address(shown):
    show.source(core.checks)

    (bundle,) = shown
    assert bundle["text/markdown"] == (
        "[`textbook_nlp.lab.checks.core.checks`]"
        "(https://github.com/textbook-nlp/textbook-nlp/blob/main/textbook_nlp/lab/checks/core.py)"
        "\n\n```python\n"
        "def checks(module: types.ModuleType) -> dict[str, Check]:\n"
        "    return {name: value for name, value in vars(module).items() "
        "if isinstance(value, Check)}\n"
        "```"
    )
    assert bundle["text/plain"].startswith("# textbook_nlp.lab.checks.core.checks\ndef checks(")


def test_docstrings_and_noise_are_left_out(shown):
    show.source(documented)

    assert code_in(shown[0]) == (
        "@functools.cache\n"
        "def documented(x: int) -> str:\n"
        '    text = "a: \\n\\n  b"  # a comment stays\n'
        "    return text * x"
    )


def test_docstrings_are_kept_when_asked_for(shown):
    show.source(documented, docstring=True)

    assert '    """Say something.\n\n    At length.\n    """\n\n    text' in code_in(shown[0])
    assert "beartype" not in code_in(shown[0])


def test_a_class_keeps_what_it_does(shown):
    show.source(Record)

    assert code_in(shown[0]) == textwrap.dedent(
        """\
        @dataclass
        class Record:
            size: int

            @property
            def double(self) -> int:
                return 2 * self.size

            @classmethod
            def empty(cls) -> "Record":
                return cls(0)"""
    )


@pytest.mark.parametrize("method", [Record.__dict__["double"], Record.empty])
def test_a_method_moves_to_the_margin(shown, method):
    show.source(method)

    assert code_in(shown[0]).startswith("@")
    assert "\n    return " in code_in(shown[0])


def test_a_body_of_words_becomes_dots(shown):
    show.source(only_words)

    assert code_in(shown[0]) == "def only_words():\n    ..."


def test_the_code_shown_can_be_run():
    scope = {"functools": functools}
    exec(module.trimmed(module.source_of(module._unwrapped(documented))), scope)

    assert scope["documented"](2) == documented(2)


def test_a_fence_inside_the_code_does_not_end_it(shown):
    show.source(fenced)

    assert "\n\n````python\n" in shown[0]["text/markdown"]
    assert shown[0]["text/markdown"].endswith("\n````")


@pytest.mark.parametrize("thing", [3, len, Record(1), None])
def test_what_has_no_source_is_refused(shown, thing):
    with pytest.raises(TypeError, match="a function, a method or a class"):
        show.source(thing)


def test_code_typed_into_python_is_refused():
    scope = {"__name__": "nowhere"}
    exec("def typed():\n    return 1", scope)

    with pytest.raises(TypeError, match="no Python source"):
        show.source(scope["typed"])


def test_the_address_is_the_one_in_the_metadata(monkeypatch, tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert module.repository() == project["urls"]["repository"]
    # As installed, there is no pyproject.toml beside the package.
    monkeypatch.setattr(module, "__file__", str(tmp_path / "a" / "b" / "source.py"))
    metadata = importlib.metadata.metadata
    email = metadata("pytest")
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: email)
    monkeypatch.setattr(email, "get_all", lambda name: ["repository, https://example.org/x, y"])
    assert module.repository() == "https://example.org/x, y"
