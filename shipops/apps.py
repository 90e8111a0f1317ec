from django.apps import AppConfig


class ShipopsConfig(AppConfig):
    name = "shipops"

    def ready(self) -> None:
        # Without a default app a web thread's `.delay()` looks for a broker of its own and finds none.
        from shipops.celery import app

        app.set_default()
