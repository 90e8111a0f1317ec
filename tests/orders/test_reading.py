import io
import struct
import zipfile

import pytest

from orders.errors import UnusableFile
from orders.sources import reading
from orders.sources.reading import MAX_BYTES, open_table
from tests.orders.making import csv, xlsx


def rows(content: bytes) -> list:
    return list(open_table(content).rows())


def refusal(content: bytes) -> str:
    with pytest.raises(UnusableFile) as caught:
        rows(content)
    assert str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_text_table_is_read_in_every_encoding_with_every_separator(encoding: str, separator: str) -> None:
    text = separator.join(["订单号", "商品"]) + "\r\n" + separator.join(["1", "镕的杯子"]) + "\r\n"
    assert rows(text.encode(encoding)) == [(1, ["订单号", "商品"]), (2, ["1", "镕的杯子"])]


def test_quotes_hold_separators_and_line_breaks_together() -> None:
    content = csv("number,title", '1,"red, ""large""', 'two lines"', "2,blue")
    assert rows(content) == [(1, ["number", "title"]), (2, ["1", 'red, "large"\ntwo lines']), (3, ["2", "blue"])]


def test_blank_rows_are_left_out_but_counted() -> None:
    assert [row for row, _ in rows(csv("number,title", ",", "", "1,a"))] == [1, 4]


def test_a_separator_hint_of_excel_is_followed() -> None:
    assert rows(csv("sep=;", "a,b;c"))[1] == (2, ["a,b", "c"])


def test_a_workbook_is_read_with_the_numbers_of_its_rows() -> None:
    assert rows(xlsx([], ["订单号", "数量"], ["A1", 2])) == [(2, ["订单号", "数量"]), (3, ["A1", 2.0])]


def test_what_is_no_table_is_refused_with_its_remedy() -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("orders.csv", "a,b")
    assert refusal(b"") == "empty"
    assert refusal(b" \r\n ") == "empty"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "xls"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert refusal(plain.getvalue()) == "archive"
    assert refusal(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") == "not-text"
    assert refusal(b"%PDF-1.7\n1 0 obj") == "not-text"
    assert refusal("\ufeff\n<html><table><tr><td>订单号</td></tr></table>".encode()) == "html"
    assert refusal(b"a,b\n\xff\xff\xff\xff,\xfe") == "encoding"
    assert refusal(b"a" * (MAX_BYTES + 1)) == "too-large"
    assert refusal(b'a,b\n"' + b"x" * 200_000) == "cell-too-large"


def test_a_workbook_cut_off_in_transfer_is_refused() -> None:
    content = xlsx(["a"], ["b"])
    assert refusal(content[: len(content) // 2]) == "corrupt"
    assert refusal(content[:200] + bytes(200) + content[400:]) == "corrupt"


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED", 2000)
    assert refusal(xlsx(["a"], ["b"])) == "bomb"


def test_a_workbook_whose_cells_lie_too_far_apart_is_refused() -> None:
    content = xlsx(["a"])
    far = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(far, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b'r="A1"', b'r="XFD400000"')
            new.writestr(part.filename, data)
    assert refusal(far.getvalue()) == "bomb"
    assert refusal(far.getvalue().replace(b"x", b"y", 0)) == "bomb"


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(xlsx(["a"], ["b"]))
    where = content.rfind(b"PK\x01\x02")
    size = struct.unpack_from("<I", content, where + 24)[0]
    struct.pack_into("<I", content, where + 24, size - 1)
    assert refusal(bytes(content)) == "corrupt"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    assert refusal(csv("a", "1", "2", "3")) == "too-many-rows"


@pytest.mark.parametrize("head", [b"", "订单号,x\n".encode("utf-16-le") * 9000])
def test_a_utf_16_text_that_is_none_is_refused(head: bytes) -> None:
    assert refusal(b"\xff\xfe" + head + b"\x00\xd8A\x00") == "encoding"
