"""What a retrain did: as the contracted JSON, and as French sentences for a terminal."""

from __future__ import annotations

from typing import Any

from segmentation.runs.retraining import Outcome

STATES = {
    "published": "publié",
    "trained": "terminé, non publié",
    "held": "retenu, rien ne change pour les lecteurs",
    "dry_run": "à blanc, rien n’a été écrit",
}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The object that `retrain --json` prints."""
    return {
        "run": outcome.run.pk if outcome.run else None,
        "state": outcome.state,
        "recipe_version": outcome.run.recipe_version.number if outcome.run and outcome.run.recipe_version else None,
        "k": outcome.fit.k,
        "clients": outcome.clients,
        "scored": outcome.scored,
        "segments": [{"slug": slug, "name": name, "size": size} for slug, name, size in outcome.segments],
        "scores": {
            str(item.k): {
                "inertia": item.inertia,
                "silhouette": item.silhouette,
                "stability": item.stability,
                "smallest": item.smallest,
            }
            for item in outcome.fit.candidates
        },
        "choice": {"rule": outcome.fit.choice.rule, "why": outcome.fit.choice.why},
        "verdict": outcome.verdict,
        "movements": outcome.movements,
        "warnings": list(outcome.fit.warnings),
        "seconds": outcome.seconds,
    }


def as_sentences(outcome: Outcome) -> list[str]:
    """The same for people, a line each."""
    title = str(outcome.run) if outcome.run else "Calcul"
    lines = [f"{title} : {STATES.get(outcome.state, outcome.state)}."]
    lines.append(
        f"{outcome.fit.k} segments sur {outcome.clients} clients analysés, {outcome.scored} clients placés "
        f"en {outcome.seconds['total']:.1f} s."
    )
    lines += [f"  {size:>5}  {name}  ({slug})" for slug, name, size in outcome.segments]
    if outcome.fit.choice.why:
        lines.append(outcome.fit.choice.why)
    if outcome.movements["compared"]:
        moved, compared = outcome.movements["moved"], outcome.movements["compared"]
        who = "Aucun client" if not moved else f"{moved} client{'s' if moved > 1 else ''}"
        verb = "ne change" if not moved else "changent" if moved > 1 else "change"
        lines.append(f"{who} sur {compared} {verb} de segment.")
    for gate in outcome.verdict["gates"]:
        mark = "✓" if gate["passed"] else ("✗" if gate["level"] == "hold" else "!")
        lines.append(f"  {mark} {gate['says']}")
    lines += [f"  ! {warning}" for warning in outcome.fit.warnings]
    if outcome.state == "held" and outcome.run:
        lines.append(f'Pour publier malgré tout : manage.py publish {outcome.run.pk} --reason "pourquoi"')
    return lines
