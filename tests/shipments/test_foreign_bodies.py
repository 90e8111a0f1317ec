"""A gateway that is read generously still tells its own bodies from those of everybody else."""

from pathlib import Path

import pytest

from shipments import carriers
from shipments.answers import NotAnAnswer
from tests.conftest import SHARED

SAMPLES = SHARED / "wire" / "samples"
# "Nothing" looks the same from everybody.
NULL = "ems/traces_null_body.json"
BODIES = [path for path in sorted(SAMPLES.glob("*/*")) if path.suffix != ".csv" and not str(path).endswith(NULL)]


@pytest.mark.parametrize("provider", ["yunda", "jtexpress"])
def test_no_sample_of_another_provider_is_taken_for_ones_own(provider: str, shared: Path) -> None:
    foreign = [path for path in BODIES if path.parent.name != provider]
    assert len(foreign) > 50
    for path in foreign:
        with pytest.raises(NotAnAnswer, match=r"\w+ .*"):
            carriers.provider(provider).read(path.read_bytes())
