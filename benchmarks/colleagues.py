"""What one person of the crowd has open and may ask for, as bytes on the wire."""

import gzip
import json
import re
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlencode

from benchmarks import crowd
from benchmarks.crowd import Crowd, Person
from exceptions.models import Case
from shipops.demo import HOST

CSRF = "b" * 32
HEAD = "Host: {host}\r\nCookie: sessionid={session}; csrftoken={csrf}\r\nAccept-Encoding: gzip\r\n"
ROWS = re.compile(r'data-case="(\d+)" data-mark="(\w+)"')


@dataclass
class Desk:
    """What one person may ask for, and the list they have open, as static/live.js keeps it."""

    person: Person
    port: int
    cases: list[int]
    numbers: list[str]
    tails: list[str]
    shops: list[int]
    after: list[str]
    seen: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def pulse(self) -> bytes:
        """The next question about what has changed."""
        seen = ".".join(f"{pk}-{mark}" for pk, mark in self.seen.items())
        query = urlencode({"list": "", "more": "", "seen": seen, "token": self.token})
        return request(self.port, self.person, f"/desk/pulse/?{query}")

    def heard(self, head: bytes, body: bytes) -> None:
        """Keep what a pulse was answered."""
        if not body:
            return
        told = json.loads(gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body)
        self.token = told["token"]
        for row in told["rows"].values():
            self.seen.update(ROWS.findall(row))
        for pk in told["gone"]:
            self.seen.pop(pk, None)


def learn(people: Crowd, person: Person, port: int) -> Desk:
    """Some of what this person sees: cases, numbers, tails, shops, and cursors of the first pages."""
    shops = list(person.user.memberships.get().shops.values_list("pk", flat=True)) or [
        people.first_shop + n for n in range(crowd.SHOPS)
    ]
    seen = (
        Case.objects.filter(merchant=people.merchant, shop__in=shops, state="open")
        .select_related("order", "waybill")
        .order_by("-rank", "-pk")
    )
    some = list(seen[:50]) + list(seen[200:250])
    after, path = [], "/desk/?view=all"
    for _ in range(4):
        found = re.search(r'href="(/desk/\?[^"]*after=[^"]+)"', get(port, person, path).decode())
        if not found:
            break
        path = unescape(found[1])
        after.append(path)
    page = get(port, person, "/desk/?view=all").decode()
    return Desk(
        person,
        port,
        [case.pk for case in some],
        [case.order.number for case in some] + [case.waybill.number for case in some if case.waybill],
        [case.order.phone_tail for case in some],
        shops,
        after or ["/desk/"],
        dict(ROWS.findall(page)),
    )


# What the desk's filters and its pager send: the browser has the frame already.
OF_LIST = "HX-Request: true\r\nHX-Boosted: true\r\nHX-Target: list\r\n"


def request(port: int, person: Person, path: str, form: str | None = None, more: str = "") -> bytes:
    """A request of this person's browser as it goes over the wire; `more` are header lines."""
    head = more + HEAD.format(host=f"{HOST}:{port}", session=person.session, csrf=CSRF)
    if form is None:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    head += f"X-CSRFToken: {CSRF}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}\r\n{form}".encode()


def get(port: int, person: Person, path: str) -> bytes:
    asked = HTTPConnection(HOST, port, timeout=30)
    asked.request("GET", path, headers={"Cookie": f"sessionid={person.session}"})
    answer = asked.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body
