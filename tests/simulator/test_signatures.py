"""Signatures against vectors that were computed elsewhere."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.providers import kuaidi100, sf


@pytest.fixture
def vectors(shared: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads((shared / "wire" / "sign_vectors.json").read_text(encoding="utf-8"))}


def test_a_kuaidi100_query_is_signed_over_param_key_and_customer(vectors: dict[str, Any]) -> None:
    vector = vectors["kuaidi100_query"]
    assert kuaidi100.query_sign(**vector["input"]) == vector["expected"]


def test_a_kuaidi100_push_is_signed_over_param_and_salt(vectors: dict[str, Any]) -> None:
    vector = vectors["kuaidi100_push"]
    assert kuaidi100.push_sign(**vector["input"]) == vector["expected"]


def test_an_sf_digest_is_taken_over_the_encoded_message(vectors: dict[str, Any]) -> None:
    vector = vectors["sf_msgdigest"]
    given = vector["input"]
    assert sf.msg_digest(given["msgData"], given["timestamp"], given["checkword"]) == vector["expected"]


def test_an_sf_digest_encodes_a_tilde_as_java_does() -> None:
    assert (
        sf.msg_digest("a~b", "1", "c")
        == base64.b64encode(hashlib.md5(b"a%7Eb1c", usedforsecurity=False).digest()).decode()
    )
