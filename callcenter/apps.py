from importlib import import_module

from django.apps import AppConfig


class CallcenterConfig(AppConfig):
    name = "callcenter"
    verbose_name = "Call centre"

    def ready(self) -> None:
        """The checks and the figures make themselves known when they are imported."""
        for module in ("checks", "metrics"):
            import_module(f"callcenter.{module}")
