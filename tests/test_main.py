"""The command line, in this process and in its own."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from textbook_nlp.__main__ import main
from textbook_nlp.lab.runs import commands, ledger, registry
from textbook_nlp.lab.runs.experiment import Scale
from textbook_nlp.lab.tasks import language_modelling
from textbook_nlp.training import TrainingDiverged

RUN = ["run", "ptb_rnn", "--device", "cpu", "--scale", "small"]


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Make the small scale smaller, and keep every file in the test's own folder."""
    experiment = registry.get("ptb_rnn")
    tiny = {
        **experiment.scales["small"].changes,
        "data.sentences": 120,
        "data.validation": 60,
        "model.embedding_size": 8,
        "model.hidden_size": 8,
        "training.epochs": 2,
    }
    tiny = replace(experiment, scales={**experiment.scales, "small": Scale("no time", tiny)})
    real = registry.get
    monkeypatch.setattr(registry, "get", lambda name: tiny if name == "ptb_rnn" else real(name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", str(tmp_path / "data"))


def refused(capsys, *arguments):
    """Return the message of a command that ends with exit code 2, without a traceback."""
    try:
        code = main(list(arguments))
    except SystemExit as stop:  # argparse's own way
        code = stop.code
    assert code == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err


def test_a_run_is_recorded_and_taken_into_the_ledger(tmp_path, capsys):
    assert main([*RUN, "--variant", "all", "--seeds", "2", "--out", "out"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("written to out/ptb_rnn.json") == 4
    assert "test_perplexity" in shown
    record = ledger.load("out/ptb_rnn.json")
    assert {(run.variant, run.seed) for run in record.runs} == {
        ("faithful", 0),
        ("faithful", 1),
        ("ours", 0),
        ("ours", 1),
    }
    assert list(Path("out/checkpoints").iterdir()) == []
    assert main([*RUN, "--seed", "5", "--out", "out"]) == 0
    assert len(ledger.load("out/ptb_rnn.json").runs) == 5
    assert main(["record", "out", "--into", "taken"]) == 0
    assert main(["record", "out", "--into", "taken"]) == 0
    assert "5 runs taken, 5 in all" in capsys.readouterr().out
    assert ledger.load("taken/ptb_rnn.json") == ledger.load("out/ptb_rnn.json")


def test_runs_that_drop_others_say_so(monkeypatch, capsys):
    assert main([*RUN]) == 0
    real = registry.measure
    assert main([*RUN, "--seed", "1"]) == 0
    assert "dropped" not in capsys.readouterr().out

    def drawn(*arguments, seed, **options):
        run = real(*arguments, seed=seed, **options)
        hashes = dict.fromkeys(run.dataset.sha256, f"{seed:064}")
        return replace(run, dataset=replace(run.dataset, sha256=hashes))

    monkeypatch.setattr(registry, "measure", drawn)
    assert main([*RUN, "--seed", "2"]) == 0
    said = "2 earlier runs of ours were dropped: other data was read"
    assert said in capsys.readouterr().out
    message = refused(capsys, *RUN, "--seeds", "2", "--out", "new")
    assert "seed 1 of ours read other data than seed 0" in message
    assert [run.seed for run in ledger.load("new/ptb_rnn.json").runs] == [0]
    main(["record", "new", "--into", "runs"])
    assert "1 earlier run of ours was dropped" in capsys.readouterr().out


def test_the_default_is_one_seed_under_runs(capsys):
    assert main([*RUN]) == 0
    (run,) = ledger.load("runs/ptb_rnn.json").runs
    assert (run.seed, run.variant) == (0, "ours")


def test_a_stopped_run_goes_on_and_a_fresh_one_does_not(monkeypatch, capsys):
    real = language_modelling.fit

    def stopped(*arguments, epochs, **options):
        real(*arguments, epochs=1, **options)
        raise KeyboardInterrupt

    def stop():
        monkeypatch.setattr(language_modelling, "fit", stopped)
        assert main([*RUN, "--checkpoint-dir", "kept"]) == 130
        assert "goes on from the last checkpoint" in capsys.readouterr().err
        monkeypatch.setattr(language_modelling, "fit", real)

    stop()
    (checkpoint,) = Path("kept").glob("*/*.pt")
    assert main([*RUN, "--checkpoint-dir", "kept"]) == 0
    assert f"Going on from {checkpoint.parent}" in capsys.readouterr().out
    resumed = ledger.load("runs/ptb_rnn.json").runs[0]
    stop()
    assert main([*RUN, "--checkpoint-dir", "kept", "--fresh"]) == 0
    assert "Going on" not in capsys.readouterr().out
    assert ledger.load("runs/ptb_rnn.json").runs[0].metrics == resumed.metrics
    stop()
    with monkeypatch.context() as patch:
        patch.setattr("textbook_nlp.lab.runs.provenance.code", lambda: "changed meanwhile")
        message = refused(capsys, *RUN, "--checkpoint-dir", "kept")
    assert "its code is" in message
    assert "With --fresh it is deleted" in message
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert "cannot be read" in refused(capsys, *RUN, "--checkpoint-dir", "kept")


def test_a_diverged_run_fails_with_a_message(monkeypatch, capsys):
    def diverge(*arguments, **options):
        raise TrainingDiverged("the loss is not finite", 2, 3, 20.0, "Kept.")

    monkeypatch.setattr(registry, "measure", diverge)
    assert main(RUN) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("textbook_nlp: the loss is not finite in epoch 2 at step 3")
    assert "Traceback" not in captured.err


def test_a_programming_error_keeps_its_traceback(monkeypatch):
    def broken(*arguments, **options):
        raise ValueError("a bug")

    monkeypatch.setattr(registry, "measure", broken)
    with pytest.raises(ValueError, match="a bug"):
        main(RUN)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice"),
        (["run"], "required: name"),
        (["run", "nothing"], "there is no experiment 'nothing'; there are"),
        ([*RUN, "--seeds", "0"], "'0' is no integer from 1 to"),
        ([*RUN, "--seed", "x"], "'x' is no integer from 0 to 4294967295"),
        ([*RUN, "--seed", "1", "--seeds", "2"], "not allowed with"),
        ([*RUN, "--seed", str(2**32)], "'4294967296' is no integer from 0 to 4294967295"),
        ([*RUN, "--scale", "huge"], "has no huge/ours; it has the scales small, medium, full"),
        ([*RUN, "--variant", "best"], "has no small/best"),
        (["run", "ptb_rnn", "--device", "abacus"], "expected 'cpu', 'cuda'"),
        ([*RUN, "--out", "a_file"], "cannot write to a_file"),
        ([*RUN, "--checkpoint-dir", "a_file"], "cannot write to a_file"),
        (["record", "empty"], "holds no records"),
        (["record", "damaged"], "damaged/ptb_rnn.json cannot be read as a record"),
        (["record", "strange"], "there is no experiment 'strange'"),
        (["data", "nothing"], "there is no corpus 'nothing'; there are"),
    ],
)
def test_a_mistake_gets_one_message_and_exit_code_2(arguments, message, capsys):
    Path("a_file").touch()
    for name in ("empty", "damaged", "strange"):
        Path(name).mkdir()
    Path("damaged/ptb_rnn.json").write_text('{"experiment": ')
    record = ledger.Record("strange", "x", None, ledger.Dataset("x", None), [], [])
    ledger.save(record, "strange")
    assert message in refused(capsys, *arguments)


def test_a_gpu_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "'cuda'" in refused(capsys, "run", "ptb_rnn", "--device", "cuda")
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", "cuda")
    assert "TEXTBOOK_NLP_DEVICE" in refused(capsys, "run", "ptb_rnn")


def test_a_scale_that_there_is_not(monkeypatch, capsys):
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", "enormous")
    assert "TEXTBOOK_NLP_SCALE" in refused(capsys, "run", "ptb_rnn", "--device", "cpu")


def test_a_device_that_processes_cannot_share(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    message = refused(capsys, "run", "ptb_rnn", "--device", "cuda", "--scale", "small")
    assert "process 3 of this machine has no GPU" in message


def test_a_missing_corpus_names_what_stands_in(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", str(tmp_path))
    monkeypatch.setattr("textbook_nlp.data.corpora.fetching._read_only", lambda folder: True)
    message = refused(capsys, "run", "ptb_rnn", "--scale", "medium", "--device", "cpu")
    assert "grammar" in message
    assert "grammar" in refused(capsys, "data", "ptb")
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", "relative")
    assert "absolute" in refused(capsys, "data", "ptb")


def test_data_lists_and_fetches(monkeypatch, capsys):
    assert main(["data"]) == 0
    assert "ptb: Penn Treebank" in capsys.readouterr().out
    asked = []
    monkeypatch.setattr(
        commands.corpora,
        "fetch_command",
        lambda name, accept: asked.append((name, accept)) or "fetched",
    )
    assert main(["data", "ptb", "--accept"]) == 0
    assert capsys.readouterr().out == "fetched\n"
    assert asked == [("ptb", True)]


def test_list_shows_what_is_recorded(monkeypatch, capsys):
    monkeypatch.setattr(commands.ledger, "read", lambda name, folder="none": None)
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "ptb_rnn: Plain recurrent language model on the Penn Treebank" in shown
    assert "recorded: not run" in shown
    assert "of 32 headline rows have no experiment yet" in shown
    assert main([*RUN, "--seeds", "1"]) == 0
    monkeypatch.setattr(commands.ledger, "read", lambda name: ledger.load("runs/ptb_rnn.json"))
    capsys.readouterr()
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "recorded: small, ours: test_perplexity" in shown
    assert "1 seed, CPU" in shown
    assert "(reported 135.6: the LSTM of row 7" in shown


def test_the_doctor_says_what_is_here_and_what_is_missing(monkeypatch, capsys, tmp_path):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for line in (
        "textbook_nlp",
        "torch",
        "device: cpu",
        "scale: small",
        "GB free",
        "ptb: not here",
    ):
        assert line in shown
    assert "To do:" in shown
    assert "python -m textbook_nlp data ptb" in shown


def test_the_doctor_is_content_when_all_is_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(commands.corpora, "CORPORA", {})
    monkeypatch.setattr(commands, "EXTRAS", {})
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("Nothing missing.\n")


def test_the_doctor_speaks_of_everything_that_is_wrong(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(commands, "CORE", ("torch", "no_such_package"))
    monkeypatch.setattr(commands, "EXTRAS", {"book": "no_such_module"})
    monkeypatch.setattr(commands.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9))
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", "abacus")
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "no_such_package MISSING" in shown
    assert "the extra 'book' is not installed" in shown
    assert "is nearly full" in shown
    assert "device: none" in shown
    assert "abacus" in shown
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", "relative")
    assert main(["doctor"]) == 0
    assert "data: no folder" in capsys.readouterr().out


def test_what_a_task_on_the_cpu_does_not_use_is_not_recorded(monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert main(["run", "first_merges", "--device", "cuda", "--scale", "small"]) == 0
    assert "first_merges computes on the CPU alone, not on cuda" in capsys.readouterr().out
    (run,) = ledger.load("runs/first_merges.json").runs
    assert run.device.startswith("CPU")


def test_a_file_that_cannot_be_read_gets_one_line(monkeypatch, capsys):
    Path("a_file").touch()
    Path("records").mkdir()
    Path("records/ptb_rnn.json").mkdir()
    assert main(["record", "records"]) == 1
    assert capsys.readouterr().err.count("\n") == 1

    def denied(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(commands.shutil, "disk_usage", denied)
    assert main(["doctor"]) == 0
    assert "Permission denied" in capsys.readouterr().out
    monkeypatch.setattr(commands, "doctor", lambda options: denied("there"))
    assert main(["doctor"]) == 1
    assert "Permission denied: there" in capsys.readouterr().err


@pytest.fixture
def own_signals():
    """Put the handlers back: a worker of pytest has others than a person's Python."""
    names = ("SIGTERM", "SIGHUP", "SIGINT")
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
@pytest.mark.usefixtures("own_signals")
def test_a_signal_ends_the_program_as_ctrl_c_does(monkeypatch, capsys, name, code):
    cleaned_up = []
    before = signal.getsignal(getattr(signal, name))

    def stopped(options):
        try:
            signal.raise_signal(getattr(signal, name))
        finally:
            cleaned_up.append(True)

    monkeypatch.setattr(commands, "list_experiments", stopped)
    assert main(["list"]) == code
    assert cleaned_up == [True]
    assert capsys.readouterr().err == "textbook_nlp: stopped\n"
    assert signal.getsignal(getattr(signal, name)) is before


def test_a_stop_while_modules_are_loaded_is_quiet(monkeypatch, capsys):
    class Stop:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setattr("textbook_nlp.lab.runs.commands", Stop())
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "textbook_nlp: stopped\n"


def environment():
    root = str(Path(__file__).parents[1])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TEXTBOOK")}
    return kept | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


def test_the_command_works_in_its_own_process(tmp_path):
    command = [sys.executable, "-m", "textbook_nlp"]
    options = {"env": environment(), "cwd": tmp_path, "text": True}
    done = subprocess.run([*command, *RUN], capture_output=True, **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert ledger.load(tmp_path / "runs" / "ptb_rnn.json").runs
    # Nobody reads on: the end is quiet.
    closed = subprocess.Popen(
        [*command, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    closed.stdout.close()
    assert (closed.wait(), closed.stderr.read()) == (141, "")
    closed.stderr.close()
