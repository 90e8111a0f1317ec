"""Search within a text: every two neighbouring signs of it, as PostgreSQL's function `text_bigrams` (orders 0003) cuts it.

PostgreSQL's own parser does not split Chinese, and trigrams (pg_trgm) find no word of two signs (催件, 拦截), which is what
most words are. Two neighbouring signs serve every language; what they let through is compared with LIKE.
"""

from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, Q, TextField, Value
from django.utils.deconstruct import deconstructible

# Fewer signs cannot be looked up.
LEAST: Final = 2

FUNCTION: Final = """
CREATE OR REPLACE FUNCTION text_bigrams(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(l, i, 2)), '{}'::text[])
  FROM (SELECT lower($1) AS l) AS lowered, generate_series(1, greatest(length(l) - 1, 0)) AS i
$$
"""


@deconstructible(path="shipops.kit.bigrams.Bigrams")
class Bigrams(Func):
    """`text_bigrams(column)`: what the GIN indexes hold."""

    function = "text_bigrams"
    arity = 1

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, output_field=ArrayField(TextField()), **extra)


def holding(column: str, words: list[str]) -> Q:
    """Return the condition that `column` holds every one of `words`, in any case of letters; each has LEAST signs or more.

    The queryset must be annotated with `{column}_grams=Bigrams(column)`.
    """
    condition = Q()
    for word in words:
        condition &= Q(**{f"{column}_grams__contains": Bigrams(Value(word)), f"{column}__icontains": word})
    return condition
