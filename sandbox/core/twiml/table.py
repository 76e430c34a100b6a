"""The verbs that this carrier executes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.core.switch import Verb
from sandbox.core.twiml.verbs_dial import dial
from sandbox.core.twiml.verbs_enqueue import enqueue
from sandbox.core.twiml.verbs_flow import hangup, leave, redirect, reject
from sandbox.core.twiml.verbs_gather import gather
from sandbox.core.twiml.verbs_record import record
from sandbox.core.twiml.verbs_speak import pause, play, say
from sandbox.core.twiml.verbs_start import start, stop

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "Say": say,
        "Play": play,
        "Pause": pause,
        "Gather": gather,
        "Record": record,
        "Dial": dial,
        "Enqueue": enqueue,
        "Leave": leave,
        "Redirect": redirect,
        "Reject": reject,
        "Hangup": hangup,
        "Start": start,
        "Stop": stop,
    }
)
