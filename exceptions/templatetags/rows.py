"""The rows of the queue on its page."""

from django import template
from django.utils.safestring import SafeString

from exceptions.showing import rows_html

register = template.Library()


@register.simple_tag(takes_context=True)
def queue_rows(context: template.Context) -> SafeString:
    """`{% queue_rows %}`: the page's `rows` in the columns of its `look`."""
    return rows_html(context["rows"], context["look"], context["may_triage"])
