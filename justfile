# `just` lists the recipes. Each is a plain command: read it here and type it where `just` is not installed.

python := env("PYTHON", "python3")

[private]
default:
    @just --list --unsorted

# a virtual environment in .venv with everything that tests and checks need
setup:
    {{ python }} -m venv .venv
    .venv/bin/pip install --editable '.[test]'

# the test suite, on an embedded PostgreSQL or on $MIGRATOR_TEST_DSN
test *arguments:
    .venv/bin/pytest {{ arguments }}

# what needs no server
quick *arguments:
    .venv/bin/pytest -m 'not db' {{ arguments }}

# ruff and mypy, as .ci/run asks them
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy

# runs and servers killed at a hundred random moments each; takes long
kill trials="100":
    .venv/bin/pytest tests/concurrency --trials {{ trials }}

# put code into the house's format
format:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# rewrite the expected outputs of tests/cases; read the difference before you commit it
golden *arguments:
    .venv/bin/pytest tests/cases --golden {{ arguments }}
    git diff --stat -- tests/cases

# every benchmark of `migrate` alone; they take some minutes
bench:
    .venv/bin/python benchmarks/startup.py
    .venv/bin/python benchmarks/migrations.py
    .venv/bin/python benchmarks/seeds.py
    .venv/bin/python benchmarks/seeds_far.py
    .venv/bin/python benchmarks/seeds_beside.py
    .venv/bin/python benchmarks/under_load.py
    .venv/bin/python benchmarks/schema.py

# `migrate` beside its peers, into benchmarks/results.md; hours, or the rows that are named
peers *arguments:
    .venv/bin/python benchmarks/everything.py {{ arguments }}

# how time and memory grow, into benchmarks/results.md; half an hour
growth *arguments:
    .venv/bin/python benchmarks/growth.py {{ arguments }}

# everything that a commit must pass, on Debian, as root
ci:
    .ci/run
