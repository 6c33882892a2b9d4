"""What a check of an incident file says, to machines (the JSON of `lexun incidents check`) and to people."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from routing.findings import FINDING_WORDS
from routing.incident import Finding, IncidentFile

LINES_SHOWN = 10


class FindingTold(msgspec.Struct, frozen=True):
    """One finding: `row` is the line in the file, counted from 1 as Excel does; 0 when it is about the whole file."""

    row: int
    column: str
    value: str
    code: str
    rows: int = 1


class CheckReport(msgspec.Struct, frozen=True):
    """Every row that was left out with its one reason, what else is worth saying, and how many rows are good."""

    errors: list[FindingTold]
    warnings: list[FindingTold]
    accepted: int
    dropped_columns: list[str]


def report_of(read: IncidentFile) -> CheckReport:
    """The report about a file that was read; columns about persons are told by name only."""
    rest = [each for each in read.findings if each.code != "person_column"]
    return CheckReport(
        errors=[_told(each) for each in rest if each.is_error],
        warnings=[_told(each) for each in rest if not each.is_error],
        accepted=len(read.incidents),
        dropped_columns=read.dropped_columns,
    )


def report_json(read: IncidentFile) -> str:
    """The report as JSON; `rows` stands only with warnings, which may be about more than one row."""
    report = report_of(read)
    told: dict[str, Any] = msgspec.to_builtins(report)
    for error in told["errors"]:
        del error["rows"]
    return msgspec.json.encode(told).decode()


def _told(finding: Finding) -> FindingTold:
    return FindingTold(finding.line, finding.column, finding.value, finding.code, finding.rows)


def report_lines(read: IncidentFile) -> Iterator[str]:
    """The report in sentences: what was understood, and what was not, by kind with the first lines."""
    yield "Columns: " + ", ".join(f"{field} = {header}" for field, header in read.columns.items())
    if read.dropped_columns:
        yield f"About persons, not read: {', '.join(read.dropped_columns)}"
    if sentences := [each.column for each in read.findings if each.code == "free_text_column"]:
        yield f"Free text, not read: {', '.join(sentences)}"
    if read.incidents:
        first, last = min(each.at for each in read.incidents), max(each.at for each in read.incidents)
        yield f"{len(read.incidents)} of {read.row_count} rows can be used, from {first:%Y-%m-%d} to {last:%Y-%m-%d}."
    else:
        yield f"0 of {read.row_count} rows can be used."
    findings = [each for each in read.findings if each.code not in ("person_column", "free_text_column")]
    for code, times in Counter(each.code for each in findings).most_common():
        about = [each for each in findings if each.code == code]
        lines = [str(each.line) for each in about if each.line][:LINES_SHOWN]
        where = f" (lines {', '.join(lines)}{' …' if times > LINES_SHOWN else ''})" if lines else ""
        shown = next((f": {each.value}" for each in about if not each.is_error and each.value), "")
        rows = sum(each.rows for each in about)
        many = f"{rows} x " if about[0].line else ""
        yield f"  {many}{code}, {FINDING_WORDS[code].en}{shown}{where}"
