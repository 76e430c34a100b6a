"""What is heard in a room but voices: hold music, and messages that were ordered."""

from uuid import UUID

from calls import steps
from calls.models import Command, Leg
from calls.services import music as sounds


def music(*, leg_id: UUID) -> steps.Step:
    """The hold audio of the call's queue. Raises Leg.DoesNotExist."""
    leg = Leg.objects.select_related("call__queue").get(pk=leg_id)
    own = leg.call.queue.hold_music_url if leg.call.queue else ""
    return steps.HoldMusic(music_url=sounds.url(own))


def message(*, order_id: UUID | None) -> steps.Step:
    """What the order says or plays. Raises Command.DoesNotExist."""
    if order_id is None:
        raise Command.DoesNotExist
    params = Command.objects.only("params").get(pk=order_id).params
    return steps.Message(say=params.get("say", ""), play_url=params.get("play", ""))
