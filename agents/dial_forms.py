"""What is filled in to dial out from the desk."""

from typing import Any

from django import forms

from agents import dial_pad
from agents.models import Agent

CHOOSE = "Type a number, or choose somebody from the directory."


class DialForm(forms.Form):
    """Who: `to` was chosen (`number:+1…`, `entry:3`, `agent:7`), or a `number` typed; and which
    number of ours is shown. What is found is `target`."""

    to = forms.CharField(max_length=64, required=False)
    number = forms.CharField(max_length=64, required=False)
    shows = forms.IntegerField(required=False)
    detects_machine = forms.BooleanField(required=False)

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agent = agent

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        among = dial_pad.caller_ids(self.agent)
        shown = [each.number for each in among if each.number.pk == given.get("shows")]
        if given.get("shows") and not shown:
            self.add_error("shows", "Your queues may not show that number. Choose another one.")
        ours = [number.e164 for number in shown] or [each.number.e164 for each in among]
        try:
            whom = self._whom(given, ours[0] if ours else "")
        except dial_pad.CannotRead as cannot:
            self.add_error("number", str(cannot))
            return given
        given["target"] = whom | {
            "shows": shown[0] if shown else None,
            "detects_machine": given.get("detects_machine", False),
        }
        return given

    def _whom(self, given: dict[str, Any], like: str) -> dict[str, Any]:
        kind, _, key = str(given.get("to", "")).partition(":")
        if kind == "agent" and key.isdecimal():
            found = Agent.objects.filter(pk=int(key), user__is_active=True).first()
            if found is None:
                raise dial_pad.CannotRead(CHOOSE)
            return {"colleague": found}
        if kind == "entry" and key.isdecimal():
            entry = dial_pad.entry_for(self.agent, int(key))
            if entry is None:
                raise dial_pad.CannotRead("That is not in the directory any more.")
            return {"number": entry.number, "name": entry.name}
        typed = key if kind == "number" else str(given.get("number", ""))
        return {"number": dial_pad.read(typed, like=like)}

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])
