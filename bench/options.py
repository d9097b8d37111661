"""The options that the programs of bench/ have in common."""

import argparse
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def words(known):
    def parse(text):
        chosen = text.split(",")
        unknown = set(chosen) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(
                f"'{unknown.pop()}'? I know {', '.join(known)}")
        return chosen
    return parse


def new_parser(about, minutes):
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dir", type=Path,
                        help="work in this folder, keep it, and go on there")
    parser.add_argument("--anew", action="store_true",
                        help="forget the results that --dir holds")
    parser.add_argument("--report", action="store_true",
                        help="measure nothing, print what --dir holds")
    parser.add_argument("--runs", type=int, default=3, metavar="N",
                        help="medians of so many (3), as far as time allows")
    parser.add_argument("--minutes", type=float, default=minutes, metavar="N",
                        help="begin nothing after the first run that would "
                        f"not end in\nthis time ({minutes}); 0: no limit")
    parser.add_argument("--programs", type=Path,
                        default=HERE.parent / "build/release/bench",
                        help="where those of bench/ are")
    return parser


def parse(parser):
    options = parser.parse_args()
    if options.report and not options.dir:
        parser.error("--report needs --dir")
    return options


def in_folder(options, bench):
    """Runs bench(options, folder): in that of --dir, or in one of its own that
    is gone at the end."""
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        bench(options, options.dir.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="bk-bench.") as folder:
            bench(options, Path(folder))
