"""The person at the terminal: whether there is one, and what they answer."""

import sys

from migrator.cli.render.ink import is_terminal


def has_terminal() -> bool:
    """Somebody can read a question and answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def answer(question: str) -> str:
    """What is typed behind a question, without blanks around it; empty at the end of the input."""
    # not click.confirm(): some of its versions write a blank to stdout, which is for the answer alone
    sys.stderr.write(question)
    sys.stderr.flush()
    typed = sys.stdin.readline()
    if not typed.endswith("\n"):  # the end of the input moved no cursor
        sys.stderr.write("\n")
    return typed.strip()
