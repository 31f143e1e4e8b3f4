"""Solves what `cargo bench -p tests -- matching judge` wrote exactly, by SciPy's HiGHS, and prints how near the plans come.

Reads instances from the file named, one JSON object a line; the edges are the very ones that the plan chose from. Nothing of the solver that
is judged is used here: the constraints are written down anew.
"""

import collections
import json
import statistics
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

WEEKS = 5
SLOT_MINUTES = 30
UNTIMED = 255
# The bars of the benchmark: parts of the exact optimum.
GAP_BAR, COVER_BAR = 0.001, 0.005


def rows_of(instance):
    """Every constraint as (coefficients by edge, upper bound)."""
    edges = instance["edges"]
    of_need, of_calendar = collections.defaultdict(list), collections.defaultdict(list)
    for at, (need, calendar, *_) in enumerate(edges):
        of_need[need].append(at)
        of_calendar[calendar].append(at)
    for need, own in of_need.items():
        yield {at: 1 for at in own}, instance["places"][need]
    for calendar, own in of_calendar.items():
        minutes, places, total = instance["limits"][str(calendar)]
        yield {at: 1 for at in own}, total
        for week in range(WEEKS):
            in_week = [at for at in own if edges[at][5] == week]
            if in_week:
                yield {at: 1 for at in in_week}, places[week]
                yield {at: (edges[at][4] - edges[at][3]) * SLOT_MINUTES for at in in_week}, minutes[week]
        timed = [at for at in own if edges[at][5] != UNTIMED]
        # Whoever is busy at the beginning of an interval: two of them overlap exactly if one begins inside the other.
        for begin in {edges[at][3] for at in timed}:
            clash = [at for at in timed if edges[at][3] <= begin < edges[at][4]]
            if len(clash) > 1:
                yield {at: 1 for at in clash}, 1


def check(instance, chosen):
    """Fails when a choice breaks a constraint."""
    for row, most in rows_of(instance):
        assert sum(value for at, value in row.items() if at in chosen) <= most, "a constraint is broken"


def exact(instance):
    """The optimum: its score and the places it fills."""
    scores = np.array([edge[2] for edge in instance["edges"]], dtype=float)
    data, at_row, at_column, most = [], [], [], []
    for row, bound in rows_of(instance):
        for column, value in row.items():
            data.append(value), at_row.append(len(most)), at_column.append(column)
        most.append(bound)
    matrix = csr_array((data, (at_row, at_column)), shape=(len(most), len(scores)))
    limit = LinearConstraint(matrix, ub=np.array(most, dtype=float))
    found = milp(-scores, constraints=limit, integrality=np.ones(len(scores)), bounds=Bounds(0, 1), options={"mip_rel_gap": 1e-7})
    assert found.success, found.message
    chosen = {at for at, value in enumerate(found.x) if value > 0.5}
    check(instance, chosen)
    return sum(instance["edges"][at][2] for at in chosen), len(chosen)


def main(path):
    gaps, covers, bounds = (collections.defaultdict(lambda: collections.defaultdict(list)) for _ in range(3))
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            instance = json.loads(line)
            best, filled = exact(instance)
            for method, chosen in instance["choices"].items():
                check(instance, set(chosen))
                score = sum(instance["edges"][at][2] for at in chosen)
                gaps[instance["family"]][method].append(1 - score / best)
                covers[instance["family"]][method].append(len(chosen) / filled - 1)
            slack = instance["bound"] / best - 1
            assert slack > -1e-6, "the certificate lies below the optimum"
            bounds[instance["family"]]["plan"].append(slack)
    count, failed = 0, 0
    print(f"{'family':<10}{'method':<10}{'seeds':>6}{'mean gap':>12}{'worst gap':>12}{'total cover':>13}{'worst cover':>13}{'bound above':>13}")
    for family, methods in gaps.items():
        for method, gap in methods.items():
            cover, slack = covers[family][method], bounds[family].get(method)
            above = f"{statistics.mean(slack):13.4%}" if slack else ""
            print(f"{family:<10}{method:<10}{len(gap):>6}{statistics.mean(gap):12.4%}{max(gap):12.4%}{statistics.mean(cover):13.4%}{min(cover):13.4%}{above}")
            if method == "plan":
                count += len(gap)
                failed += sum(one > GAP_BAR for one in gap) + sum(one < -COVER_BAR for one in cover)
    print(f"{count} seeds; beyond {GAP_BAR:.1%} of score or {COVER_BAR:.1%} of cover: {failed}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
