"""Correlations from relaxations of the graph: SDP, cut-polytope LP, spectrum; and random ones as the ablation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...algorithms.cut_polytope import OddCycles, cut_polytope_lp
from ...algorithms.mixing import Mixing, mixing_method
from ...core import CORRELATIONS
from .correlations import Correlations, Task, gram_pairs


@CORRELATIONS.register("sdp")
@dataclass(frozen=True)
class Sdp:
    """Inner products of the Max-Cut SDP's vectors, by the mixing method, warm-started after each merge.

    Parameters
    ----------
    tolerance, max_sweeps : of the ascent, and of each one whose bound is asked for. Penalties make cuts heavy whatever
        the point, so that 1e-7 of the whole ends before the cost inside it is seen (hp1 with slack: after 2 sweeps).
    warm_sweeps : at most, after a merge.
    all_pairs : every pair of nodes is a candidate; off, the graph's edges only.
    seed : of the first start.

    References
    ----------
    M. X. Goemans, D. P. Williamson (1995), doi:10.1145/227683.227684; P.-W. Wang, W.-C. Chang, J. Z. Kolter (2017),
    arXiv:1706.00476. Authors' code of arXiv:2506.14250 solves the same SDP with SCS.
    """

    tolerance: float = 1e-9
    max_sweeps: int = 1000
    warm_sweeps: int = 20
    all_pairs: bool = True
    seed: int = 0

    def correlations(self, task: Task) -> Correlations:
        """Pairs with ``<v_i, v_j>``, and the SDP's certified bound where asked for."""
        is_warm = task.start is not None and not task.wants_bound
        settings = Mixing(tolerance=self.tolerance, max_sweeps=self.warm_sweeps if is_warm else self.max_sweeps)
        W = task.cut.adjacency()
        solved = mixing_method(W, settings, start=task.start, seed=self.seed, certify=task.wants_bound)
        bound = task.cut.constant - solved.bound / 2.0 if task.wants_bound and solved.is_certified else None
        if self.all_pairs:
            heads, tails, values = gram_pairs(solved.vectors)
        else:
            heads, tails = task.cut.heads, task.cut.tails
            values = solved.correlations(heads, tails)
        return Correlations(heads, tails, values, bound, solved.vectors)


@CORRELATIONS.register("lp")
@dataclass(frozen=True)
class CutLp:
    """``1 - 2 x_uv`` of the graph's edges, x the optimum of the odd-cycle relaxation of the cut polytope.

    Parameters
    ----------
    max_rounds : of separation; stopped early, the bound holds but is weaker. None: until no odd cycle is violated,
        which on dense graphs of a hundred nodes takes minutes.
    rows_per_round : most violated rows added in a round.

    References
    ----------
    F. Wagner, J. Nuesslein, F. Liers (2023), Enhancing quantum algorithms for quadratic unconstrained binary
    optimization via integer programming, arXiv:2302.05493.
    """

    max_rounds: int | None = 20
    rows_per_round: int = 2000

    def correlations(self, task: Task) -> Correlations:
        """The edges with their values, and the LP's bound."""
        cut = task.cut
        settings = OddCycles(max_rounds=self.max_rounds, rows_per_round=self.rows_per_round)
        # weights in units of the heaviest: the LP's tolerances are absolute
        scale = float(np.abs(cut.weights).max(initial=0.0)) or 1.0
        solved = cut_polytope_lp(cut.num_nodes, cut.heads, cut.tails, cut.weights / scale, settings)
        return Correlations(cut.heads, cut.tails, solved.correlations, cut.constant - solved.bound * scale / 2.0)


@CORRELATIONS.register("spectral")
@dataclass(frozen=True)
class Spectral:
    """Products of entries of the extreme eigenvector: the SDP's relaxation of rank one, cheap and coarse.

    References
    ----------
    S. Poljak, F. Rendl (1995), Solving the max-cut problem using eigenvalues, doi:10.1016/0166-218X(94)00155-7.
    """

    def correlations(self, task: Task) -> Correlations:
        """All pairs ``u_i u_j``, u the eigenvector of W's smallest eigenvalue scaled to a largest entry of 1."""
        W = task.cut.adjacency()
        n = task.num_nodes
        if n <= 500:
            u = np.linalg.eigh(W.toarray())[1][:, 0]
        else:
            from scipy.sparse.linalg import eigsh

            u = eigsh(W, k=1, which="SA", v0=np.random.default_rng(0).normal(size=n))[1][:, 0]
        u = u / (np.abs(u).max(initial=0.0) or 1.0)
        return Correlations(*gram_pairs(u[:, None]))


@CORRELATIONS.register("random")
@dataclass(frozen=True)
class RandomPairs:
    """Uniform values in [-1, 1] for every pair: the ablation, which knows nothing of the problem."""

    seed: int = 0

    def correlations(self, task: Task) -> Correlations:
        """All pairs with fresh random values each time."""
        rng = np.random.default_rng([self.seed, task.index])
        heads, tails = np.triu_indices(task.num_nodes, 1)
        return Correlations(heads, tails, rng.uniform(-1.0, 1.0, heads.size))
