"""What an adapter makes of a provider's bytes: values only. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from shipments.plausible import contradictions
from shipments.status import Cause, Event, Progress, Stage, fold, word
from shipops.kit.wire import Response


class Trouble(Enum):
    """Kinds of failure, by what helps. The value is stored and shown."""

    NO_DATA = "no_data"  # asked in vain: nothing yet, not an outage
    THROTTLE = "throttle"  # asked too often
    CONFIG = "config"  # asking again will not help before somebody changes something
    AUTH = "auth"  # the provider does not accept our signature or key
    QUOTA = "quota"  # paid for no more
    TRANSIENT = "transient"  # theirs; asking again later helps


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer brings nothing. `after` = how long to leave it alone; `account_wide` = true of every number."""

    trouble: Trouble
    message: str
    after: timedelta | None = None
    account_wide: bool = False


class Kind(Enum):
    """What sort of body it was."""

    QUERY = "query"
    PUSH = "push"
    RECOGNITION = "recognition"
    SUBSCRIPTION = "subscription"
    INTERCEPTION = "interception"


class Onward(NamedTuple):
    """The number under which the goods travel on. `carrier` is a Carrier.code, blank = the same carrier."""

    number: str
    carrier: str = ""
    # On their way back to the sender; else on to the buyer, or to whom the buyer or the sender named.
    homeward: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says of one waybill; events oldest first. `carrier` is a Carrier.code, blank = not said."""

    number: str = ""
    carrier: str = ""
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None
    kind: Kind = Kind.QUERY
    # Said of the waybill where no event says it: a provider that gave up because the carrier has no record; or of all
    # its events together: they contradict each other.
    remark: Cause | None = None
    # The provider has stopped following this number and will push no more.
    ended: bool = False
    # The carrier code the provider found the number to be of, where ours was wrong.
    instead: str = ""
    # Numbers that carry on where this one ends: a return on a new bill, a hand-over to another carrier.
    onward: tuple[Onward, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """A sentence for each thing in the events that no one parcel can have been through."""
        return contradictions(self.events)

    @property
    def progress(self) -> Progress:
        folded = fold(self.events)
        cause = Cause.CONTRADICTION if self.doubts else None if self.events else self.remark
        return replace(folded, cause=cause) if cause else folded

    @property
    def stage(self) -> Stage:
        return self.progress.stage

    @property
    def cause(self) -> Cause | None:
        return self.progress.cause

    @property
    def status(self) -> str:
        progress = self.progress
        return word(progress.stage, progress.cause)


class Ask(NamedTuple):
    """A waybill to ask about. `carrier` is a Carrier.code."""

    number: str
    carrier: str
    phone_tail: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """What an adapter needs of an account: its credentials, where the provider is, where and how it pushes to us."""

    credentials: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    callback_url: str = ""
    salt: str = ""


class Wish(Enum):
    """What an interception asks the carrier to do with a parcel under way. The value is stored and shown."""

    RETURN = "return"  # back to the sender
    REDIRECT = "redirect"  # on to another address
    HOLD = "hold"  # kept at the outlet until we say more


class Recipient(NamedTuple):
    """To whom a redirected parcel goes."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str


@dataclass(frozen=True, slots=True)
class Interception:
    """Our recall of one parcel. `reference` is our own id of it, unique an attempt; `to` is set for a REDIRECT alone."""

    ask: Ask
    wish: Wish
    reference: str
    reason: str
    to: Recipient | None = None


class Taken(NamedTuple):
    """The carrier has taken the wish: the parcel is not stopped yet, its scans will tell. `reference` is theirs."""

    reference: str = ""
    # What it costs, in the account's currency (yuan), where the carrier says so.
    cost: Decimal | None = None


class Field(NamedTuple):
    """One credential the account form asks for. `label` is a gettext string."""

    name: str
    label: object
    required: bool = True
    secret: bool = True


class NotAnAnswer(ValueError):
    """The body is nothing this provider answers or pushes; the message says what it is instead."""


def epoch_ms(now: datetime) -> str:
    """Return milliseconds since the epoch, as providers want their timestamps."""
    return str(int(now.timestamp() * 1000))


def answered(response: Response, read: Callable[[bytes], tuple[Answer, ...]]) -> tuple[Answer, ...]:
    """Return what `read` makes of a response's body; a refusal or a body that is no answer is a passing failure."""
    if response.status != 200:
        return (Answer(failure=Failure(Trouble.TRANSIENT, f"HTTP {response.status}")),)
    try:
        return read(response.body)
    except NotAnAnswer as error:
        return (Answer(failure=Failure(Trouble.TRANSIENT, str(error))),)
