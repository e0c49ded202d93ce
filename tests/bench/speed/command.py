"""What the commands of the benches have in common."""

import argparse
import sys


def new_parser(name):
    """A parser of the options of bench `name`, with the one that only its shell script gives."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    return parser


def say(text):
    """Says how far it is, beside the table on standard output."""
    print(text, file=sys.stderr, flush=True)
