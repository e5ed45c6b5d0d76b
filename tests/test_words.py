"""One word, one meaning: in signatures, and in the names of modules and classes."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "textbook_nlp"

# What the annotation of a parameter of this name must hold, and must not.
MEANINGS = {
    "text": (r"\bstr\b|\bobject\b|\bText\b", r"\bint\b|Int\["),
    "texts": (r"\bstr\b|\bText\b", r"\bint\b|Int\["),
    "tokens": (r"\bstr\b|\bHashable\b|\bobject\b|^Sequence$", r"\bint\b|Int\["),
    "ids": (r"\bint\b|Int\[|SupportsIndex|\bIds\b", r"\bstr\b"),
    "mask": (r"Bool\[|\bMask\b", r"\bstr\b|Int\["),
    "vocabulary_size": (r"\bint\b", r"\bstr\b"),
    "seed": (r"\bint\b", r"Generator"),
    "rng": (r"np\.random\.Generator", r"torch"),
    "generator": (r"torch\.Generator", r"np\."),
}
# Names that had been used for one of the above, or in place of a standard term of the field.
INSTEAD = {
    "valid": "validation",
    "held_out": "validation",
    "n_tokens": "a count by its name",
    "vocab": "vocabulary",
    "vocab_size": "vocabulary_size",
    "dim": "embedding_size",
    "dimensions": "embedding_size",
    "embedding": "embedding_size, if it is a number",
    "limit_norm": "max_norm",
    "random_state": "seed",
}
# A word that two modules share because it means one thing in both: the same subject in another
# form (by hand and in torch), or a chapter and its exercises.
SAME_SUBJECT = {
    "dropout", "embedding", "language_model", "pooling", "attention", "convolution",
    "word2vec", "glove", "tokenization", "commands", "aesop", "irish_lyrics",
    "english_korean", "multi30k", "questions",
}  # fmt: skip


def parameters(tree: ast.Module):
    """Function, name and annotation of every annotated parameter of a public function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            arguments = node.args
            for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
                if a.annotation is not None:
                    yield node, a.arg, ast.unparse(a.annotation)


def crossed(tree: ast.Module) -> list[str]:
    """Parameters whose name says one thing and whose annotation another."""
    faults = []
    for function, name, annotation in parameters(tree):
        must, must_not = MEANINGS.get(name, ("", "(?!)"))
        if not re.search(must, annotation) or re.search(must_not, annotation):
            faults.append(f"{function.name}: {name}: {annotation}")
        instead = INSTEAD.get(name)
        if instead and not (name == "embedding" and "int" not in annotation):
            faults.append(f"{function.name}: {name} is {instead}")
    return faults


def misfits(tree: ast.Module) -> list[str]:
    """Methods `fit` of a class that do not return an object of the class."""
    return [
        f"{node.name}.fit returns {ast.unparse(method.returns) if method.returns else None}"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        and method.name == "fit"
        and (
            method.returns is None or ast.unparse(method.returns) not in {f"'{node.name}'", "Self"}
        )
    ]


def trees() -> dict[str, ast.Module]:
    """Every module of the package; answers to exercises are named after their question."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "exercises" not in path.parts
    }


@pytest.mark.parametrize("path", trees())
def test_a_word_has_one_meaning(path):
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))

    assert crossed(tree) + misfits(tree) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(tokens: Int[Tensor, 'B T']): ...",
        "def f(tokens: int): ...",
        "def f(ids: Sequence[str]): ...",
        "def f(mask: Int[Tensor, 'B']): ...",
        "def f(rng: torch.Generator): ...",
        "def f(seed: np.random.Generator): ...",
        "class C:\n    def fit(cls, texts: Iterable[str]) -> tuple[int, int]: ...",
    ],
)
def test_a_crossed_word_is_seen(source):
    tree = ast.parse(source)

    assert len(crossed(tree) + misfits(tree)) == 1


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_two_modules_share_a_name_that_means_two_things():
    places = defaultdict(list)
    for path in trees():
        name = Path(path).stem
        if not name.startswith("__"):
            places[name].append(path)
    shared = {name: found for name, found in places.items() if len(found) > 1}

    assert {name: found for name, found in shared.items() if name not in SAME_SUBJECT} == {}
