"""The person behind a request, and what a role may see."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from layers.catalog import Tier

Role = Literal["public", "partner", "restricted", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
LOOPBACK_ID = "this-machine"


class Person(BaseModel):
    """Somebody who signed in, or whoever sits at this machine where no sign-in is asked for.

    Roles stand in order: each may see its own tier and those below; the data owner sees all tiers and the audit log.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    role: Role
    stamp: str = ""

    def may_see(self, tier: Tier) -> bool:
        """Whether the role reaches a tier."""
        return ROLES.index(self.role) >= ROLES.index(tier)

    @property
    def is_owner(self) -> bool:
        """Whether the person owns the data and may read the audit log."""
        return self.role == "owner"


def at_this_machine() -> Person:
    """Return whoever sits at the machine of a process without sign-in."""
    return Person(id=LOOPBACK_ID, name=LOOPBACK_ID, role="owner")
