"""The demo's merchant: there after the first run, left alone by the next."""

import pytest
from django.core.management import call_command

from merchants.models import Shop

pytestmark = pytest.mark.django_db


def test_the_shops_say_where_they_ship_from_and_keep_what_an_admin_says(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo")
    assert set(Shop.objects.values_list("code", "province", "city")) == {
        ("MT-PDD", "江苏省", "南通市"),
        ("MT-DY", "江西省", "景德镇市"),
        ("MT-TB", "江苏省", "南通市"),
        ("MT-KS", "江苏省", "南通市"),
        ("MT-WX", "江苏省", "南通市"),
    }
    Shop.objects.filter(code="MT-DY").update(province="浙江省", city="")
    call_command("seed_demo")
    assert Shop.objects.get(code="MT-DY").province == "浙江省"
    assert "linxiao / shipops-demo   admin" in capsys.readouterr().out
