"""The floor of the push door: a Django project of one view without any middleware that inserts one row.

Settings and addresses in one file, so that a server can be started on it: DJANGO_SETTINGS_MODULE=benchmarks.bare.
"""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from shipops.settings import *  # noqa: F403 - the same database, persistent connections and logging

MIDDLEWARE = []
ROOT_URLCONF = "benchmarks.bare"
TABLE = "bench_bare"


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Insert the body."""
    with connection.cursor() as cursor:
        cursor.execute(f"insert into {TABLE} (body) values (%s)", [request.body])
    return HttpResponse(b"taken", content_type="text/plain", headers={"Content-Length": "5"})


urlpatterns = [path("insert/", insert)]
