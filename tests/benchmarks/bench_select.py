"""Does selecting find the right documents? Precision, coverage and fill on labelled text.

Prints: membership scores against the raw cosine; pickers against each other and against random,
nearest, k-means (LongForm) and CRAFT; descriptions against exemplars; a node whose documents are
missing; how far membership can be read as a probability.
Coverage is measured in another space than the selector's: words, weighted by rarity (TF-IDF). The
last column, `equal`, is the Vendi score at equal precision: of equally many documents of the class.
`python bench_select.py topic vital` measures these sets only.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from labelled import SETS, SHARED, Corpus, Labelled, encoder, labelled

from miner.select import Select, select
from miner.select.domain import gate
from miner.select.dpp import DPP
from miner.select.facility_location import FacilityLocation
from miner.select.figures import vendi
from miner.select.k_center import KCenter
from miner.select.kmeans import KMeans
from miner.select.membership import Curve
from miner.select.mmr import MMR
from miner.select.nearest import Nearest
from miner.select.queries import node_queries, unit
from miner.select.random import Random
from miner.select.scoring import score
from miner.select.settings import Domain
from miner.types import Taxonomy

QUOTA = 20
DEFAULT = "+ neighbours (the default)"
PICKERS = {
    "facility_location": FacilityLocation(),
    "nearest": Nearest(),
    "random": Random(),
    "kmeans": KMeans(),
    "mmr": MMR(),
    "dpp": DPP(),
    "k_center": KCenter(),
}


def main(names: Sequence[str] = SETS) -> None:
    if not SHARED.is_dir():
        print(f"skipped: real corpora are not at {SHARED}")
        return
    sets = {name: labelled(name) for name in names}
    for name, data in sets.items():
        sizes = np.bincount(data.labels[data.labels >= 0], minlength=len(data.taxonomy.leaves))
        print(f"{name}: {len(data.texts)} texts, {len(sizes)} nodes of {sizes.min()}-{sizes.max()}")
    scores_table(sets)
    pickers_table(sets)
    exemplars_table(sets)
    domains_table(sets)
    absent_table(sets)
    calibration_table(sets)
    losses(sets)


# ------------------------------------------------------------------------ membership scores


def scores_table(sets: dict[str, Labelled]) -> None:
    print(f"\nPrecision@{QUOTA} of a node's best, by membership score (95 % interval over nodes)")
    print(f"{'score':30}" + "".join(f"{name:>21}" for name in sets))
    table: dict[str, list[str]] = {}
    for data in sets.values():
        for name, ranking in rankings(data).items():
            table.setdefault(name, []).append(interval(precisions(data, ranking)))
    for name, cells in table.items():
        print(f"{name:30}" + "".join(f"{cell:>21}" for cell in cells))


def rankings(data: Labelled) -> dict[str, list[np.ndarray]]:
    """Per score the rows of every node, best first."""
    whole = encoder().encode([f"{n.name}. {n.description}" for n in data.taxonomy.leaves])
    corpus = Corpus.of(data.vectors)
    cosines = data.vectors @ whole.T
    phrased = data.vectors @ node_queries(data.taxonomy, data.taxonomy.leaves, encoder(), corpus).T
    found = {
        "raw cosine": best(cosines),
        "margin of cosines": best(margins(cosines)),
        "z-scored margin": best(margins(standard(cosines))),
        "phrases: raw cosine": best(phrased),
        "phrases: z-scored margin": best(margins(standard(phrased))),
    }
    alone = Select(floor=0.0, neighbours=0)
    for name, settings in (("+ feedback", alone), (DEFAULT, Select(floor=0.0))):
        members = score(corpus, data.taxonomy, data.taxonomy.leaves, encoder(), settings).members
        found[name] = [members.rows[members.of(n)] for n in range(len(data.taxonomy.leaves))]
    return found


def standard(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean(axis=0)) / scores.std(axis=0)


def margins(scores: np.ndarray) -> np.ndarray:
    top = np.sort(scores, axis=1)[:, -2:]
    return scores - np.where(scores == top[:, 1:], top[:, :1], top[:, 1:])


def best(scores: np.ndarray) -> list[np.ndarray]:
    return list(np.argsort(-scores, axis=0, kind="stable").T)


def precisions(data: Labelled, ranking: list[np.ndarray]) -> np.ndarray:
    return np.array([precision(data, rows[:QUOTA], node) for node, rows in enumerate(ranking)])


def precision(data: Labelled, rows: np.ndarray, node: int) -> float:
    """Among the labelled ones; nan if there is none."""
    labels = data.labels[rows]
    labels = labels[labels >= 0]
    return float((labels == node).mean()) if len(labels) else np.nan


def interval(values: np.ndarray) -> str:
    values = values[~np.isnan(values)]
    rng = np.random.default_rng(0)
    means = rng.choice(values, (2000, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.3f} [{low:.2f}, {high:.2f}]"


def losses(sets: dict[str, Labelled]) -> None:
    print(f"\nNodes where precision@{QUOTA} is below that of the raw cosine")
    for name, data in sets.items():
        ranked = rankings(data)
        raw, ours = (precisions(data, ranked[k]) for k in ("raw cosine", DEFAULT))
        worse = [
            f"{node.name} {raw[i]:.2f} -> {ours[i]:.2f}"
            for i, node in enumerate(data.taxonomy.leaves)
            if ours[i] < raw[i] - 1e-9
        ]
        print(f"{name}: {'; '.join(worse) or 'none'}")


# ---------------------------------------------------------------------------------- pickers


def pickers_table(sets: dict[str, Labelled]) -> None:
    for name, data in sets.items():
        words = word_vectors(data.texts)
        print(
            f"\n{name}: pickers, scores and baselines; quota {QUOTA}, floor {Select().floor}; "
            "coverage and radius in words"
        )
        print(
            f"{'way':34}{'precision':>21}{'coverage':>9}{'radius':>8}{'fill':>6}{'pairs':>6}"
            f"{'vendi':>7}{'equal':>7}"
        )
        ways = {label: chosen_rows(data, Select(picker=p)) for label, p in PICKERS.items()}
        equal = fewest_true(data, list(ways.values()))
        ways["default, quota forced"] = chosen_rows(data, Select(floor=0.0))
        ways["default, pool of 5 quotas"] = chosen_rows(data, Select(pool=5.0))
        ranked = rankings(data)
        ways |= {f"best {QUOTA} by {s}": [r[:QUOTA] for r in rows] for s, rows in ranked.items()}
        ways["k-means of nearest 100"] = [longform(data, r) for r in ranked["raw cosine"]]
        ways["CRAFT (phrases as queries)"] = craft(data)
        rng = np.random.default_rng(0)
        ways["random documents"] = [
            rng.permutation(len(data.vectors))[:QUOTA] for _ in data.taxonomy.leaves
        ]
        for label, chosen in ways.items():
            print(row(label, data, chosen, words, equal))


def fewest_true(data: Labelled, pickers: list[list[np.ndarray]]) -> list[int]:
    """Per node the fewest documents of its class that a picker chose."""
    return [
        min(int((data.labels[chosen[node]] == node).sum()) for chosen in pickers)
        for node in range(len(pickers[0]))
    ]


def equal_vendi(data: Labelled, chosen: list[np.ndarray], counts: list[int]) -> str:
    """Vendi score at equal precision: of as many documents of the class per node, drawn by chance.

    A way that has fewer of them in any node cannot be compared.
    """
    rng = np.random.default_rng(0)
    found = []
    for node, (rows, count) in enumerate(zip(chosen, counts, strict=True)):
        true = rows[data.labels[rows] == node]
        if len(true) < count:
            return "-"
        if count > 1:
            draws = [rng.permutation(true)[:count] for _ in range(5)]
            found.append(np.mean([vendi(data.vectors[drawn]) for drawn in draws]))
    return f"{np.mean(found):.2f}" if found else "-"


def chosen_rows(data: Labelled, settings: Select) -> list[np.ndarray]:
    selection = select(Corpus.of(data.vectors), data.taxonomy, encoder(), settings)
    return [np.array([int(c.document) for c in n.chosen], dtype=int) for n in selection.nodes]


def row(label: str, data: Labelled, chosen: list[np.ndarray], words, equal: list[int]) -> str:
    exact = np.array([precision(data, rows, node) for node, rows in enumerate(chosen)])
    covered, radius, diverse, pairs = [], [], [], 0
    for node, rows in enumerate(chosen):
        mine = np.flatnonzero(data.labels == node)
        near = (
            np.asarray((words[mine] @ words[rows].T).todense()).max(axis=1)
            if len(rows)
            else np.zeros(len(mine))
        )
        covered.append(near.mean())
        radius.append(np.quantile(1 - near, 0.95))
        diverse.append(vendi(data.vectors[rows]))
        pairs += int((np.triu(data.vectors[rows] @ data.vectors[rows].T, 1) > 0.9).sum())
    fill = np.mean([len(rows) / QUOTA for rows in chosen])
    return (
        f"{label:34}{interval(exact):>21}{np.mean(covered):9.3f}{np.mean(radius):8.3f}{fill:6.2f}"
        f"{pairs:6}{np.mean(diverse):7.1f}{equal_vendi(data, chosen, equal):>7}"
    )


def word_vectors(texts: list[str]):
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(texts)


def longform(data: Labelled, ranking: np.ndarray) -> np.ndarray:
    """One per cluster of the 100 nearest, none weighted."""
    pool = np.sort(ranking[:100])
    return pool[KMeans().pick(data.vectors[pool], np.ones(len(pool), dtype=np.float32), QUOTA)]


def craft(data: Labelled) -> list[np.ndarray]:
    """Half of the quota shared among a node's phrases, half by their mean (CRAFT, section 3)."""
    from miner.select.queries import node_phrases

    found = []
    for node in data.taxonomy.leaves:
        queries = encoder().encode(node_phrases(node))
        found.append(_craft(data.vectors, queries))
    return found


def _craft(vectors: np.ndarray, queries: np.ndarray) -> np.ndarray:
    each = np.argsort(-(vectors @ queries.T), axis=0, kind="stable")
    taken: list[int] = []
    for rank in range(len(vectors)):
        for query in range(len(queries)):
            if len(taken) < QUOTA // 2 and (r := int(each[rank, query])) not in taken:
                taken.append(r)
        if len(taken) >= QUOTA // 2:
            break
    mean = np.argsort(-(vectors @ queries.mean(axis=0)), kind="stable")
    taken += [int(r) for r in mean[: 2 * QUOTA] if int(r) not in taken][: QUOTA - len(taken)]
    return np.array(taken)


# -------------------------------------------------------------------------------- exemplars


def exemplars_table(sets: dict[str, Labelled]) -> None:
    print(
        "\nDescriptions against five exemplars per node, drawn by chance and taken out of the corpus"
    )
    print(f"{'query, score':34}" + "".join(f"{name:>21}" for name in sets))
    table: dict[str, list[str]] = {}
    for data in sets.values():
        for name, values in exemplar_precisions(data).items():
            table.setdefault(name, []).append(interval(values))
    for name, cells in table.items():
        print(f"{name:34}" + "".join(f"{cell:>21}" for cell in cells))


def exemplar_precisions(data: Labelled) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    nodes = data.taxonomy.leaves
    shown = [rng.permutation(np.flatnonzero(data.labels == i))[:5] for i in range(len(nodes))]
    rest = np.setdiff1d(np.arange(len(data.texts)), np.concatenate(shown))
    left = replace(data, vectors=data.vectors[rest], labels=data.labels[rest], texts=[])
    given = [tuple(data.texts[r] for r in rows) for rows in shown]
    both = tuple(replace(n, exemplars=e) for n, e in zip(nodes, given, strict=True))
    bare = tuple(replace(n, name="", description="") for n in both)
    means = unit(np.stack([data.vectors[rows].mean(axis=0) for rows in shown]))
    found = {
        "exemplars, raw cosine": best(left.vectors @ means.T),
        "exemplars, CRAFT": [_craft(left.vectors, data.vectors[rows]) for rows in shown],
        "description, membership": member_rows(left, nodes),
        "exemplars, membership": member_rows(left, bare),
        "both, membership (the default)": member_rows(left, both),
    }
    return {name: precisions(left, ranking) for name, ranking in found.items()}


def member_rows(data: Labelled, nodes) -> list[np.ndarray]:
    corpus = Corpus.of(data.vectors)
    taxonomy = Taxonomy("t", tuple(nodes))
    members = score(corpus, taxonomy, taxonomy.leaves, encoder(), Select()).members
    return [members.rows[members.of(node)] for node in range(len(nodes))]


# ---------------------------------------------------------------------------------- domains


def domains_table(sets: dict[str, Labelled]) -> None:
    """Each class in turn as a domain given by examples alone, which are taken out of the corpus."""
    print(f"\nA domain by examples: precision@{QUOTA}; at a probability of 0.5: precision, recall")
    print(f"{'set':8}{'examples':>9}{'mean cosine':>14}{'CRAFT':>9}{'domain':>9}{'at 0.5':>18}")
    for name in [name for name in ("topic", "vital", "mmlu") if name in sets]:
        data = sets[name]
        for count in (5, 20):
            rows = [
                r
                for node in range(0, len(data.taxonomy.leaves), 1 if name != "mmlu" else 4)
                if (r := domain_row(data, node, count))
            ]
            mean, craft_, ours, exact, recall = np.nanmean(rows, axis=0)
            print(
                f"{name:8}{count:9}{mean:14.3f}{craft_:9.3f}{ours:9.3f}{exact:12.2f}{recall:6.2f}"
            )


def domain_row(data: Labelled, node: int, count: int) -> tuple[float, ...]:
    mine = np.random.default_rng(node).permutation(np.flatnonzero(data.labels == node))
    if len(mine) < count + QUOTA:
        return ()
    rest = np.setdiff1d(np.arange(len(data.labels)), mine[:count])
    left = replace(data, vectors=data.vectors[rest], labels=data.labels[rest])
    shown = data.vectors[mine[:count]]
    domain = Domain(examples=tuple(data.texts[r] for r in mine[:count]))
    found = gate(Corpus.of(left.vectors), encoder(), domain, Select().duplicates)
    within = found.probability >= 0.5
    true = left.labels == node
    return (
        precision(left, np.argsort(-(left.vectors @ shown.mean(axis=0)))[:QUOTA], node),
        precision(left, _craft(left.vectors, shown), node),
        precision(left, np.argsort(-found.logit, kind="stable")[:QUOTA], node),
        float(true[within].mean()) if within.any() else np.nan,
        float(within[true].mean()),
    )


# ------------------------------------------------------------------- absent nodes, calibration


LEFT = (0, 5)
"""Documents of a class that are left in, when it is taken out."""


def absent_table(sets: dict[str, Labelled]) -> None:
    print(
        f"\nOf {QUOTA} places, how many are filled when a node's documents are in, all taken out, "
        "and all but five; how many rightly"
    )
    print(f"{'set':8}{'neighbours':>11}{'floor':>7}{'in: filled':>12}{'rightly':>9}"
          f"{'out: filled':>13}{'most':>6}{'five: filled':>14}{'rightly':>9}")  # fmt: skip
    for name in [name for name in ("topic", "vital", "mmlu") if name in sets]:
        data = sets[name]
        for neighbours, floor in ((0, 0.7), (10, 0.7)):
            settings = Select(picker=Nearest(), neighbours=neighbours, floor=floor)
            full = [rightly(data, rows, i) for i, rows in enumerate(chosen_rows(data, settings))]
            rest = {left: [] for left in LEFT}
            for node in range(0, len(data.taxonomy.leaves), 4 if name == "mmlu" else 1):
                for left, found in rest.items():
                    without = taken_out(data, node, left)
                    found.append(rightly(without, chosen_rows(without, settings)[node], node))
            (filled, right), (out, _), (five, five_right) = (
                np.mean(found, axis=0) for found in (full, *rest.values())
            )
            print(f"{name:8}{neighbours:11}{floor:7.1f}{filled:12.1f}{right:9.1f}{out:13.1f}"
                  f"{max(rest[0])[0]:6}{five:14.1f}{five_right:9.1f}", flush=True)  # fmt: skip


def rightly(data: Labelled, rows: np.ndarray, node: int) -> tuple[int, int]:
    """How many places are filled, and how many with documents of the class."""
    return len(rows), int((data.labels[rows] == node).sum())


def taken_out(data: Labelled, node: int, left: int) -> Labelled:
    """The set without a class, but for so many of its documents, drawn by chance."""
    keep = data.labels != node
    keep[np.random.default_rng(node).permutation(np.flatnonzero(~keep))[:left]] = True
    return replace(data, vectors=data.vectors[keep], labels=data.labels[keep])


def calibration_table(sets: dict[str, Labelled]) -> None:
    edges = np.array([0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0001])
    print("\nMembership against truth: share of documents that belong, by membership (documents)")
    header = (f"{low:.1f}-{min(high, 1):.1f}" for low, high in itertools.pairwise(edges))
    print(f"{'':10}" + "".join(f"{text:>14}" for text in header))
    for name, data in sets.items():
        corpus = Corpus.of(data.vectors)
        members = score(corpus, data.taxonomy, data.taxonomy.leaves, encoder(), Select()).members
        labels = data.labels[members.rows]
        known = labels >= 0
        true = (labels == members.nodes)[known]
        bins = np.digitize(members.probabilities[known], edges) - 1
        cells = [
            f"{true[bins == b].mean():.2f} ({(bins == b).sum()})" if (bins == b).any() else "-"
            for b in range(len(edges) - 1)
        ]
        print(f"{name:10}" + "".join(f"{cell:>14}" for cell in cells))
    print(f"curve: slope {Curve().slope}, intercept {Curve().intercept}")


if __name__ == "__main__":
    main(sys.argv[1:] or SETS)
