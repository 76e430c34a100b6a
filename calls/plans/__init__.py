"""What a change of a live call comes to: a plan over its legs, made before anything is asked.

Plain values in, a plan or a refusal out. Nothing here asks the database or the carrier; a plan can
be shown and thrown away. Whoever carries plans out is calls.services.changing.
"""

from calls.plans.holding import (
    DIGITS,
    DROP,
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
from calls.plans.parking import park
from calls.plans.recording import (
    AWAITS_ANNOUNCEMENT,
    Behaviour,
    pause_recording,
    record,
    resume_recording,
    stop_recording,
)
from calls.plans.scene import (
    LINE_IS_OVER,
    OPTIONAL,
    TALKERS,
    CannotNow,
    NewLeg,
    NewRecording,
    Party,
    Plan,
    Scene,
    Step,
    Tape,
    inverse,
    talking,
)
from calls.plans.transferring import Second

__all__ = [
    "AWAITS_ANNOUNCEMENT",
    "DIGITS",
    "DROP",
    "LINE_IS_OVER",
    "LONGEST_MESSAGE",
    "MOST_DIGITS",
    "OPTIONAL",
    "TALKERS",
    "Behaviour",
    "CannotNow",
    "NewLeg",
    "NewRecording",
    "Party",
    "Plan",
    "Scene",
    "Second",
    "Step",
    "Tape",
    "announce",
    "drop",
    "hold",
    "inverse",
    "mute",
    "park",
    "pause_recording",
    "record",
    "resume",
    "resume_recording",
    "send_digits",
    "stop_recording",
    "talking",
    "unmute",
]
