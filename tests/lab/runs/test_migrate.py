"""Records of the first form: everything in them is in the present one."""

import json
from pathlib import Path

from textbook_nlp.lab.runs import ledger, migrate

OLD = Path(__file__).parent / "samples" / "first_form.json"


def test_nothing_of_an_old_record_is_lost(tmp_path, capsys):
    (tmp_path / "ptb_rnn.json").write_text(OLD.read_text(encoding="utf-8"), encoding="utf-8")
    old = json.loads(OLD.read_text(encoding="utf-8"))
    migrate.main(tmp_path)
    assert "3 runs" in capsys.readouterr().out
    new = json.loads((tmp_path / "ptb_rnn.json").read_text(encoding="utf-8"))
    assert len(new["runs"]) == len(old["runs"]) == 3
    for before, after in zip(old["runs"], new["runs"], strict=True):
        chosen = after.pop("configuration")
        assert chosen == {
            "variant": before.pop("configuration"),
            "fields": before.pop("fields"),
        }
        assert after == before  # metrics, curves, seed, date, commit, versions, seconds and all
    for before, after in zip(old.pop("goals"), new.pop("goals"), strict=True):
        assert after == before | {"of": None}
    del old["runs"], new["runs"]
    assert new == old
    assert ledger.load(tmp_path / "ptb_rnn.json").runs[0].variant == "faithful"


def test_migrating_twice_changes_nothing():
    once = migrate.migrated(json.loads(OLD.read_text(encoding="utf-8")))
    assert migrate.migrated(once) == once
