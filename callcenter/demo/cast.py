"""Who works in the demo, what they serve, and which telephones they have.

The same numbers stand in `callcenter/demo/town.yaml`, where the sandbox carrier's people live.
"""

from dataclasses import dataclass, field

PASSWORD = "demo"  # noqa: S105 - printed on the screen, on a machine of one's own


@dataclass(frozen=True, slots=True)
class Line:
    """A queue, and the number that leads to it if it has one of its own."""

    name: str
    slug: str
    greeting: str
    number: str = ""
    skills: dict[str, int] = field(default_factory=dict)
    priority: int = 0
    shown_by: tuple[str, ...] = ()  # slugs of others whose agents may show its number


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent. `at_desk`: waits for a person to open the desk; else works by telephone alone.

    Without a telephone they talk in the browser that shows their desk.
    """

    login: str
    name: str
    telephone: str
    queues: dict[str, int]  # slug: priority
    skills: dict[str, int]
    at_desk: bool = False


LINES = (
    Line(
        name="Billing",
        slug="billing",
        greeting="Welcome to Northwind. This call is about your bill.",
        number="+15557000100",
        skills={"Accounts": 1},
    ),
    Line(
        name="Technical support",
        slug="support",
        greeting="Welcome to Northwind technical support.",
        number="+15557000200",
        skills={"Networks": 2},
    ),
    Line(
        name="Priority customers",
        slug="priority",
        greeting="Welcome back. You are at the front.",
        # Asked first are those at a desk: here a visitor with a microphone meets one.
        number="+15557000300",
        skills={"Accounts": 2, "Networks": 1},
        priority=3,
        shown_by=("billing", "support"),
    ),
)

WORKERS = (
    Worker("maria", "Maria Silva", "+15558000101", {"billing": 1, "priority": 1},
           {"Accounts": 3, "Networks": 1}, at_desk=True),
    Worker("omar", "Omar Haddad", "+15558000102", {"support": 1, "billing": 2},
           {"Networks": 4, "Accounts": 1}, at_desk=True),
    Worker("ines", "Ines Moreau", "+15558000103", {"billing": 1}, {"Accounts": 2}),
    Worker("tomas", "Tomas Novak", "+15558000104", {"billing": 1, "support": 2},
           {"Accounts": 2, "Networks": 2}),
    Worker("aiko", "Aiko Tanaka", "+15558000105", {"support": 1}, {"Networks": 5}),
    Worker("samuel", "Samuel Okoro", "+15558000106", {"support": 1, "priority": 2},
           {"Networks": 3, "Accounts": 2}),
    Worker("lena", "Lena Fischer", "+15558000107", {"billing": 2, "priority": 2},
           {"Accounts": 4, "Networks": 1}),
    Worker("noor", "Noor Rahman", "", {"billing": 1, "priority": 1},
           {"Accounts": 3, "Networks": 1}, at_desk=True),
    Worker("felix", "Felix Braun", "", {"billing": 1, "support": 1},
           {"Accounts": 2, "Networks": 3}, at_desk=True),
    Worker("ravi", "Ravi Patel", "+15558000108", {"support": 2}, {"Networks": 2}),
)  # fmt: skip

# Whom one may dial from a desk; the carrier's numbers that always do the same (docs/sandbox.md).
DIRECTORY = {
    "Hanna Weiss": ("+15559000030", "answers soon, and stays on the line"),
    "Grid operator": ("+15559000041", "busy all day"),
    "Ivo Marsh": ("+15559000024", "an answering machine"),
}
# What a minute costs, by the beginning of the number.
PRICES = {"+1": ("0.0140", "The country"), "+15559": ("0.0300", "Outside town")}

BREAKS = {"Lunch": 45, "Coffee": 15, "Training": None}
DISPOSITIONS = ("Solved", "Call back", "Passed on", "Wrong number", "Complaint")
SUPERVISOR = ("sofia", "Sofia Lindqvist")
# Where she is rung to listen: she has no desk.
SUPERVISOR_LINE = "+15558000109"
ADMIN = ("admin", "Ada Admin")
INTEGRATOR = "Demo integration"
