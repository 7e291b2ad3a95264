# SPDX-License-Identifier: Apache-2.0
"""Judges outputs, independently of dsc's own comparison."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """|a-b| <= atol + rtol*|b| everywhere; row_l2 bounds the relative L2 distance of each row (last axis)."""

    atol: float = 1e-4
    rtol: float = 1e-4
    row_l2: float | None = None


EXACT_ENOUGH = Tolerance()
BFLOAT16 = Tolerance(atol=6e-2, rtol=0.0, row_l2=2e-2)
FLOAT16 = Tolerance(atol=2e-2, rtol=0.0)


def difference(got: np.ndarray, want: np.ndarray, tolerance: Tolerance) -> str:
    """'' when equal within the tolerance, else why not. Equal infinities are equal, and so are two NaN."""
    if got.shape != want.shape:
        return f"shape {got.shape} instead of {want.shape}"
    if want.dtype.kind in "iub":
        wrong = int((got != want).sum())
        return f"{wrong} of {want.size} integers differ" if wrong else ""
    if got.dtype.kind != "f":
        return f"element type {got.dtype} instead of {want.dtype}"
    g, w = got.astype(np.float64), want.astype(np.float64)
    if (np.isnan(g) != np.isnan(w)).any():
        return f"{int((np.isnan(g) != np.isnan(w)).sum())} of {w.size} values are NaN in one only"
    infinite = np.isinf(g) | np.isinf(w)
    if (g[infinite] != w[infinite]).any():
        return "infinities differ"
    finite = ~(infinite | np.isnan(w))
    g, w = np.where(finite, g, 0.0), np.where(finite, w, 0.0)
    error = np.abs(g - w)
    if (error > tolerance.atol + tolerance.rtol * np.abs(w)).any():
        return f"largest error {error.max():.3g} where values reach {np.abs(w).max():.3g}"
    if tolerance.row_l2 is not None and w.ndim and w.shape[-1] > 1 and w.size:
        norms = np.linalg.norm(w, axis=-1)
        rows = np.linalg.norm(g - w, axis=-1) / np.where(norms > 0, norms, 1.0)
        if rows.max() > tolerance.row_l2:
            return f"a row's relative L2 distance is {rows.max():.3g}"
    return ""


def outputs(npz: dict) -> dict:
    """The arrays called out.NAME, by NAME."""
    return {name.removeprefix("out."): npz[name] for name in npz if name.startswith("out.")}


def in_index_order(values: dict) -> dict:
    """Router outputs with each row's experts in ascending order: a graph may leave their order free (sorted = 0)."""
    order = np.argsort(values["topk_indices"], axis=-1)
    return {n: np.take_along_axis(v, order, -1) if n.startswith("topk_") else v for n, v in values.items()}


def first_difference(got: dict, want: dict, tolerance: Tolerance, free_order: bool = False) -> str:
    """'' when every expected output is there and equal within the tolerance, else which one is not, and why."""
    missing = sorted(set(want) - set(got))
    if missing:
        return f"missing outputs: {', '.join(missing)}"
    if free_order:
        got, want = in_index_order(got), in_index_order(want)
    for name in want:
        if why := difference(np.asarray(got[name]), np.asarray(want[name]), tolerance):
            return f"{name}: {why}"
    return ""
