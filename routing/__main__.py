"""Runs `lexun plan` without the rest of Lexun: python -m routing --help."""

from routing.cli import plan

plan(prog_name="python -m routing")
