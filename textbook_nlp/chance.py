"""Seeds and generators: where chance enters, and how it is made to repeat itself."""

import operator
import random

import numpy as np
import torch


def seed_all(seed: int) -> torch.Generator:
    """Seed Python's, NumPy's and torch's global generators, the latter on all devices.

    Args:
        seed: from 0 to 2**32 - 1 (NumPy's global generator takes no more).

    Returns:
        A generator of its own on the CPU, seeded with `seed`, to be passed on explicitly.

    Raises:
        TypeError: if `seed` is not an integer.
        ValueError: if it is out of range.
    """
    if isinstance(seed, bool):
        raise TypeError(f"the seed is {seed!r}, expected an integer")
    try:
        seed = operator.index(seed)
    except TypeError:
        raise TypeError(f"the seed is {seed!r}, expected an integer") from None
    if not 0 <= seed < 2**32:
        raise ValueError(f"the seed is {seed}, expected an integer from 0 to 2**32 - 1")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries that use the global generator follow this one
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)
