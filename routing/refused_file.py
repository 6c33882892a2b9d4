"""Gives back the rows of an incident file that could not be used, each with the reason, to be corrected and sent again."""

import csv
import io

from routing.findings import FINDING_WORDS
from routing.incident import IncidentFile

HEADERS = ("行号", "原因代码", "原因", "reason")
# Spreadsheets take a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@")


def refused_csv(read: IncidentFile) -> bytes:
    """The refused rows as CSV (UTF-8 with a byte order mark, which Excel needs): the file's columns, those about
    persons left out, and behind them the line in the file, the code and the reason in Chinese and English."""
    reasons = {finding.line: finding.code for finding in read.findings if finding.is_error}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*read.header, *HEADERS))
    for row in read.refused:
        code = reasons[row.line]
        words = FINDING_WORDS[code]
        writer.writerow((*(_harmless(cell) for cell in row.cells), row.line, code, words.zh, words.en))
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """The cell so that no spreadsheet runs it; numbers stay as they are."""
    if not cell.startswith(FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
