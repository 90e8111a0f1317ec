# The web server, the worker, beat and the migrations are one image with different commands (docker-compose.yml).
FROM python:3.11-slim AS build
WORKDIR /srv/shipops
COPY requirements/uv.txt requirements/prod.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
    && python -m venv --without-pip /opt/venv \
    && uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python --require-hashes -r requirements/prod.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/shipops --create-home --shell /usr/sbin/nologin shipops
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/shipops
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SHIPOPS_HOME=/var/lib/shipops \
    STATIC_ROOT=/srv/shipops/collected
# The key signs nothing: collecting static files only needs the settings to load.
RUN SECRET_KEY=unused-while-building python manage.py collectstatic --noinput --verbosity 0
USER 10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", "--blocking-threads", "2", "--respawn-failed-workers", "--workers-kill-timeout", "5", "shipops.wsgi:application"]
