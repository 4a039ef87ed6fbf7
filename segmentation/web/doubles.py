"""Doubles, with the segments and decisions of whoever is merged: `clients` knows nothing of them."""

from __future__ import annotations

from clients.web import doubles
from segmentation.runs import uniting


class Compare(doubles.Compare):
    merge = staticmethod(uniting.merge)
    derived = uniting.ABOVE.derived


class MergePage(doubles.MergePage):
    derived = uniting.ABOVE.derived


class UndoMerge(doubles.UndoMerge):
    undo = staticmethod(uniting.undo)
