"""An admin at the admin: opens pages, fills in forms, chooses actions."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


class AdminDesk:
    def __init__(self, name: str = "ada") -> None:
        self.user = User.objects.create_superuser(name, first_name="Ada")
        self.client = Client()
        self.client.force_login(self.user)

    def opens(self, path: str, **query: Any) -> str:
        """The page, which must be there."""
        answered = self.client.get(f"/admin/{path}", query)
        assert answered.status_code == 200, (path, answered.status_code)
        return answered.content.decode()

    def form(self, path: str) -> dict[str, Any]:
        """What the form on the page would send if nothing were changed."""
        context = self.client.get(f"/admin/{path}").context
        filled: dict[str, Any] = {}
        for form in [context["adminform"].form, *_inlines(context)]:
            for field in form:
                value = field.value()
                if not (value is None or value is False or value == []):
                    filled[field.html_name] = value
        return filled

    def saves(self, path: str, **changes: Any) -> Any:
        """The form is sent with these changes; `__` in a name stands for a dash."""
        sent = self.form(path) | {name.replace("__", "-"): v for name, v in changes.items()}
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.client.post(f"/admin/{path}", sent)

    def mistakes(self, path: str, **changes: Any) -> dict[str, list[str]]:
        """What is wrong with the form, by field."""
        answered = self.saves(path, **changes)
        assert answered.status_code == 200, "it was saved"
        forms = [answered.context["adminform"].form, *_inlines(answered.context)]
        return {name: list(told) for form in forms for name, told in form.errors.items()}

    def acts(self, path: str, action: str, *things: Any, **more: str) -> Any:
        chosen = [str(thing.pk) for thing in things]
        sent = {"action": action, "_selected_action": chosen, **more}
        return self.client.post(f"/admin/{path}", sent, follow=True)

    def announced(self, act: Any) -> set[str]:
        """The topics and wake-ups that were sent while this was done."""
        with CaptureQueriesContext(
            connection,
        ) as queries:
            act()
        told = " ".join(query["sql"] for query in queries if "pg_notify" in query["sql"])
        return set(re.findall(r"[a-z]+:[0-9a-f-]+|board|dispatch|inbox", told))


def _inlines(context: Any) -> list[Any]:
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    return [part for formset in formsets for part in (formset.management_form, *formset.forms)]


def told(answered: Any) -> list[str]:
    """The messages on the page that follows."""
    return [str(message) for message in answered.context["messages"]]
