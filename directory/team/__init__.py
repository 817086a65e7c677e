"""The people who act for an organization: invited, joining, changed, removed. `accounts.memberships` keeps the rows."""

from directory.team.changes import change, change_role, leave, limit_to_sites, remove, take_off_sites
from directory.team.invitations import TooManyInvitations, invite, revoke
from directory.team.joining import NoInvitation, accept, accept_as_new

__all__ = [
    "NoInvitation",
    "TooManyInvitations",
    "accept",
    "accept_as_new",
    "change",
    "change_role",
    "invite",
    "leave",
    "limit_to_sites",
    "remove",
    "revoke",
    "take_off_sites",
]
