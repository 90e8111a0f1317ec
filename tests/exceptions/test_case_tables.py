"""Cases on the pages of orders and waybills."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from exceptions import sweep
from exceptions.models import Case
from merchants.models import Shop, User
from orders.models import Dispatch
from shipments.models import Parcel
from tests.exceptions.making import a_parcel, an_order

pytestmark = pytest.mark.django_db


def test_a_waybills_page_shows_the_cases_of_the_orders_one_may_see(
    client: Client, shop: Shop, other_shop: Shop, support: User, now: datetime
) -> None:
    long_ago = now - timedelta(hours=40)
    waybill = a_parcel(an_order(shop, "mine", long_ago), "YT8834201944712", long_ago)
    theirs = an_order(other_shop, "theirs", long_ago)
    dispatch = Dispatch.objects.create(order=theirs, carrier_name="圆通", number=waybill.number, uploaded_at=long_ago)
    Parcel.objects.create(dispatch=dispatch, waybill=waybill)
    sweep.judge_batch(now)
    mine, other = (Case.objects.get(order__number=number, kind="late_pickup") for number in ("mine", "theirs"))
    client.force_login(support)
    page = client.get(reverse("waybill", args=[waybill.pk])).content.decode()
    assert reverse("case", args=[mine.pk]) in page
    assert reverse("case", args=[other.pk]) not in page


def test_a_waybills_page_shows_no_case_where_there_is_none_and_lets_one_be_reported(
    client: Client, shop: Shop, support: User, now: datetime
) -> None:
    waybill = a_parcel(an_order(shop, "mine", now), "YT8834201944712", now)
    client.force_login(support)
    page = client.get(reverse("waybill", args=[waybill.pk])).content.decode()
    assert "/cases/" not in page
    assert f"{reverse('report-new')}?waybill={waybill.pk}" in page
