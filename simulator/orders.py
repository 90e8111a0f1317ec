"""Orders as five marketplaces know them: from a seed, an anchor and an index to one order with its whole future.

Pure: the same arguments give the same order. Money is in fen, instants are seconds since the epoch.
"""

from dataclasses import dataclass
from random import Random

from simulator import scenarios as sc
from simulator.catalogue import CARRIERS, FAMILY_SHARE, GOODS, ORIGIN, SHOPS, SURNAMES, Carrier, Goods
from simulator.instants import DAY, HOUR, MINUTE, local_date, local_midnight, local_second_of_day
from simulator.places import CITIES, REMOTE_PROVINCES, WEIGHTS, distance_km

Place = tuple[int, int]  # position in CITIES, position in its districts

PAST_DAYS = 10
# One Douyin order of so many is of goods sold before they are made.
PRESALE_EVERY = 12
# What sellers choose on a platform for a company it does not list, and how often: nobody can follow such a parcel.
OTHER_CARRIER = "其他快递"
OTHER_EVERY = 120
# How the numbers of platforms begin that are nothing but digits.
_NUMBER_HEADS = {"douyin": "69", "taobao": "28", "kuaishou": "24", "wechat": "37"}
# Orders by hour of the Shanghai day: a lunch peak and a long evening one.
_RHYTHM = (5, 3, 2, 1, 1, 2, 4, 8, 14, 20, 24, 24, 26, 24, 22, 21, 21, 20, 21, 26, 34, 38, 30, 15)
# Multipliers without a factor 2 or 5 make index -> number one to one, so numbers never collide.
_WAYBILL_FACTOR = 7_368_787_841
_ORDER_FACTOR = 48_271_634_209_433


@dataclass(frozen=True, slots=True)
class Line:
    """One line of goods; price and discounts in fen."""

    number: str
    goods: Goods
    spec: int
    quantity: int
    shop_discount: int
    platform_discount: int

    @property
    def price(self) -> int:
        """Price of one piece in fen."""
        return self.goods.specs[self.spec][1]

    @property
    def total(self) -> int:
        """Price of all pieces in fen, before discounts."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `carrier` is what the seller wrote, `actual` who carries; instants that never come are None."""

    index: int
    shop: str
    platform: str
    number: str
    lines: tuple[Line, ...]
    postage: int
    buyer: str
    phone: str
    phone_tail: str
    origin: Place
    dest: Place
    scenario: str
    late: int | None
    carrier: Carrier
    actual: Carrier
    waybill: str
    return_waybill: str
    created_at: int
    paid_at: int | None
    promise_at: int
    deliver_by: int
    ship_at: int | None
    cancelled_at: int | None = None
    refunded_at: int | None = None
    ended_at: int | None = None
    confirmed_at: int | None = None
    drift: int = 0

    @property
    def presale(self) -> bool:
        """The goods are sold before they are there; the promise is then the seller's own."""
        return self.platform == "douyin" and self.index % PRESALE_EVERY == 0

    @property
    def carrier_name(self) -> str:
        """The company as the seller wrote it on the platform."""
        return OTHER_CARRIER if self.scenario == sc.NORMAL and self.index % OTHER_EVERY == 0 else self.carrier.name

    @property
    def goods_total(self) -> int:
        """Goods before discounts, in fen."""
        return sum(line.total for line in self.lines)

    @property
    def paid_total(self) -> int:
        """What the buyer pays, in fen."""
        return self.goods_total + self.postage - self.shop_discount - self.platform_discount

    @property
    def shop_discount(self) -> int:
        """Discount the shop gave, in fen."""
        return sum(line.shop_discount for line in self.lines)

    @property
    def platform_discount(self) -> int:
        """Discount the marketplace gave, in fen."""
        return sum(line.platform_discount for line in self.lines)


def created_instant(rng: Random, anchor: int, position: int, count: int) -> int:
    """When an order of the past was made: even over the days before the anchor, by the rhythm within each day."""
    start = anchor - PAST_DAYS * DAY + (position * PAST_DAYS // count) * DAY
    hour = rng.choices(range(24), _RHYTHM)[0]
    second_of_day = hour * HOUR + rng.randrange(HOUR)
    return start + (second_of_day - local_second_of_day(start)) % DAY


def draft(seed: int, index: int, scenario: str, late: int | None, created_at: int) -> Order:
    """An order with the seller's side of its future; the parcel's side is `tracks.plan`."""
    rng = Random(f"{seed}:{index}:order")
    shop = rng.choices(SHOPS, [shop.share for shop in SHOPS])[0]
    families = FAMILY_SHARE[shop.code]
    family = rng.choices([name for name, _ in families], [share for _, share in families])[0]
    dest = _dest(rng)
    carrier, actual = _carriers(rng, scenario)
    lines = _lines(rng, seed, index, shop.platform, family)
    phone, tail = _phone(rng)
    paid_at = None if scenario == sc.UNPAID else created_at + rng.randrange(8, 40 if rng.random() < 0.8 else 1500)
    promise_at = (paid_at or created_at) + _promise_hours(rng, shop.platform) * HOUR
    ship_at = _ship_instant(rng, scenario, late, paid_at, promise_at)
    cancelled_at, refunded_at = _endings(rng, scenario, created_at, paid_at, ship_at)
    return Order(
        index=index,
        shop=shop.code,
        platform=shop.platform,
        number="",
        lines=lines,
        postage=800 if CITIES[dest[0]].province_short in REMOTE_PROVINCES else 0,
        buyer=rng.choice(SURNAMES) + rng.choice(("*", "**", "**")),
        phone=phone,
        phone_tail=tail,
        origin=ORIGIN[family],
        dest=dest,
        scenario=scenario,
        late=late,
        carrier=carrier,
        actual=actual,
        waybill=waybill_number(seed, index, actual),
        return_waybill=waybill_number(seed, index + 500_000_000, actual),
        created_at=created_at,
        paid_at=paid_at,
        promise_at=promise_at,
        deliver_by=_deliver_by(promise_at, family, dest[0]),
        ship_at=ship_at,
        cancelled_at=cancelled_at,
        refunded_at=refunded_at,
    )


def order_number(seed: int, order_index: int, platform: str, created_at: int) -> str:
    """A number in the platform's own form: PDD yymmdd-15 digits, the others 19 digits."""
    digits = 15 if platform == "pdd" else 17
    body = f"{(order_index * _ORDER_FACTOR + seed * 104_729 + 31_415_926_535) % 10**digits:0{digits}d}"
    if platform == "pdd":
        return f"{local_date(created_at):%y%m%d}-{body}"
    return _NUMBER_HEADS[platform] + body


def waybill_number(seed: int, index: int, carrier: Carrier) -> str:
    """A number with the carrier's prefix and length; unique per carrier."""
    body = (index * _WAYBILL_FACTOR + seed * 7_919 + 2_718_281_828) % 10**carrier.digits
    return f"{carrier.prefix}{body:0{carrier.digits}d}"


def _dest(rng: Random) -> Place:
    city = rng.choices(range(len(CITIES)), WEIGHTS)[0]
    return city, rng.randrange(len(CITIES[city].districts))


def _carriers(rng: Random, scenario: str) -> tuple[Carrier, Carrier]:
    carrier = rng.choices(CARRIERS, [one.share for one in CARRIERS])[0]
    other = rng.choice([one for one in CARRIERS[:5] if one is not carrier])
    return carrier, other if scenario == sc.WRONG_COMPANY else carrier


def _lines(rng: Random, seed: int, index: int, platform: str, family: str) -> tuple[Line, ...]:
    # A PDD order is one product by the platform's design.
    count = 1 if platform == "pdd" or rng.random() < 0.82 else rng.choice((2, 2, 3))
    goods = rng.sample([one for one in GOODS if one.family == family], count)
    lines = []
    for position, one in enumerate(goods):
        spec = rng.randrange(len(one.specs))
        quantity = rng.choice((1, 1, 1, 1, 2, 3))
        price = one.specs[spec][1] * quantity
        lines.append(
            Line(
                number=order_number(seed, index * 4 + position + 1_000_000_000, "douyin", 0),
                goods=one,
                spec=spec,
                quantity=quantity,
                shop_discount=rng.choice((0, 0, price // 20, min(1000, price // 10))),
                platform_discount=rng.choice((0, 0, 0, min(500, price // 12))),
            )
        )
    return tuple(lines)


def _phone(rng: Random) -> tuple[str, str]:
    """A masked number, or a virtual one with an extension; with the four digits a carrier checks."""
    tail = f"{rng.randrange(10000):04d}"
    if rng.random() < 0.3:
        return f"13800138000-{tail}", tail
    return f"{rng.choice(('138', '139', '150', '158', '177', '186', '189'))}****{tail}", tail


def _promise_hours(rng: Random, platform: str) -> int:
    return rng.choices((48, 72, 24), (80, 12, 8 if platform == "douyin" else 0))[0]


def _ship_instant(rng: Random, scenario: str, late: int | None, paid_at: int | None, promise_at: int) -> int | None:
    if paid_at is None or scenario == sc.REFUNDED:
        return None
    if scenario == sc.NOT_DISPATCHED:
        return None if late is None else promise_at + late
    quick = promise_at - paid_at <= 24 * HOUR
    at = paid_at + int(rng.uniform(0.5, 6 if quick else 20) * HOUR)
    if 9 * HOUR <= local_second_of_day(at) < 19 * HOUR:
        return at
    morning = local_midnight(at) + (DAY if local_second_of_day(at) >= 19 * HOUR else 0)
    return morning + 9 * HOUR + rng.randrange(3 * HOUR)


def _endings(
    rng: Random, scenario: str, created_at: int, paid_at: int | None, ship_at: int | None
) -> tuple[int | None, int | None]:
    """(cancelled, refunded) before anything is delivered."""
    if paid_at is None:
        return created_at + rng.choice((30 * MINUTE, 6 * HOUR, 24 * HOUR)), None
    if scenario == sc.REFUNDED:
        return None, paid_at + int(rng.uniform(0.1, 10) * HOUR)
    if ship_at is None:
        return None, paid_at + int(rng.uniform(6, 9) * DAY)
    if scenario in (sc.NEVER_PICKED, sc.LOST, sc.NO_RECORD):
        return None, ship_at + int(rng.uniform(7, 10) * DAY)
    return None, None


def _deliver_by(promise_at: int, family: str, dest_city: int) -> int:
    """The promised delivery: some natural days after the promised dispatch, at the end of the day."""
    days = 2 + distance_km(ORIGIN[family][0], dest_city) // 900
    return local_midnight(promise_at) + days * DAY + DAY - 1
