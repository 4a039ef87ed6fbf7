"""What stops a way in, as a sentence for people that says what to do."""

from __future__ import annotations

from clients.models import Demo

ERASED = "{}\u00a0: cette ligne n’est pas reprise, et rien n’en est gardé."


class IntakeError(Exception):
    """The message is whole and names the remedy. Nothing was written.

    What is wrong with a file or a source is said in French: commands say it too, and imports keep it. What a page says
    of a decision follows the language of the page.
    """


def refuse_beside_demo() -> None:
    """Real clients never enter a database that holds the demonstration portfolio."""
    if Demo.objects.exists():
        raise IntakeError(
            "Cette base contient la démonstration : de vrais clients ne peuvent pas y entrer. "
            "Retirez-la avec « manage.py seed_demo --remove », ou donnez un autre DATA_DIR."
        )
