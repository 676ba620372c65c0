"""What is known of a place's figure in a period, and what its source says of it: one sign each, in every scene."""

from __future__ import annotations

REGION = ""
"""Key of the scope that holds all countries; the other scopes are ISO 3166-1 alpha-3 codes."""

VALUE, NO_DATA, NOT_ASSESSED, NOT_APPLICABLE, SUPPRESSED, ELSEWHERE = "v", "n", "a", "x", "s", "-"
STATE_OF_REASON = {
    "not_collected": NO_DATA,
    "not_assessed": NOT_ASSESSED,
    "not_applicable": NOT_APPLICABLE,
    "suppressed": SUPPRESSED,
}
STATES = (NO_DATA, NOT_ASSESSED, NOT_APPLICABLE, SUPPRESSED)
HELD = (VALUE, SUPPRESSED)
"""States of a place whose figure exists: shown, or withheld to protect people."""
NORMAL, ESTIMATED, PROVISIONAL, UNRELIABLE, BREAK = ".", "e", "p", "u", "b"
FLAG_OF_STATUS = {"E": ESTIMATED, "I": ESTIMATED, "P": PROVISIONAL, "U": UNRELIABLE, "B": BREAK}
OLDER, UNCLEAR = "o", "z"
"""Legend entries of a figure that is older than the period shown, and of a change that may be none."""
EXTRAS = (ESTIMATED, OLDER, UNCLEAR)
"""Legend entries that a figure may have beside its class; each has its hatch over the colour of the class."""
