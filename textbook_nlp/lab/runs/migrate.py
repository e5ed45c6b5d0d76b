"""Bring records of the ledger's first form into the present one, and lose nothing.

A run had `configuration` (a name) and `fields` beside each other; now `configuration` holds both.
A goal now says which variant it is judged by; the old ones were judged by any.

    python -m textbook_nlp.lab.runs.migrate FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

from textbook_nlp.lab.runs.ledger import from_json, save


def migrated(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record, as plain values, in the present form; one that has it stays as it is."""
    runs = [_run(run) for run in record["runs"]]
    goals = [{"of": None, **goal} for goal in record["goals"]]
    return {**record, "goals": goals, "runs": runs}


def _run(run: dict[str, Any]) -> dict[str, Any]:
    if "fields" not in run:
        return run
    kept = {name: value for name, value in run.items() if name != "fields"}
    return kept | {"configuration": {"variant": run["configuration"], "fields": run["fields"]}}


def main(folder: Path) -> None:
    """Migrate every record of a folder in place; all are checked before the first is written."""
    records = [
        from_json(migrated(json.loads(path.read_text(encoding="utf-8"))), str(path))
        for path in sorted(folder.glob("*.json"))
    ]
    for record in records:
        print(f"{save(record, folder)}: {len(record.runs)} runs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
