"""What a change of a live call comes to: a plan over its legs, made before anything is asked.

Plain values in, a plan or a refusal out. Nothing here asks the database or the carrier; a plan can
be shown and thrown away. Whoever carries plans out is calls.services.changing.
"""

from calls.plans.holding import (
    DIGITS,
    LONGEST_MESSAGE,
    MOST_DIGITS,
    announce,
    drop,
    hold,
    mute,
    resume,
    send_digits,
    unmute,
)
from calls.plans.scene import TALKERS, CannotNow, NewLeg, Party, Plan, Scene, Step, inverse

__all__ = [
    "DIGITS",
    "LONGEST_MESSAGE",
    "MOST_DIGITS",
    "TALKERS",
    "CannotNow",
    "NewLeg",
    "Party",
    "Plan",
    "Scene",
    "Step",
    "announce",
    "drop",
    "hold",
    "inverse",
    "mute",
    "resume",
    "send_digits",
    "unmute",
]
