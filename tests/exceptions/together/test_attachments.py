"""Files of a case over the web: kept, shown to those who may see the case, removed with a line in the log."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.models import Attachment, AttachmentBody, Case, CaseEntry
from exceptions.together import attachments
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch
from tests.exceptions.together.test_pictures import PDF, a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(shop: Shop) -> Case:
    return late_dispatch(shop, timezone.now())


@pytest.fixture
def browser(client: Client, support: User) -> Client:
    client.force_login(support)
    return client


def a_file(name: str = "面单.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data if data is not None else a_picture())


def put(browser: Client, case: Case, *files: SimpleUploadedFile):  # type: ignore[no-untyped-def]
    return browser.post(reverse("case-attach", args=[case.pk]), {"file": list(files)}, follow=True)


def test_several_files_are_kept_at_once_with_one_line_in_the_log(browser: Client, case: Case, support: User) -> None:
    page = put(browser, case, a_file(), a_file("签收.pdf", PDF)).content.decode()
    assert "2 files are kept." in page
    picture, paper = Attachment.objects.order_by("pk")
    assert (picture.name, picture.media_type, picture.width, picture.by) == ("面单.jpg", "image/jpeg", 60, support)
    assert (paper.name, paper.media_type, paper.width) == ("签收.pdf", "application/pdf", 0)
    entry = CaseEntry.objects.latest("pk")
    assert (entry.action, entry.by, entry.detail) == ("note", support, {"attached": ["面单.jpg", "签收.pdf"]})
    assert "attached 面单.jpg, 签收.pdf" in page
    assert reverse("attachment-small", args=[picture.pk]) in page


def test_one_that_cannot_be_kept_is_told_and_stops_no_other(browser: Client, case: Case) -> None:
    page = put(browser, case, a_file(), a_file("x.gif", b"GIF89a"), a_file("again.jpg")).content.decode()
    assert "1 file is kept." in page
    assert "x.gif: It is no picture that can be kept. Send JPEG, PNG, WebP or PDF." in page
    assert "again.jpg: It is kept with this case already." in page
    assert Attachment.objects.count() == 1


def test_a_name_says_what_the_file_is_and_holds_no_folder(browser: Client, case: Case) -> None:
    put(browser, case, a_file("..\\..\\evil\u202ejpg.exe"))
    assert Attachment.objects.get().name == "eviljpg.jpg"
    assert attachments.clean("/etc/passwd") == "passwd"
    assert attachments.clean("...") == "file"


def test_a_case_keeps_twenty_files(browser: Client, case: Case, support: User) -> None:
    sent = [attachments.Sent(f"{n}.png", a_picture("PNG", (n + 1, 1))) for n in range(21)]
    with translation.override("en"):
        outcomes = attachments.add(member_of(support), case.pk, sent, timezone.now())
    assert [bool(one.attachment) for one in outcomes] == [True] * 20 + [False]
    assert outcomes[-1].problem == "A case keeps at most 20 files. Remove one first."


def test_nothing_chosen_is_said(browser: Client, case: Case) -> None:
    answer = browser.post(reverse("case-attach", args=[case.pk]))
    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (422, True)


def test_a_picture_is_shown_and_a_paper_only_saved(browser: Client, case: Case) -> None:
    put(browser, case, a_file(), a_file("签收.pdf", PDF))
    picture, paper = Attachment.objects.order_by("pk")
    shown = browser.get(reverse("attachment", args=[picture.pk]))
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in shown["Cache-Control"] and "immutable" in shown["Cache-Control"]
    assert shown.content == bytes(AttachmentBody.objects.get(attachment=picture).content)
    saved = browser.get(reverse("attachment", args=[paper.pk]))
    assert (saved["Content-Type"], saved.content) == ("application/pdf", PDF)
    assert saved["Content-Disposition"].startswith("attachment")
    small = browser.get(reverse("attachment-small", args=[picture.pk]))
    assert small["Content-Type"] == "image/jpeg"


def test_who_may_not_see_the_case_does_not_learn_of_its_files(
    browser: Client, case: Case, other_shop: Shop, stranger: User, support: User
) -> None:
    put(browser, case, a_file())
    pk = Attachment.objects.get().pk
    browser.force_login(stranger)
    for name in ("attachment", "attachment-small", "api-attachment"):
        assert browser.get(reverse(name, args=[pk])).status_code == 404
    assert browser.post(reverse("attachment-remove", args=[pk])).status_code == 404
    theirs = late_dispatch(other_shop, timezone.now(), number="other")
    browser.force_login(support)
    assert put(browser, theirs, a_file()).status_code == 404


def test_removing_deletes_the_bytes_and_leaves_a_line_in_the_log(browser: Client, case: Case, support: User) -> None:
    put(browser, case, a_file())
    kept = Attachment.objects.get()
    page = browser.post(reverse("attachment-remove", args=[kept.pk]), follow=True).content.decode()
    assert "面单.jpg is removed." in page
    assert "removed 面单.jpg" in page
    assert not AttachmentBody.objects.exists()
    kept.refresh_from_db()
    assert kept.removed_by == support
    assert CaseEntry.objects.latest("pk").detail == {"removed": "面单.jpg", "sha256": kept.sha256}
    assert browser.get(reverse("attachment", args=[kept.pk])).status_code == 404
    assert browser.post(reverse("attachment-remove", args=[kept.pk])).status_code == 404
    put(browser, case, a_file())
    assert Attachment.objects.filter(removed_at=None).count() == 1, "it may be added again"


def test_keeping_a_file_holds_the_owners_claim(browser: Client, case: Case, support: User) -> None:
    begin = timezone.now() - timedelta(minutes=50)
    act(member_of(support), case.pk, Action.ASSIGN, now=begin, assignee=support.pk)
    put(browser, case, a_file())
    assert Case.objects.get().claimed_until > timezone.now() + timedelta(minutes=59)


def test_a_list_reads_no_bytes(browser: Client, case: Case, django_assert_num_queries) -> None:
    put(browser, case, a_file(), a_file("b.png", a_picture("PNG")))
    with django_assert_num_queries(1) as captured:
        assert len(attachments.of_case(case)) == 2
    assert "attachmentbody" not in captured.captured_queries[0]["sql"]


def test_the_same_goes_over_rest(browser: Client, case: Case) -> None:
    url = reverse("api-case-attachments", args=[case.pk])
    kept, refused = browser.post(url, {"file": [a_file(), a_file("x.gif", b"GIF89a")]}).json()
    assert (kept["attachment"]["media_type"], kept["problem"], refused["attachment"]) == ("image/jpeg", "", None)
    (listed,) = browser.get(url).json()
    assert listed == kept["attachment"]
    one = reverse("api-attachment", args=[listed["id"]])
    assert browser.get(one).json() == listed
    assert browser.delete(one).status_code == 204
    assert browser.get(url).json() == []
    assert browser.post(url).status_code == 400
