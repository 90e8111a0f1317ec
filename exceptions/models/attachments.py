"""Pictures and papers kept with a case."""

from django.db import models
from django.db.models import Q

from exceptions.models.cases import Case
from merchants.models import User

LONGEST_NAME = 120


class Attachment(models.Model):
    """One file of a case: what it was when it came, and what is kept of it. Its bytes lie in `AttachmentBody`."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attachments")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    name = models.CharField(max_length=LONGEST_NAME)
    media_type = models.CharField(max_length=40)
    # Bytes and SHA-256 (hex) of the file as it came; nobody has it any more, but whoever has can prove it.
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    # The same of what is kept.
    kept_size = models.PositiveIntegerField()
    kept_sha256 = models.CharField(max_length=64)
    # Of a picture, in pixels; 0 of a paper.
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            # The same file twice is a slip of the hand.
            models.UniqueConstraint(fields=["case", "sha256"], name="attachment_once", condition=Q(removed_at=None)),
        ]

    def __str__(self) -> str:
        return self.name


class AttachmentBody(models.Model):
    """The bytes of an attachment, deleted with its removal; apart, so that no list ever reads them."""

    attachment = models.OneToOneField(Attachment, models.CASCADE, primary_key=True, related_name="body")
    content = models.BinaryField()
    # A small JPEG of a picture; empty of a paper.
    thumbnail = models.BinaryField(default=b"")

    class Meta:
        verbose_name_plural = "attachment bodies"

    def __str__(self) -> str:
        return f"{self.attachment_id}"
