"""The command line: ``python -m textbook_nlp list | run | record | data | doctor``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

SCALES = ("small", "medium", "full")
CONFIGURATIONS = ("faithful", "ours")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0, 1 for a failed run, 2 for a mistake in asking."""
    options = _parser().parse_args(arguments)
    # Imported late, so that --help and a mistyped option answer at once.
    from textbook_nlp.lab.runs import commands

    failures: tuple[type[Exception], ...] = commands.failures()
    try:
        options.command(options)
    except commands.mistakes() as error:
        print(f"textbook_nlp: {error}", file=sys.stderr)
        return 1 if isinstance(error, failures) else 2
    except KeyboardInterrupt:
        print(
            "textbook_nlp: stopped. The same command goes on from the last checkpoint.",
            file=sys.stderr,
        )
        return 130
    return 0


def _command(name: str):
    def call(options: argparse.Namespace) -> None:
        from textbook_nlp.lab.runs import commands

        getattr(commands, name)(options)

    return call


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m textbook_nlp",
        description="Run the book's experiments, fetch its data, and look at what is here.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the experiments, and what is recorded of each")
    listing.set_defaults(command=_command("list_experiments"))

    run = commands.add_parser(
        "run",
        help="run an experiment and write its record",
        description="Run an experiment. A run that was killed goes on from its checkpoint when "
        "the same command is given again. Under torchrun, the run is spread over all processes.",
    )
    run.add_argument("name", help="an experiment, as `list` shows them")
    run.add_argument("--scale", choices=SCALES, help="default: small on a CPU, medium on a GPU")
    run.add_argument(
        "--configuration",
        choices=[*CONFIGURATIONS, "all"],
        default="faithful",
        help="the source's, or the best of ours (default: faithful)",
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
    run.set_defaults(command=_command("run_experiment"))

    record = commands.add_parser("record", help="take the records of a folder into the ledger")
    record.add_argument("folder", type=Path, metavar="DIR", help="what `run --out` was given")
    record.add_argument(
        "--into", type=Path, metavar="DIR", help="default: the results of this package"
    )
    record.set_defaults(command=_command("record_runs"))

    data = commands.add_parser("data", help="fetch a corpus and say where it is")
    data.add_argument("name", nargs="?", help="a corpus; without one, all are listed")
    data.add_argument(
        "--accept", action="store_true", help="take files whose SHA-256 nobody has recorded"
    )
    data.set_defaults(command=_command("fetch_data"))

    doctor = commands.add_parser("doctor", help="versions, device, data, disk, what is missing")
    doctor.set_defaults(command=_command("doctor"))
    return parser


def _count(text: str) -> int:
    return _integer(text, 1)


def _seed(text: str) -> int:
    return _integer(text, 0)


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no integer of at least {least}")
    return number


if __name__ == "__main__":
    sys.exit(main())
