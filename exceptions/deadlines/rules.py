"""Facts and rules → clocks with absolute instants. Pure and timeless: nothing here knows what time it is."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from exceptions.deadlines import facts as known
from exceptions.deadlines.clocks import ClockDraft, Silence
from exceptions.deadlines.facts import OrderFacts, ParcelFacts, TicketFacts
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.lengths import NotJudged, due
from exceptions.deadlines.moments import ORDER_MOMENTS, PARCEL_MOMENTS, PROMISES, TICKET_MOMENTS, TROUBLE_MOMENTS
from exceptions.deadlines.rulebook import Rule, Rulebook
from exceptions.deadlines.terms import Term
from exceptions.deadlines.troubles import Trouble, troubles

# Goods coming home are owed to us whatever became of the order, and so are answers.
PAST_VOID = frozenset({"returning"})
# What went wrong says for itself whether it still matters (exceptions.deadlines.troubles).
ASKED_ANYWAY = frozenset({"ticket", "trouble"})


def judge(order: OrderFacts, book: Rulebook) -> list[ClockDraft]:
    """Return every clock the rules start on this order, running or stopped.

    None of a promise to the buyer where nothing is owed any more: unpaid, cancelled or wholly refunded.
    """
    # Of most orders most rules have nothing to say: to leave these out at once halves the time.
    begun = {name for name in book.starts if any(PARCEL_MOMENTS[name](parcel) for parcel in order.parcels)}
    wrong = {trouble.kind for trouble in troubles(order)}
    rules = [rule for rule in book.rules if rule.term.after or _begun(order, rule, begun, wrong)]
    return [found for found in _examine(order, book, rules) if isinstance(found, ClockDraft)]


def _begun(order: OrderFacts, rule: Rule, begun: set[str], wrong: set[Kind]) -> bool:
    """Whether there is anything for a clock of this rule to start at.

    `begun` are the moments that parcels have come to, `wrong` the kinds of what scans or people told.
    """
    term = rule.term
    if term.subject == "trouble":
        return term.kind in wrong
    if term.subject == "parcel":
        return term.start in begun or term.shape == "dwell"
    if term.subject == "ticket":
        return bool(order.tickets)
    # By the promise alone, and none was given.
    return bool(term.length or term.lanes or rule.variants or _promised(order, term))


def _promised(order: OrderFacts, term: Term) -> bool:
    lines = term.promise == "dispatch" and any(line.promised_dispatch_at for line in order.lines)
    return lines or PROMISES["order"][term.promise](order) is not None


def examine(order: OrderFacts, book: Rulebook) -> Iterable[ClockDraft | Silence]:
    """Return what each rule says about this order: its clocks, or why it starts none."""
    return _examine(order, book, book.rules)


def _examine(order: OrderFacts, book: Rulebook, rules: Iterable[Rule]) -> list[ClockDraft | Silence]:
    order = _delivered_as_told(order)
    found: list[ClockDraft | Silence] = []
    runs: dict[str, list[ClockDraft]] = {}
    waiting: list[Rule] = []
    for rule in rules:
        if rule.term.after:
            waiting.append(rule)
            continue
        said = _of_rule(order, book, rule)
        runs[rule.term.code] = [one for one in said if isinstance(one, ClockDraft)]
        found += said
    for rule in waiting:
        said = _of_rule(order, book, rule, runs.get(rule.term.after, []))
        runs[rule.term.code] = [one for one in said if isinstance(one, ClockDraft)]
        found += said
    return found


def _delivered_as_told(order: OrderFacts) -> OrderFacts:
    """The platform's word that the buyer has everything holds for each parcel the carrier has not told the end of."""
    if order.delivered_at is None:
        return order
    told = tuple(
        parcel
        if parcel.extra or parcel.turned_back or parcel.delivered_at
        else replace(parcel, delivered_at=order.delivered_at)
        for parcel in order.parcels
    )
    return replace(order, parcels=told)


def _of_rule(
    order: OrderFacts, book: Rulebook, rule: Rule, former: Iterable[ClockDraft] = ()
) -> list[ClockDraft | Silence]:
    said: list[ClockDraft | Silence] = []
    term = rule.for_order(order) if rule.variants and rule.term.subject != "parcel" else rule.term
    if why := untouched(order, rule, term):
        said.append(Silence(term, why))
    elif term.subject == "ticket":
        for ticket in order.tickets:
            if ticket.kind in term.tickets:
                _note(said, term, _ticket_clocks(order, book, ticket, term), ticket_id=ticket.id)
    elif term.subject == "trouble":
        for trouble in troubles(order):
            if trouble.kind is term.kind:
                _note(said, term, _trouble_clocks(order, book, trouble, term), waybill_id=trouble.waybill_id)
    elif term.after:
        for clock in former:
            _note(said, term, _escalation(order, book, term, clock), waybill_id=clock.waybill_id)
    elif term.subject == "order":
        _note(said, term, _order_clocks(order, book, term))
    else:
        for parcel in order.parcels:
            mine = rule.for_order(order, parcel) if rule.variants else term
            if rule.variants and (why := _not_applied(order, mine)):
                said.append(Silence(mine, why, waybill_id=parcel.waybill_id))
            else:
                _note(said, mine, _parcel_clocks(order, book, parcel, mine), waybill_id=parcel.waybill_id)
    return said


def untouched(order: OrderFacts, rule: Rule, term: Term) -> str:
    """Why the rule says nothing about this order at all; blank = it may."""
    if not (rule.variants and term.subject == "parcel") and (why := _not_applied(order, term)):
        return why
    if order.void and term.subject not in ASKED_ANYWAY and term.start not in PAST_VOID:
        return "void"
    if (rule.since or rule.before) and (since := order.since):
        if rule.since and since < rule.since:
            return "not_yet"
        if rule.before and since >= rule.before:
            return "no_longer"
    return ""


def _not_applied(order: OrderFacts, term: Term) -> str:
    if not term.enabled or not term.runs:
        return "off"
    if (term.goods and order.goods not in term.goods) or order.goods in term.not_goods:
        return "goods"
    return ""


def _note(
    said: list[ClockDraft | Silence],
    term: Term,
    clocks: Iterator[ClockDraft],
    *,
    waybill_id: int | None = None,
    ticket_id: int | None = None,
) -> None:
    """Take down the clocks; where one does not run, why."""
    try:
        for clock in clocks:
            said.append(clock)
    except NotJudged as silence:
        said.append(Silence(term, silence.why, silence.name, waybill_id, ticket_id))


def _order_clocks(order: OrderFacts, book: Rulebook, term: Term) -> Iterator[ClockDraft]:
    stopped = _all_of([ORDER_MOMENTS[name](order) for name in term.stop])
    arrived = term.start != "delivered" and known.delivered_at(order)
    undated = order.sent and not order.parcels and "delivered" not in term.stop
    if stopped is None and (order.completed or arrived or undated):
        raise NotJudged("over")  # over, but nobody told when: nothing left to run
    if stopped is None and "delivered" in term.stop and known.unheard(order):
        raise NotJudged("unwatched")  # it may well have arrived
    # Delivered without a word of hand-over: the promise can still be judged.
    started = ORDER_MOMENTS[term.start](order) or stopped
    if started is None:
        raise NotJudged("not_started")
    lines = [line for line in order.lines if line.promised_dispatch_at] if term.promise == "dispatch" else []
    for line in lines:
        for clock in _runs(order, book, term, started, stopped, line.promised_dispatch_at, line_id=line.id):
            yield replace(clock, penalty=term.penalty(_share(order, line.id), clock.due_at - clock.started_at))
    if not lines:
        promised = PROMISES["order"][term.promise](order)
        parcel = _only_parcel(order, term) if promised else None
        yield from _runs(order, book, term, started, stopped, promised, waybill_id=parcel)


def _share(order: OrderFacts, line_id: int | None) -> Decimal:
    """What of the order's amount stands behind a line that is promised by itself; None = all of it.

    Platforms pay by sub-order: by the lines' own amounts where all are told, else in equal parts.
    """
    if line_id is None:
        return order.amount
    amounts = {line.id: line.amount for line in order.lines if line.promised_dispatch_at}
    told = [amount for amount in amounts.values() if amount is not None]
    if len(told) < len(amounts) or not sum(told):
        return order.amount / len(amounts)
    return order.amount * (amounts[line_id] or 0) / sum(told)


def _only_parcel(order: OrderFacts, term: Term) -> int | None:
    """An order's delivery is its parcel's where there is just one: both then make one case, not two."""
    if term.promise == "delivery" and len(order.owed_parcels) == 1:
        return order.owed_parcels[0].waybill_id
    return None


def _parcel_clocks(order: OrderFacts, book: Rulebook, parcel: ParcelFacts, term: Term) -> Iterator[ClockDraft]:
    if not parcel.watched:
        raise NotJudged("unwatched")
    if parcel.extra and term.start == "uploaded":
        raise NotJudged("extra")
    if term.shape == "gap":
        yield from _gap_clocks(order, book, parcel, term)
    elif term.shape == "dwell":
        yield from _dwell_clocks(order, book, parcel, term)
    else:
        started = PARCEL_MOMENTS[term.start](parcel)
        stopped = _all_of([PARCEL_MOMENTS[name](parcel) for name in term.stop])
        if started is None:
            raise NotJudged("not_started")
        if stopped is None and _ended(order, parcel, term):
            raise NotJudged("over")
        if stopped is None and "left_province" in term.stop and parcel.moved_at is None:
            raise NotJudged("not_started")  # one silence, one case: until it moves, that it does not is the trouble
        if stopped is None and _out_of_sight(order, parcel, term):
            raise NotJudged("places")
        # A number uploaded after the carrier had the goods was never late.
        stopped = max(started, stopped) if stopped else None
        cut_at = PARCEL_MOMENTS[term.cut.on](parcel) if term.cut else None
        yield from _runs(order, book, term, started, stopped, parcel=parcel, cut_at=cut_at)


def _ended(order: OrderFacts, parcel: ParcelFacts, term: Term) -> bool:
    """Nothing is left to wait for on this parcel's way to the buyer.

    A number cancelled before any goods left is no end: they are still owed.
    """
    gone = parcel.turned_back and known.handed_over_at(order) is not None
    return (gone or order.completed) and term.start not in PAST_VOID


def _out_of_sight(order: OrderFacts, parcel: ParcelFacts, term: Term) -> bool:
    """It moves, but its scans tell no hub or province to leave; or nobody knows whether it has to leave its province."""
    if not {"left_first_hub", "left_province"} & set(term.stop):
        return False
    if not order.to_province and any(lane.same_province and lane.length is None for lane in term.lanes):
        return True
    untold = parcel.first_hub_at is None or ("left_province" in term.stop and not parcel.provinces)
    return untold and parcel.moved_at is not None


def _gap_clocks(order: OrderFacts, book: Rulebook, parcel: ParcelFacts, term: Term) -> Iterator[ClockDraft]:
    """One clock for each silence that came near the limit, and one for the silence that lasts."""
    start = PARCEL_MOMENTS[term.start](parcel)
    stops = [PARCEL_MOMENTS[name](parcel) for name in term.stop]
    # Not every courier scans a round; lying at a station and travelling home are other clocks' affair.
    end = known.earliest((*stops, known.brought_at(parcel), parcel.returning_at))
    if start is None:
        raise NotJudged("not_started")
    scans = sorted({scan for scan in parcel.scans if scan >= start and (end is None or scan <= end)})
    ends: list[datetime | None] = [*scans[1:]]
    if not (end or _ended(order, parcel, term)):
        ends.append(None)  # the last silence still lasts
    short = _short(term, book)
    for scan, following in zip(scans, ends, strict=False):
        if following and following - scan <= short:
            continue
        for clock in _runs(order, book, term, scan, following, parcel=parcel):
            if following is None or following > clock.warn_at:
                yield clock


def _short(term: Term, book: Rulebook) -> timedelta:
    """A silence so short that it is calm under any length of the term: most are, and need no closer look."""
    lengths = [length for length in (term.length, *(lane.length for lane in term.lanes)) if length]
    lasts = [length.lasts for length in lengths if length.lasts is not None]
    if not lasts or len(lasts) < len(lengths) or term.worktime or term.code in (book.windows or {}):
        return timedelta()
    return min(lasts) - term.warn


def _dwell_clocks(order: OrderFacts, book: Rulebook, parcel: ParcelFacts, term: Term) -> Iterator[ClockDraft]:
    """One clock for each stay in a hub that came near the limit, and one for the stay that lasts."""
    end = known.earliest((parcel.out_for_delivery_at, known.brought_at(parcel), parcel.returning_at))
    for stay in parcel.stays:
        if end and stay.arrived_at > end:
            continue  # of the way home, or of another round
        left = stay.left_at or end
        if left is None and _ended(order, parcel, term):
            continue
        for clock in _runs(order, book, term, stay.arrived_at, left and max(left, stay.arrived_at), parcel=parcel):
            if left is None or left > clock.warn_at:
                yield clock


def _ticket_clocks(order: OrderFacts, book: Rulebook, ticket: TicketFacts, term: Term) -> Iterator[ClockDraft]:
    started = TICKET_MOMENTS[term.start](ticket)
    if started is None:
        raise NotJudged("not_started")
    # Closed by the other side: nobody waits for our answer any more.
    stopped = known.earliest((_all_of([TICKET_MOMENTS[name](ticket) for name in term.stop]), ticket.closed_at))
    stopped = max(started, stopped) if stopped else None
    promised = PROMISES["ticket"][term.promise](ticket)
    cut_at = TICKET_MOMENTS[term.cut.on](ticket) if term.cut else None
    yield from _runs(order, book, term, started, stopped, promised, ticket=ticket, cut_at=cut_at)


def _trouble_clocks(order: OrderFacts, book: Rulebook, trouble: Trouble, term: Term) -> Iterator[ClockDraft]:
    started = TROUBLE_MOMENTS[term.start](trouble)
    if started is None:
        raise NotJudged("not_started")
    stopped = _all_of([TROUBLE_MOMENTS[name](trouble) for name in term.stop])
    parcel = next((parcel for parcel in order.parcels if parcel.waybill_id == trouble.waybill_id), None)
    stopped = max(started, stopped) if stopped else None
    yield from _runs(order, book, term, started, stopped, parcel=parcel, waybill_id=trouble.waybill_id)


def _escalation(order: OrderFacts, book: Rulebook, term: Term, former: ClockDraft) -> Iterator[ClockDraft]:
    """What follows where a former clock's limit passes unmet; the same parcel, the same line."""
    if former.broke_at is None:
        raise NotJudged("kept")
    parcel = next((p for p in order.parcels if p.waybill_id == former.waybill_id), None)
    if term.subject == "parcel" and parcel:
        stopped = _all_of([PARCEL_MOMENTS[name](parcel) for name in term.stop])
    else:
        stopped = _all_of([ORDER_MOMENTS[name](order) for name in term.stop])
    if stopped is None and (order.completed or known.delivered_at(order) or (parcel and parcel.turned_back)):
        stopped = former.stopped_at
        if stopped is None:
            raise NotJudged("over")
    if stopped and stopped <= former.due_at:
        raise NotJudged("kept")
    for clock in _runs(
        order, book, term, former.due_at, stopped, parcel=parcel, waybill_id=former.waybill_id, line_id=former.line_id
    ):
        share = _share(order, former.line_id)
        yield replace(clock, penalty=term.penalty(share, _promise_broken(order, former)))


def _promise_broken(order: OrderFacts, former: ClockDraft) -> timedelta:
    """How long the dispatch was promised to take: what a breach costs goes by it, whatever broke first."""
    if former.kind is not Kind.LATE_DISPATCH and order.promised_dispatch_at and order.since:
        return order.promised_dispatch_at - order.since
    return former.due_at - former.started_at


def _runs(
    order: OrderFacts,
    book: Rulebook,
    term: Term,
    started: datetime,
    stopped: datetime | None,
    promised: datetime | None = None,
    *,
    parcel: ParcelFacts | None = None,
    ticket: TicketFacts | None = None,
    waybill_id: int | None = None,
    line_id: int | None = None,
    cut_at: datetime | None = None,
) -> Iterator[ClockDraft]:
    """The clock, and where it repeats those that follow each time it passes unmet."""
    for _ in range(term.repeat):
        due_at, steps = due(term, book, order, started, promised, parcel, cut_at)
        yield ClockDraft(
            term,
            order.id,
            started,
            min(due_at, max(started, due_at - term.warn)),
            due_at,
            due_at + term.grave,
            stopped,
            term.penalty(order.amount, due_at - started),
            cap=term.cap(order.amount),
            waybill_id=parcel.waybill_id if parcel else waybill_id,
            line_id=line_id,
            ticket_id=ticket.id if ticket else None,
            steps=steps,
        )
        if stopped and stopped <= due_at:
            return
        started, promised = due_at, None


def _all_of(instants: list[datetime | None]) -> datetime | None:
    """The instant by which all have happened; None while one is missing."""
    if not instants or None in instants:
        return None
    return max(instant for instant in instants if instant)
