"""The command line: `python -m textbook_nlp list | run | record | data | doctor`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CLOSED = 141  # as a shell counts what a closed pipe ends


class _Stopped(KeyboardInterrupt):
    """A signal that asks the program to end, raised where it is, so that it cleans up first."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0, 1 for a failed run, 2 for a mistake in asking."""
    options = _parser().parse_args(arguments)
    with _stopped_by_signals():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    running = False
    try:
        # Imported late, so that --help and a mistyped option answer at once.
        from textbook_nlp.lab.runs import commands  # noqa: PLC0415

        running = options.command == "run_experiment"
        try:
            getattr(commands, options.command)(options)
            if sys.stdout is not None:  # as after `>&-`
                sys.stdout.flush()
        except commands.mistakes() as error:
            return _say(str(error), 1 if isinstance(error, commands.failures()) else 2)
    except BrokenPipeError:
        # Nobody reads on, as with `| head`; what is still buffered must go somewhere at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        return _say(f"{what}. Check that it is there, and that you may read and write it", 1)
    except KeyboardInterrupt as stop:
        advice = ". The same command goes on from the last checkpoint." if running else ""
        number = stop.args[0] if isinstance(stop, _Stopped) else signal.SIGINT
        return _say(f"stopped{advice}", 128 + number)
    return 0


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let what ends a program, a closed terminal too, take the way that Ctrl-C takes."""

    def stop(number: int, frame: object) -> None:
        raise _Stopped(number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []  # only the main thread may ask for signals
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _say(message: str, code: int) -> int:
    with suppress(BrokenPipeError):
        print(f"textbook_nlp: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m textbook_nlp",
        description="Run the book's experiments, fetch its data, and look at what is here.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the experiments, and what is recorded of each")
    listing.set_defaults(command="list_experiments")

    run = commands.add_parser(
        "run",
        help="run an experiment and write its record",
        description="Run an experiment. A run that was killed goes on from its checkpoint when "
        "the same command is given again. Under torchrun, the run is spread over all processes.",
    )
    run.add_argument("name", help="an experiment, as `list` shows them")
    run.add_argument(
        "--scale", metavar="SCALE", help="small, medium or full (default: small on a CPU, "
        "medium on a GPU)",
    )  # fmt: skip
    run.add_argument(
        "--variant", metavar="NAME", help="one that `list` shows, or all (default: as `list` says)"
    )
    run.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")
    seeds = run.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=_count, metavar="N", help="run the seeds 0 to N - 1")
    seeds.add_argument("--seed", type=_seed, metavar="N", help="run one seed (default: 0)")
    run.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR")
    run.add_argument(
        "--checkpoint-dir", type=Path, metavar="DIR", help="default: DIR of --out/checkpoints"
    )
    run.add_argument("--fresh", action="store_true", help="do not go on from a checkpoint")
    run.set_defaults(command="run_experiment")

    record = commands.add_parser("record", help="take the records of a folder into the ledger")
    record.add_argument("folder", type=Path, metavar="DIR", help="what `run --out` was given")
    record.add_argument(
        "--into", type=Path, metavar="DIR", help="default: the results of this package"
    )
    record.set_defaults(command="record_runs")

    data = commands.add_parser("data", help="fetch a corpus and say where it is")
    data.add_argument("name", nargs="?", help="a corpus; without one, all are listed")
    data.add_argument(
        "--accept", action="store_true", help="take files whose SHA-256 nobody has recorded"
    )
    data.set_defaults(command="fetch_data")

    doctor = commands.add_parser("doctor", help="versions, device, data, disk, what is missing")
    doctor.set_defaults(command="doctor")
    return parser


def _count(text: str) -> int:
    return _integer(text, 1, 2**32)


def _seed(text: str) -> int:
    return _integer(text, 0, 2**32 - 1)


def _integer(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no integer from {least} to {most}")
    return number


if __name__ == "__main__":
    sys.exit(main())
