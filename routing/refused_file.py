"""Gives back the rows of an incident file that could not be used, each with the reason, to be corrected and sent again."""

import csv
import io
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from routing.findings import FINDING_WORDS
from routing.incident import IncidentFile

HEADERS = ("行号", "原因代码", "原因", "reason")
# Spreadsheets take a cell of CSV that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@")
# What no cell of a spreadsheet can hold.
CONTROL = dict.fromkeys(code for code in range(32) if chr(code) not in "\t\n\r")


def refused_rows(read: IncidentFile) -> Iterator[tuple[str, ...]]:
    """A header and the refused rows: the file's columns, those about persons left out, and behind them the line in the
    file, the code and the reason in Chinese and English."""
    reasons = {finding.line: finding.code for finding in read.findings if finding.is_error}
    yield (*read.header, *HEADERS)
    for row in read.refused:
        code = reasons[row.line]
        words = FINDING_WORDS[code]
        yield (*row.cells, str(row.line), code, words.zh, words.en)


def refused_csv(read: IncidentFile) -> bytes:
    """The refused rows as CSV, in UTF-8 with the byte order mark that Excel needs."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for cells in refused_rows(read):
        writer.writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def refused_xlsx(read: IncidentFile) -> bytes:
    """The refused rows as a spreadsheet; every cell is text, so that no number loses a digit and no formula runs."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("refused")
    for cells in refused_rows(read):
        row = [WriteOnlyCell(sheet, cell.translate(CONTROL)) for cell in cells]
        for cell in row:
            cell.data_type = "s"
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _harmless(cell: str) -> str:
    """The cell so that no spreadsheet runs it; numbers stay as they are."""
    if not cell.startswith(FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
