"""Who may see how to reach a client: one permission and one list of fields, asked by every face.

The site is no such detail: it is how a business shows itself to everybody, and the model reads whether there is one.
Nor is the town, nor the position on the map, which every role works with.
"""

from __future__ import annotations

from typing import Any

SEES_CONTACT_DETAILS = "clients.view_contact_details"
READS_LOG = "clients.view_contact"
CONTACT_DETAILS = ("email", "phone", "address", "notes")
"""Fields of a client that only `clients.view_contact_details` shows, finds or counts."""


def sees_contact_details(user: Any) -> bool:
    return bool(user.has_perm(SEES_CONTACT_DETAILS))


def reads_log(user: Any) -> bool:
    """Whether this person may read what was said to clients: the texts of a log are contact details too."""
    return bool(user.has_perms((READS_LOG, SEES_CONTACT_DETAILS)))
