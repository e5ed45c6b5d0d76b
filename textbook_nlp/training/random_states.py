"""The state of every source of chance, to be kept and put back."""

import random
from typing import Any

import numpy as np
import torch


def random_states() -> dict[str, Any]:
    """Return the state of every source of chance: Python, NumPy's global one, torch, each GPU."""
    version, numbers, gauss = random.getstate()
    # The legacy generator is meant: its state is the one that a library may draw from.
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [name, keys.tolist(), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: Any) -> None:
    """Set every source of chance to what `random_states` returned.

    Raises:
        ValueError: if these are no such states, or come from a machine with another number of GPUs.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    before = random_states()
    try:
        if len(states["cuda"]) != gpus:
            raise ValueError(
                f"they were drawn with {len(states['cuda'])} GPUs in sight, now there are {gpus}: "
                "go on on a machine like the first"
            )
        _restore(states)
    except (AttributeError, IndexError, KeyError, OverflowError, RuntimeError, TypeError) as error:
        _restore(before)
        raise ValueError(f"these are no states of random numbers ({error})") from error
    except ValueError:
        _restore(before)
        raise


def _restore(states: Any) -> None:
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])
