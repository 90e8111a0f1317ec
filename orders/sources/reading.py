"""From bytes to rows: CSV in the encodings and separators exports use, and XLSX, within limits. Pure.

Of a text nothing is held beyond its bytes: rows are made as they are asked for, and can be asked for again.
"""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import python_calamine

from orders.errors import UnusableFile
from orders.sources.cells import Cell

MEGABYTE: Final = 1024 * 1024
MAX_BYTES: Final = 30 * MEGABYTE
MAX_ROWS: Final = 500_000
# What an XLSX of 30 MB may unpack to, and how many cells its sheet may span: the reader keeps the whole span in memory.
MAX_UNPACKED: Final = 300 * MEGABYTE
MAX_CELLS: Final = 30_000_000
MAX_CELL_CHARS: Final = 131_072
CHUNK: Final = MEGABYTE

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF_MAGIC: Final = b"%PDF-"
# A workbook with a password is an OLE container around this stream.
ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")
CELL_REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
SEPARATOR_HINT: Final = re.compile(r"sep=(.)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of rows, each with its number as a spreadsheet counts it, from 1."""

    name: str
    content: bytes
    # "" = XLSX.
    encoding: str
    separator: str = ","
    # The opened sheet of a workbook: opening it is half the work, and rows are asked for three times.
    _sheets: list[python_calamine.CalamineSheet] = field(default_factory=list, compare=False, repr=False)

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield every row that has any cell filled. Raises UnusableFile where the table breaks off or is too long."""
        made = self._csv_rows() if self.encoding else self._xlsx_rows()
        for index, cells in enumerate(made, start=1):
            if index > MAX_ROWS + 1:
                raise UnusableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
            if any(cells):
                yield index, cells

    def _csv_rows(self) -> Iterator[list[Cell]]:
        lines = io.TextIOWrapper(io.BytesIO(self.content), encoding=self.encoding, newline="")
        try:
            yield from csv.reader(lines, delimiter=self.separator)
        except csv.Error:
            raise UnusableFile("cell-too-large", limit=f"{MAX_CELL_CHARS:,}") from None

    def _xlsx_rows(self) -> Iterator[list[Cell]]:
        if not self._sheets:
            self._sheets.append(_first_sheet(self.content))
        yield from self._sheets[0].iter_rows()


def _first_sheet(content: bytes) -> python_calamine.CalamineSheet:
    """Return the first visible sheet that has rows. Raises UnusableFile where there is none, or it cannot be opened."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for meta in book.sheets_metadata:
            if meta.visible is python_calamine.SheetVisibleEnum.Visible:
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.height:
                    return sheet
    except python_calamine.PasswordError:
        raise UnusableFile("encrypted") from None
    except python_calamine.CalamineError:
        raise UnusableFile("corrupt") from None
    raise UnusableFile("no-sheet")


def open_table(content: bytes, name: str = "") -> Table:
    """Return the table in `content`, told by its bytes and not by its name. Raises UnusableFile where there is none."""
    if len(content) > MAX_BYTES:
        raise UnusableFile("too-large", limit=MAX_BYTES // MEGABYTE)
    if not content.strip():
        raise UnusableFile("empty")
    if content.startswith(ZIP_MAGIC):
        _check_workbook(content)
        return Table(name, content, "")
    if content.startswith(OLE_MAGIC):
        raise UnusableFile("encrypted" if ENCRYPTED_STREAM in content else "xls")
    if content.startswith(PDF_MAGIC):
        raise UnusableFile("not-text")
    # Some back offices call an HTML table .xls.
    if content[:CHUNK].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise UnusableFile("html")
    encoding = encoding_of(content)
    return Table(name, content, encoding, _separator(content, encoding))


def _check_workbook(content: bytes) -> None:
    """Refuse what is no XLSX, or would unpack to more than memory should hold.

    Reading each part to its end checks it against its declared size and CRC, so a part cannot lie about its size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise UnusableFile("archive")
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise UnusableFile("bomb", limit=MAX_UNPACKED // MEGABYTE)
            for part in parts:
                data = archive.read(part)
                if part.filename.startswith("xl/worksheets/"):
                    _check_span(data)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError, zlib.error):
        raise UnusableFile("corrupt") from None


def _check_span(sheet: bytes) -> None:
    """Refuse a sheet whose cells lie so far apart that the span between them would fill the memory."""
    found = CELL_REFERENCE.findall(sheet)
    if not found:
        return
    rows = max(int(row) for _, row in found)
    columns = max(_column(letters) for letters in {letters for letters, _ in found})
    if rows > MAX_ROWS + 1:
        raise UnusableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
    if rows * columns > MAX_CELLS:
        raise UnusableFile("bomb", limit=MAX_UNPACKED // MEGABYTE)


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text: by its mark, else UTF-8 if it is valid UTF-8, else GB18030 if it is valid that."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if not _decodes(content, "utf-16"):
            raise UnusableFile("encoding")
        return "utf-16"
    if b"\x00" in content[:4096]:
        raise UnusableFile("not-text")
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(content, encoding):
            return encoding
    raise UnusableFile("encoding")


def _decodes(content: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(content), CHUNK):
            decoder.decode(content[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _separator(content: bytes, encoding: str) -> str:
    """Return what parts the cells of the first line: tab, comma or semicolon, whichever it has most of."""
    head = codecs.getincrementaldecoder(encoding)().decode(content[: 64 * 1024])
    line = next((line for line in head.splitlines() if line.strip()), "")
    if hint := SEPARATOR_HINT.fullmatch(line):
        return hint.group(1)
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",\t;", key=bare.count)
