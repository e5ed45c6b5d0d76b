"""What holds for every generator: what a sample is, that it repeats itself, that it has a bound."""

import subprocess
import sys

import numpy as np
import pytest

from textbook_nlp.data.generators import GENERATORS, Generator, Optimum

NAMES = sorted(GENERATORS)
DIGESTS = """
additions 750e0c887ceb5c04
copy 36698e13e5ed3dd1
copy_bits e672954bed3b0012
dates b72f15ff45fe26c3
english_korean b4d22824b5361bf8
grammar dba131910aa88514
headlines 737ff328da0c4b69
planted 70fe3644eb98c755
reviews 8aa08c3b923731bd
scenes 99804dc35d1c3ff4
stories 4c7bae5e5ae5a095
weather d43c02bc645222d7
"""


def fields(sample):
    """The parts of a sample that have an item an example, arrays as lists."""
    parts = sample if isinstance(sample, tuple) else (sample,)
    return [part.tolist() if isinstance(part, np.ndarray) else part for part in parts]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_n_items_a_field_and_continues_a_smaller_one(name):
    generator = GENERATORS[name]()
    assert isinstance(generator, Generator)
    many, few, none = (fields(generator.sample(n, 7)) for n in (30, 11, 0))
    assert [len(field) for field in many] == [30] * len(many)
    assert [field[:11] for field in many] == few
    assert all(field == [] for field in none)
    assert fields(generator.sample(30, 8)) != many


@pytest.mark.parametrize("name", NAMES)
def test_the_optimum_says_where_it_comes_from(name):
    optimum = GENERATORS[name]().optimum()
    assert isinstance(optimum, Optimum)
    assert optimum.kind == "exact"
    assert optimum.standard_error == 0.0
    assert optimum.because
    assert np.isfinite(optimum.value)


def test_a_negative_standard_error_is_refused():
    with pytest.raises(ValueError, match="standard_error is -1"):
        Optimum("accuracy", 0.9, -1.0, "exact", "share", "a reason")


@pytest.mark.parametrize("seed", ["0", "77"])
def test_the_samples_are_the_ones_recorded_whatever_the_hash_seed(seed):
    code = (
        "import hashlib; from textbook_nlp.data.generators import GENERATORS\n"
        "for name in sorted(GENERATORS):\n"
        "    sample = GENERATORS[name]().sample(300, 5)\n"
        "    parts = sample if isinstance(sample, tuple) else (sample,)\n"
        "    parts = (part.tolist() if hasattr(part, 'tolist') else part for part in parts)\n"
        "    text = ''.join(map(repr, parts)).encode()\n"
        "    print(name, hashlib.sha256(text).hexdigest()[:16])"
    )
    environment = {
        "PYTHONHASHSEED": seed,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": ":".join(p for p in sys.path if p),
    }
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == DIGESTS.strip()
