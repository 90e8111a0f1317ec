"""An installation that has orders already finds them by name and by goods once it is upgraded."""

import os

import psycopg2

from orders import names
from shipops.kit.sealed import seal
from tests.shipments.test_migrations import fresh, migrate  # noqa: F401 - a fixture

OLD = """
insert into merchants_merchant (code, name, created_at) values ('m', 'M', now());
insert into merchants_shop (merchant_id, code, name, platform, timezone, currency)
  select id, 's', 'S', 'pdd', 'Asia/Shanghai', 'CNY' from merchants_merchant;
insert into orders_order (shop_id, number, status, amount, refunded, currency, province, city, district, buyer, phone_tail,
    content_hash, created_at, updated_at, review_error)
  select s.id, t.number, 'paid', 0, 0, 'CNY', '', '', '', t.buyer, '', '', now(), now(), ''
  from merchants_shop s, (values ('A1', %s::bytea), ('A2', %s::bytea), ('A3', null)) as t (number, buyer);
insert into orders_orderline (order_id, number, title, spec, sku, quantity, category)
  select o.id, t.number, t.title, '', t.sku, 1, '' from orders_order o,
    (values ('1', '陶瓷餐具', 'TC-6'), ('2', '', '')) as t (number, title, sku);
"""


def test_names_get_their_keys_and_lines_their_products(fresh: str, settings) -> None:  # noqa: F811
    migrate(fresh, "orders", "0002")
    sealed = [seal({"name": name}) for name in ("王小明", "Mary Smith")]
    with psycopg2.connect(fresh) as connection, connection.cursor() as cursor:
        cursor.execute(OLD, sealed)
    migrate(fresh)
    with psycopg2.connect(fresh) as connection, connection.cursor() as cursor:
        cursor.execute("select shop_id, number, name_key, name_words from orders_order order by number")
        (shop, *first), second, third = cursor.fetchall()
        assert first == ["A1", names.key(shop, "王小明"), None]
        assert second[1:] == ("A2", names.key(shop, "Mary Smith"), names.word_keys(shop, "Mary Smith"))
        assert third[1:] == ("A3", None, None)
        cursor.execute("select count(distinct product_id), count(product_id) from orders_orderline")
        assert cursor.fetchone() == (1, 3)
    assert os.environ["DATABASE_URL"] != fresh
