"""What kind of goods an order holds and what category its lines: from the words of an export to the order's page."""

import pytest
from django.urls import reverse

from merchants.models import Platform, Shop
from orders.drafts import LineDraft
from orders.intake import take_in
from orders.models import Goods, Order
from orders.sources.goods import WORDS, category_of, kind_of, words_of
from tests.orders.making import DOUYIN, PDD, codes, csv, draft, drafts, read

TEMPLATE = "order_number,status,goods,product,category"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("预售", "presale"),
        ("全款预售", "presale"),
        ("定金预售", "presale"),
        ("全款预售（新）", "presale"),
        ("预售订单", "presale"),
        ("虚拟商品", "virtual"),
        ("虚拟商品订单", "virtual"),
        ("卡券", "virtual"),
        ("直邮", "direct_mail"),
        ("海外直邮", "direct_mail"),
        ("保税", "bonded"),
        ("直供", "bonded"),
        ("定制商品", "custom"),
        ("生鲜", "fresh"),
        ("大件", "large"),
        ("Presale", "presale"),
        ("普通订单", ""),
        ("现货", ""),
        ("一般贸易", ""),
        ("飞走了", None),
        ("是", None),
        ("(" * 100_000, None),
    ],
)
def test_a_word_names_a_kind_of_goods_or_nothing_we_know(word: str, kind: str | None) -> None:
    assert kind_of(word, words_of("订单类型")) == kind


@pytest.mark.parametrize(
    ("header", "word", "kind"),
    [
        ("是否预售", "是", "presale"),
        ("是否预售", "否", ""),
        ("预售", "True", "presale"),
        ("是否定制商品", "1", "custom"),
        ("customer", "1", None),
    ],
)
def test_a_column_that_asks_is_answered_with_yes_or_no(header: str, word: str, kind: str | None) -> None:
    assert kind_of(word, words_of(header)) == kind


def test_every_word_means_a_kind_we_have() -> None:
    assert set(WORDS.values()) == {*Goods.values, ""}


@pytest.mark.parametrize(
    ("cells", "path"),
    [
        (["女装", "连衣裙", "", ""], "女装/连衣裙"),
        (["女装 > 连衣裙"], "女装/连衣裙"),
        (["女装->连衣裙"], "女装/连衣裙"),
        (["女装/连衣裙", "女装", "连衣裙"], "女装/连衣裙"),
        (["", "-", None], ""),
        (["类" * 30, "目" * 28, "三级"], "类" * 30 + "/" + "目" * 28),
        (["类" * 70], "类" * 60),
    ],
)
def test_a_category_is_one_path_however_many_columns_tell_it(cells: list, path: str) -> None:
    assert category_of(cells, 60) == path


def test_pdd_names_the_levels_of_a_category_in_four_columns() -> None:
    rows = csv(
        f"{PDD},商品一级类目,商品二级类目,商品三级类目,商品四级类目",
        "260922-1,待发货,杯子,1,5,2026-09-22 08:00:00,,,,,,,家居,餐具,马克杯,",
    )
    (order,) = drafts(rows)
    assert [line.category for line in order.lines] == ["家居/餐具/马克杯"]
    assert order.goods == ""


def test_an_unknown_kind_is_told_and_never_guessed() -> None:
    (reading,) = read(csv(f"{DOUYIN},订单类型", "1,1-1,杯子,1,5,待发货,,,,,飞走了"))
    assert codes([reading]) == [(2, "goods-unknown", False)]
    assert (reading.issues[0].field, reading.issues[0].value) == ("订单类型", "飞走了")
    assert reading.draft is not None
    assert reading.draft.goods == ""


def test_the_first_column_that_names_a_kind_counts_and_ordinary_ones_do_not_hide_it() -> None:
    (order,) = drafts(csv("order_number,是否预售,贸易类型", "A1,否,保税"))
    assert order.goods == "bonded"


def test_an_order_with_one_presale_sub_order_is_a_presale_order() -> None:
    rows = csv(f"{DOUYIN},订单类型", "1,1-1,杯子,1,5,待发货,,,,,普通订单", "1,1-2,碗,1,5,待发货,,,,,全款预售")
    (first, second) = read(rows)
    assert (first.issues, second.issues) == ((), ())
    assert second.draft is not None
    assert second.draft.goods == "presale"


def test_sub_orders_of_several_kinds_are_a_doubt() -> None:
    rows = csv(f"{DOUYIN},订单类型", "1,1-1,杯子,1,5,待发货,,,,,定制", "1,1-2,碗,1,5,待发货,,,,,全款预售")
    readings = read(rows)
    assert codes(readings) == [(3, "goods-differ", False)]
    assert readings[1].issues[0].value == "custom, presale"
    assert readings[1].draft is not None
    assert readings[1].draft.goods == "custom"


def test_a_person_may_say_which_column_names_the_goods_and_the_category() -> None:
    rows = csv(PDD + ",备注甲,备注乙", "260922-1,待发货,杯子,1,5,2026-09-22 08:00:00,,,,,,,预售,家居>餐具")
    (reading,) = read(rows, chosen={"goods": "备注甲", "category": "备注乙"})
    assert reading.draft is not None
    assert reading.draft.goods == "presale"
    assert reading.draft.lines[0].category == "家居/餐具"


@pytest.mark.django_db
class TestStored:
    def test_goods_and_category_go_in(self, shop: Shop, now) -> None:
        take_in(shop, [draft(goods="presale", lines=(LineDraft("1", category="家居/餐具"),))], now)
        order = Order.objects.get()
        assert (order.goods, order.lines.get().category) == ("presale", "家居/餐具")

    def test_a_file_that_says_neither_keeps_both(self, shop: Shop, now) -> None:
        take_in(shop, [draft(goods="presale", lines=(LineDraft("1", category="家居/餐具"),))], now)
        take_in(shop, [draft(lines=(LineDraft("1", "新标题"),))], now)
        order = Order.objects.get()
        line = order.lines.get()
        assert (order.goods, line.title, line.category) == ("presale", "新标题", "家居/餐具")

    def test_a_kind_told_later_wakes_the_order(self, shop: Shop, now) -> None:
        take_in(shop, [draft()], now)
        Order.objects.update(review_at=None)
        take_in(shop, [draft(goods="bonded")], now)
        order = Order.objects.get()
        assert (order.goods, order.review_at) == ("bonded", now)

    def test_the_page_of_the_order_shows_both(self, client, seller, shop: Shop, now) -> None:
        take_in(shop, [draft(goods="direct_mail", lines=(LineDraft("1", "杯子", category="家居/餐具"),))], now)
        client.force_login(seller)
        page = client.get(reverse("order", args=[Order.objects.get().pk])).content.decode()
        assert "Direct mail from abroad" in page
        assert "家居/餐具" in page

    @pytest.mark.parametrize("platform", Platform.values)
    def test_our_template_goes_into_a_shop_of_any_platform(self, shop: Shop, now, platform: str) -> None:
        Shop.objects.filter(pk=shop.pk).update(platform=platform)
        take_in(shop, drafts(csv(TEMPLATE, "SO-1,to_dispatch,presale,杯子,家居/餐具")), now)
        order = Order.objects.get()
        assert (order.status, order.goods, order.lines.get().category) == ("to_dispatch", "presale", "家居/餐具")
