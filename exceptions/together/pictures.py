"""Pictures and papers as they may be kept: looked at before they are believed, and pictures written anew. Pure.

What is kept of a picture is its pixels, turned upright: no place, no time, no camera, nothing hidden behind its end.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final, NoReturn

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MEGABYTE: Final = 1024 * 1024
LARGEST: Final = 10 * MEGABYTE
# 40 million pixels are 160 MB while they are turned; a phone's photo has 12 to 24 million.
MOST_PIXELS: Final = 40_000_000
# Longest side of what is kept: a waybill's print stays readable.
LONGEST_SIDE: Final = 3000
THUMBNAIL: Final = 320
QUALITY: Final = 88
# Format of a picture → (media type, ending). Others are not opened at all, whatever their name says.
PICTURES: Final = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
PDF: Final = "application/pdf"
HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis")


class Unfit(Exception):
    """A file that is not kept; the message is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a file. Hashes are SHA-256 in hex; `thumbnail` is a JPEG, empty of a paper."""

    media_type: str
    size: int
    sha256: str
    content: bytes
    kept_sha256: str
    thumbnail: bytes = b""
    width: int = 0
    height: int = 0


def read(data: bytes) -> Kept:
    """Return what is kept of a file. Raises Unfit for what is no picture or PDF, too large, or broken."""
    if not data:
        raise Unfit(_("The file is empty."))
    if len(data) > LARGEST:
        too_large()
    if data[:5] == b"%PDF-":
        return _paper(data)
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        raise Unfit(
            _("HEIC pictures cannot be read here. Set the phone’s camera to “Most compatible”, or send a JPEG.")
        )
    return _picture(data)


def too_large() -> NoReturn:
    """Refuse a file by its size alone. Raises Unfit."""
    sentence = _("It is larger than {most} MB. Take the picture with less, or send a part of the paper.")
    raise Unfit(sentence.format(most=LARGEST // MEGABYTE))


def _paper(data: bytes) -> Kept:
    if b"%%EOF" not in data[-2048:]:
        raise Unfit(_("The PDF is cut off. Send it again."))
    digest = hashlib.sha256(data).hexdigest()
    return Kept(PDF, len(data), digest, data, digest)


def _picture(data: bytes) -> Kept:
    try:
        with warnings.catch_warnings():
            # Ours is the limit that counts.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(PICTURES)) as image:
                if image.width * image.height > MOST_PIXELS:
                    sentence = _("It has more than {most} million pixels. Send it smaller.")
                    raise Unfit(sentence.format(most=MOST_PIXELS // 1_000_000))
                image.load()
                upright = ImageOps.exif_transpose(image)
                return _written(data, image.format or "", upright)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise Unfit(_("It is no picture that can be kept. Send JPEG, PNG, WebP or PDF.")) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError):
        # What Pillow's readers raise for a file that is cut off or wrong inside.
        raise Unfit(_("The picture is damaged. Send it again.")) from None


def _written(data: bytes, format_: str, image: Image.Image) -> Kept:
    """The pixels of a picture in a new file of the same format; a moving one keeps its first frame."""
    media_type, _ending = PICTURES[format_]
    clear = image.has_transparency_data and format_ != "JPEG"
    plain = image.convert("RGBA" if clear else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain.info.clear()
    content = _saved(plain, format_)
    small = plain.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Kept(
        media_type=media_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        content=content,
        kept_sha256=hashlib.sha256(content).hexdigest(),
        thumbnail=_saved(small, "JPEG"),
        width=plain.width,
        height=plain.height,
    )


def _saved(image: Image.Image, format_: str) -> bytes:
    target = io.BytesIO()
    if format_ == "PNG":
        image.save(target, "PNG", optimize=False)
    else:
        image.save(target, format_, quality=QUALITY)
    return target.getvalue()


def ending(media_type: str) -> str:
    """The ending a file of this type is saved under."""
    return next((end for kind, end in PICTURES.values() if kind == media_type), "pdf")
