"""What is kept of a picture: its pixels, upright, and nothing else."""

import hashlib
import io

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from exceptions.together import pictures
from exceptions.together.pictures import Unfit, read

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


def a_picture(format_: str = "JPEG", size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(target, format_, **options)
    return target.getvalue()


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("format_", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_picture_is_written_anew_in_its_own_format(format_: str, media_type: str) -> None:
    data = a_picture(format_)
    kept = read(data)
    assert (kept.media_type, kept.width, kept.height, kept.size) == (media_type, 60, 40, len(data))
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert kept.kept_sha256 == hashlib.sha256(kept.content).hexdigest()
    assert Image.open(io.BytesIO(kept.content)).format == format_
    assert Image.open(io.BytesIO(kept.thumbnail)).format == "JPEG"


def test_place_and_camera_are_left_out_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)  # GPS latitude
    data = a_picture(exif=exif, comment=b"13800005521")
    assert b"SecretCam" in data
    kept = read(data)
    assert (kept.width, kept.height) == (40, 60)
    after = Image.open(io.BytesIO(kept.content))
    assert dict(after.getexif()) == {}
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(after.info)
    assert b"SecretCam" not in kept.content
    assert b"13800005521" not in kept.content


def test_text_in_a_png_and_what_hides_behind_the_end_are_left_out() -> None:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("note", "13800005521")
    data = a_picture("PNG", pnginfo=words) + b"<script>alert(1)</script>"
    kept = read(data)
    assert b"13800005521" not in kept.content
    assert b"script" not in kept.content


def test_a_large_picture_is_kept_smaller_and_still_readable() -> None:
    kept = read(a_picture(size=(4000, 1000)))
    assert (kept.width, kept.height) == (3000, 750)


def test_what_shines_through_stays_so() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, "PNG")
    assert Image.open(io.BytesIO(read(target.getvalue()).content)).mode == "RGBA"


def test_a_paper_is_kept_as_it_is() -> None:
    kept = read(PDF)
    assert (kept.media_type, kept.content, kept.thumbnail, kept.sha256) == (
        "application/pdf",
        PDF,
        b"",
        kept.kept_sha256,
    )


def bomb() -> bytes:
    """A picture of ten thousand pixels a side in a few kilobytes."""
    target = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"GIF89a" + b"\0" * 40, "It is no picture that can be kept. Send JPEG, PNG, WebP or PDF."),
        (b"<svg onload=alert(1)>", "It is no picture that can be kept. Send JPEG, PNG, WebP or PDF."),
        (a_picture()[:300], "The picture is damaged. Send it again."),
        (PDF[:20], "The PDF is cut off. Send it again."),
        (
            b"\0\0\0\x18ftypheic" + b"\0" * 40,
            "HEIC pictures cannot be read here. Set the phone’s camera to “Most compatible”, or send a JPEG.",
        ),
        (
            b"\xff\xd8\xff" + b"\0" * pictures.LARGEST,
            "It is larger than 10 MB. Take the picture with less, or send a part of the paper.",
        ),
    ],
    ids=["empty", "gif", "svg", "cut off", "half a PDF", "heic", "too large"],
)
def test_what_cannot_be_kept_is_refused_with_the_remedy(data: bytes, sentence: str) -> None:
    with pytest.raises(Unfit) as refusal:
        read(data)
    assert str(refusal.value) == sentence


def test_a_bomb_is_not_unpacked() -> None:
    data = bomb()
    assert len(data) < 100_000
    with pytest.raises(Unfit) as refusal:
        read(data)
    assert str(refusal.value) == "It has more than 40 million pixels. Send it smaller."


SEEDS = [a_picture("JPEG"), a_picture("PNG"), a_picture("WEBP"), PDF]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=4)), max_size=6))
def test_whatever_comes_it_is_kept_or_refused_in_a_sentence(seed: bytes, spoils: list) -> None:
    data = bytearray(seed)
    for place, bytes_ in spoils:
        data[place % len(data) : place % len(data) + len(bytes_)] = bytes_
    try:
        told = read(bytes(data)).content
    except Unfit as refusal:
        told = str(refusal).encode()
    assert told
