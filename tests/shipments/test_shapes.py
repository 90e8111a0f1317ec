"""Keys in any spelling, forms in any state, and signatures over what a framework escaped."""

import base64
import hmac
import html

from shipments.carriers import _shapes

SECRET = b"demo-secret"


def sign(data: bytes) -> str:
    return base64.b64encode(hmac.digest(SECRET, data, "sha256")).decode()


def test_an_object_is_read_under_any_spelling_of_its_keys_and_the_first_that_tells_something_stays() -> None:
    told = {"waybill_No": None, "waybillNo": "1", "WAYBILL-NO": "2", "scan Time": 3, "data": {"a": 1}}
    assert _shapes.plain(told) == {"waybillno": "1", "scantime": 3, "data": {"a": 1}}
    assert _shapes.folded(told) == {"waybillno": "1", "scantime": "3"}
    assert _shapes.first(_shapes.plain(told), "data", "none", "scantime") == "3"


def test_a_push_that_a_tool_kept_as_json_has_the_fields_of_its_form() -> None:
    form = b'data={"a":"1&2"}&data_digest=x%2B'
    kept = b'\xef\xbb\xbf{"Data":{"a":"1&2"},"data_digest":"x+"}'
    assert _shapes.pushed(form, "data", "data_digest") == _shapes.pushed(kept, "data", "data_digest")
    assert _shapes.pushed(b"{cut", "data") == {}


class TestSignatures:
    def test_a_plus_that_became_a_blank_is_mended_wherever_it_stands(self) -> None:
        data = next(data for n in range(10_000) if sign(data := str(n).encode())[0] == "+")
        assert _shapes.signed(data, sign(data).replace("+", " ").encode() + b"\r\n", sign)
        assert _shapes.signed(data, sign(data).replace("+", "%2B").encode(), sign)

    def test_what_was_escaped_for_html_on_the_way_is_verified_as_it_was_sent(self) -> None:
        for encoding in ("utf-8", "gb18030"):
            sent = '{"desc":"已签收"}'
            escaped = html.escape(sent).encode(encoding)
            assert _shapes.signed(escaped, sign(sent.encode(encoding)).encode(), sign)
            assert not _shapes.signed(escaped + b" ", sign(sent.encode(encoding)).encode(), sign)
