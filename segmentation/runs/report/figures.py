"""The figures of a run, from the engine's result alone. Only the training side draws; web processes never load this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from segmentation.engine.cleaning import Floats, clean_numbers, transformed
from segmentation.engine.explaining import FRONTIER
from segmentation.engine.profiles import NumberProfile, Profile
from segmentation.engine.training import Fit
from segmentation.engine.wording import figure as written

OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#6b6b6b")
"""Told apart by the colour-blind; the same as in the pages."""
INK, PALE = "#333333", "#999999"
WIDE, SQUARE = (9.0, 4.2), (7.5, 6.0)


def colours_of(count: int) -> tuple[str, ...]:
    """That many colours of the palette, over again if need be."""
    return tuple(OKABE_ITO[at % len(OKABE_ITO)] for at in range(count))


def elbow(fit: Fit) -> Figure:
    """Inertia by number of segments, next to that of shuffled data, with the number chosen."""
    figure, axes = _canvas(WIDE)
    ks = [item.k for item in fit.candidates]
    axes.plot(ks, [item.inertia for item in fit.candidates], marker="o", color=OKABE_ITO[0], label="Nos clients")
    nulls = [item.null_inertia for item in fit.candidates]
    axes.plot(ks, _numbers(nulls), marker="o", color=PALE, linestyle="--", label="Les mêmes données mélangées")
    _choice(axes, fit)
    axes.set(
        xlabel="Nombre de segments", ylabel="Inertie", title="Le coude\u00a0: ce que chaque segment de plus apporte"
    )
    axes.legend(frameon=False)
    return figure


def silhouettes(fit: Fit) -> Figure:
    """Silhouette against shuffled data, and the least stable segment's Jaccard, by number of segments."""
    figure = Figure(figsize=WIDE, layout="constrained")
    left, right = figure.subplots(1, 2)
    ks = np.array([item.k for item in fit.candidates])
    left.plot(
        ks, _numbers([item.silhouette for item in fit.candidates]), marker="o", color=OKABE_ITO[0], label="Clients"
    )
    balanced = _numbers([item.balanced for item in fit.candidates])
    left.plot(ks, balanced, marker="s", color=OKABE_ITO[2], label="Moyenne par segment")
    null = _numbers([item.null_silhouette for item in fit.candidates])
    spread = _numbers([item.null_spread for item in fit.candidates])
    left.plot(ks, null, color=PALE, linestyle="--", label="Données mélangées")
    left.fill_between(ks, null - 2 * spread, null + 2 * spread, color=PALE, alpha=0.25, linewidth=0)
    left.set(xlabel="Nombre de segments", ylabel="Silhouette", title="Silhouette")
    gates = fit.recipe.gates
    right.plot(ks, _numbers([item.stability for item in fit.candidates]), marker="o", color=OKABE_ITO[5])
    for bound, says in (
        (gates.jaccard_hold, "en dessous, le calcul attend"),
        (gates.jaccard_warn, "au-dessus, des contours nets"),
    ):
        right.axhline(bound, color=PALE, linestyle=":", linewidth=1)
        right.annotate(says, (ks[-1], bound), ha="right", va="bottom", fontsize=8, color=INK)
    right.set(xlabel="Nombre de segments", ylabel="Jaccard du moins stable", title="Stabilité", ylim=(0, 1.02))
    for axes in (left, right):
        _dressed(axes)
        _choice(axes, fit)
    left.legend(frameon=False, fontsize=8)
    return figure


def plane(fit: Fit, names: Sequence[str], colours: Sequence[str]) -> Figure:
    """Clients in the plane of the run: hollow where they stand between two segments, a cross at each centre."""
    figure, axes = _canvas(SQUARE)
    scores = fit.scores
    centres = (fit.document.centre_matrix() - np.array(fit.document.origin)) @ np.array(fit.document.components).T
    for label, (name, colour) in enumerate(zip(names, colours, strict=True)):
        own = fit.labels == label
        clear, between = own & (scores.margin >= FRONTIER), own & (scores.margin < FRONTIER)
        axes.scatter(scores.x[clear], scores.y[clear], s=16, color=colour, alpha=0.7, linewidth=0, label=name)
        axes.scatter(scores.x[between], scores.y[between], s=16, facecolors="none", edgecolors=colour, linewidth=0.8)
        axes.scatter(
            centres[label, 0], centres[label, 1], marker="X", s=110, color=colour, edgecolors="white", linewidth=1.2
        )
    shares = [f"{share * 100:.0f}\u00a0%" for share in fit.document.explained]
    axes.set(
        xlabel=f"Premier axe ({shares[0]} de la variance)",
        ylabel=f"Second axe ({shares[1]})",
        title="Les clients dans le plan du calcul (cercles vides\u00a0: à la frontière)",
    )
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def heat_map(fit: Fit, names: Sequence[str]) -> Figure:
    """Where each segment's median stands among all clients (0 lowest, 1 highest), with the median in its unit."""
    rows = [_medians(profile) for profile in fit.profiles]
    labels = [item.label for item in rows[0]]
    ranks = np.array([[np.nan if item.rank is None else item.rank for item in row] for row in rows])
    notes = [["?" if item.median is None else written(item.median, item.unit) for item in row] for row in rows]
    figure = Figure(figsize=(1.6 + 1.25 * len(labels), 1.6 + 0.6 * len(rows)), layout="constrained")
    axes = figure.subplots()
    sns.heatmap(
        ranks, ax=axes, annot=np.array(notes), fmt="", cmap="vlag", vmin=0, vmax=1, linewidths=1, linecolor="white",
        annot_kws={"fontsize": 8}, xticklabels=labels, yticklabels=list(names),
        cbar_kws={"label": "Rang de la médiane parmi tous les clients"},
    )  # fmt: skip
    axes.set_title("Profils\u00a0: médianes connues des segments")
    axes.tick_params(axis="x", rotation=35, length=0)
    axes.tick_params(axis="y", rotation=0, length=0)
    return figure


def _medians(profile: Profile) -> list[NumberProfile]:
    return [*profile.numbers, *([profile.totals] if profile.totals else [])]


def distributions(
    fit: Fit, columns: Mapping[str, Sequence[Any]], names: Sequence[str], colours: Sequence[str]
) -> Figure:
    """Each number of the recipe by segment, known values only; `columns` follow `fit.index`. Boxes are quarters."""
    features = fit.document.numeric
    across = min(3, len(features)) or 1
    down = -(-len(features) // across)
    figure = Figure(figsize=(3.6 * across, 2.9 * down), layout="constrained")
    panels = np.atleast_1d(figure.subplots(down, across)).ravel()
    for axes, feature in zip(panels, features, strict=False):
        values = clean_numbers(columns[feature.name], fit.recipe.largest)
        groups = [values[(fit.labels == label) & ~np.isnan(values)] for label in range(fit.k)]
        bent = [transformed(group, feature.transform) for group in groups]
        boxes = axes.boxplot(bent, patch_artist=True, widths=0.6, flierprops={"markersize": 2, "alpha": 0.5})
        for box, middle, colour in zip(boxes["boxes"], boxes["medians"], colours, strict=True):
            box.set(facecolor=colour, alpha=0.7, linewidth=0.8)
            middle.set(color=INK)
        _dressed(axes)
        axes.set_title(feature.label, fontsize=10)
        axes.set_xticks(range(1, fit.k + 1), [_short(name) for name in names], fontsize=7, rotation=25, ha="right")
        axes.yaxis.set_major_formatter(FuncFormatter(_units(feature.transform, feature.unit)))
        axes.tick_params(axis="y", labelsize=8)
    for axes in panels[len(features) :]:
        axes.set_axis_off()
    return figure


def _units(transform: str, unit: str) -> Any:
    """Ticks in the client's own unit, on an axis bent as the recipe bends the column."""

    def tick(place: float, _: int) -> str:
        value = float(np.sign(place) * np.expm1(abs(place))) if transform == "signed_log" else place
        return written(float(f"{value:.2g}"), unit)

    return tick


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _canvas(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    _dressed(axes)
    return figure, axes


def _dressed(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace(".", ",")))


def _choice(axes: Axes, fit: Fit) -> None:
    axes.axvline(fit.k, color=INK, linewidth=1, linestyle="-.")
    axes.set_xticks([item.k for item in fit.candidates])
    axes.annotate(f"choix\u00a0: {fit.k}", (fit.k, 1.0), xycoords=("data", "axes fraction"), fontsize=8, color=INK,
                  xytext=(4, -10), textcoords="offset points")  # fmt: skip


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
