"""How large an upload may be: decided before its first byte is kept, whoever sends it and to whichever page."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class WithinLimit(FileUploadHandler):
    """The first of the upload handlers: refuses the whole body, and leaves the files of others to the next handler."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, str], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """Raise RequestDataTooBig (413) where the body is larger than LARGEST_UPLOAD bytes."""
        if content_length > settings.LARGEST_UPLOAD:
            raise RequestDataTooBig(f"The upload is larger than {settings.LARGEST_UPLOAD} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
