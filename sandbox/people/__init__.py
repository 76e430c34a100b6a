"""People with telephones, so that calls have somebody at the other end.

ears        what a party hears, in words
telephone   the carrier's view of a person: one line, its calls, a diary
person      what somebody does: dials, answers, says, presses, waits to hear, hangs up
script      steps in order        machines  answering and fax machines
words       the same, written in YAML
suffixes    numbers whose last two digits choose behaviour
arrivals    callers who come by themselves
town        everybody, by number
"""

from sandbox.people.person import HungUp, NotHeard, OnThePhone, Person, Trouble, WrongNumber
from sandbox.people.script import Script, Step, start, when_called
from sandbox.people.town import Town

__all__ = [
    "HungUp",
    "NotHeard",
    "OnThePhone",
    "Person",
    "Script",
    "Step",
    "Town",
    "Trouble",
    "WrongNumber",
    "start",
    "when_called",
]
