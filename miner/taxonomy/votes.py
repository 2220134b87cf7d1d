"""People's votes on a tree: read, counted, and carried out by majority.

Everyone has a ballot of their own, a TOML file that can be written by hand or by `miner taxonomy
review`:

    who = "anna"

    [[votes]]
    id = "biology/cells"           # a node, a session, or "session-id#concept"
    vote = "remove"                # keep, remove, rename, merge, move, add

    [[votes]]
    id = "biology/plant"
    vote = "merge"                 # to: an id; for rename a name, for move the new parent's id
    to = "biology/plants"

    [[votes]]
    id = "biology"                 # add: below this node; its level is that of the node's children
    vote = "add"
    to = "Ecology"

A node is removed when more than half of its voters say so, and all that is below it goes as well
(GLAN's rule for its taxonomy). Any other change needs more than half of the node's voters for the
very same change. Agreement is Krippendorff's alpha for nominal data, over the kinds of votes.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from miner.errors import TaxonomyError, choices
from miner.recipe import read_toml
from miner.taxonomy.names import fold, slug, usable
from miner.taxonomy.tree import LEVELS, SESSION, Proposal, prune
from miner.types import Node, Rejected

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["keep", "remove", "rename", "merge", "move", "add"]
MOST_SHOWN = 12
NEEDS_TO = ("rename", "merge", "move", "add")


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person wants done with one node."""

    id: str
    vote: Kind
    to: str = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's votes."""

    who: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a count."""

    proposals: tuple[Proposal, ...]
    carried: tuple[Vote, ...]
    lost: tuple[tuple[Vote, Rejected], ...]
    """Changes that were wanted and not made, and why."""
    alpha: float | None
    """Krippendorff's alpha; None where no node has two votes, or all votes are the same kind."""
    voters: int


# ------------------------------------------------------------------------------------ ballots


def read_ballot(path: Path, known: Sequence[str]) -> Ballot:
    """Read and check a ballot.

    Args:
        path: A TOML file.
        known: Ids that may be voted on.

    Raises:
        RecipeError: It is no TOML.
        TaxonomyError: A key or an id is unknown, a vote is incomplete, or a node is voted on twice.
    """
    table = read_toml(path)
    for key in table:
        if key not in {"who", "votes"}:
            raise TaxonomyError(f"{path.name}: no key '{key}'; {choices(key, ('who', 'votes'))}")
    rows = table.get("votes", [])
    if not isinstance(rows, list):
        raise TaxonomyError(f"{path.name}: votes: expected a list of tables, [[votes]]")
    ids = dict.fromkeys(known)
    votes = tuple(read_vote(row, f"{path.name}, vote {i}", ids) for i, row in enumerate(rows, 1))
    twice = [id for id, n in Counter(v.id for v in votes if v.vote != "add").items() if n > 1]
    if twice:
        raise TaxonomyError(f"{path.name}: '{twice[0]}' has two votes")
    return Ballot(str(table.get("who", path.stem)), votes)


def read_vote(row: Any, where: str, known: Collection[str]) -> Vote:
    """A vote from a table.

    Raises:
        TaxonomyError: A key or an id is unknown, or the vote is incomplete.
    """
    if not isinstance(row, dict):
        raise TaxonomyError(f"{where}: expected a table, got {row!r}")
    for key, value in row.items():
        if key not in {"id", "vote", "to"}:
            raise TaxonomyError(f"{where}: no key '{key}'; {choices(key, ('id', 'vote', 'to'))}")
        if not isinstance(value, str):
            raise TaxonomyError(f"{where}: {key}: expected a text, got {value!r}")
    id, vote, to = row.get("id", ""), row.get("vote", ""), row.get("to", "")
    if vote not in get_args(Kind):
        raise TaxonomyError(f"{where}: vote '{vote}'; {choices(vote, get_args(Kind))}")
    for name in [id, *([to] if vote in ("merge", "move") else [])]:
        if name not in known:
            raise TaxonomyError(f"{where}: no node '{name}'; {_near(name, known)}")
    if vote in NEEDS_TO and not to:
        raise TaxonomyError(f"{where}: '{vote}' needs 'to'")
    if "#" in id and vote not in ("keep", "remove"):
        raise TaxonomyError(f"{where}: a concept is kept or removed, not '{vote}'")
    if vote in ("rename", "add") and isinstance(why := usable(to), Rejected):
        raise TaxonomyError(f"{where}: {to!r} is no name ({why.reason})")
    return Vote(id, vote, to)


def spoken(answer: str, node: Node, known: Collection[str]) -> Vote:
    """A vote on a node from what a person types: a kind and what it needs; nothing means keep.

    Raises:
        TaxonomyError: It is no vote, or not one on this node.
    """
    word, _, rest = answer.strip().partition(" ")
    kinds = (*get_args(Kind), "drop")
    found = [kind for kind in kinds if kind.startswith(word.lower())] if word else ["keep"]
    if word in kinds:
        found = [word]
    if len(found) != 1:
        raise TaxonomyError(f"'{word}' is no vote; {choices(word, kinds)}")
    if found[0] == "drop":
        concepts = {fold(term): term for term in node.terms if node.level == SESSION}
        if fold(rest) not in concepts:
            raise TaxonomyError(f"no key concept '{rest}' here; {choices(rest, concepts.values())}")
        return Vote(f"{node.id}#{concepts[fold(rest)]}", "remove")
    if rest and found[0] in ("keep", "remove"):
        raise TaxonomyError(f"'{found[0]}' stands alone; what is '{rest}'?")
    return read_vote({"id": node.id, "vote": found[0], "to": rest.strip()}, "this vote", known)


def shown(proposal: Proposal, kept: Sequence[Proposal]) -> list[str]:
    """A node as a voter needs to see it: where it is, what it is, what is below, how it came."""
    node, origin = proposal.node, proposal.origin
    names = {p.node.id: p.node.name for p in kept}
    above = f", below {names[node.parent]}" if node.parent in names else ""
    lines = [f"{node.name}  ({node.level or 'node'}{above}; id {node.id})"]
    if node.description:
        lines.append(f"  {node.description}")
    if node.terms:
        lines.append(
            f"  {'key concepts' if node.level == SESSION else 'topics'}: " + "; ".join(node.terms)
        )
    below = [p.node.name for p in kept if p.node.parent == node.id]
    if below:
        more = f" and {len(below) - MOST_SHOWN} more" if len(below) > MOST_SHOWN else ""
        lines.append(f"  below it: {'; '.join(below[:MOST_SHOWN])}{more}")
    how = {"given": "given", "grown": f"grown by {origin.model}", "corpus": "made from documents"}
    times = f", proposed {origin.proposed} times" if origin.proposed > 1 else ""
    lines.append(f"  {how[origin.how]}{times}")
    return lines


def _near(name: str, known: Collection[str]) -> str:
    text = choices(name, known)
    if len(text) < 400:
        return text
    _, guessed, guess = text.rpartition("did you mean")
    return f"{guessed}{guess}" if guessed else f"{len(known)} others could be meant"


def dump_ballot(ballot: Ballot) -> bytes:
    """A ballot as TOML."""
    import tomli_w

    rows = [{k: v for k, v in dataclasses.asdict(vote).items() if v} for vote in ballot.votes]
    return tomli_w.dumps({"who": ballot.who, "votes": rows}).encode()


def votable(proposals: Sequence[Proposal]) -> list[str]:
    """Ids that may be voted on: kept nodes and sessions, and their concepts."""
    ids = []
    for node in (p.node for p in proposals if p.status == "kept"):
        ids.append(node.id)
        if node.level == SESSION:
            ids += [f"{node.id}#{term}" for term in node.terms]
    return ids


# ----------------------------------------------------------------------------------- counting


def count(proposals: Sequence[Proposal], ballots: Sequence[Ballot]) -> Tally:
    """Carry out what a majority wants.

    Changes are made in the order of the tree: renames, moves and merges first, then additions, then
    removals with all that is below.
    """
    by_id: dict[str, list[Vote]] = {}
    additions: Counter[Vote] = Counter()
    for ballot in ballots:
        for vote in ballot.votes:
            if vote.vote == "add":
                additions[Vote(vote.id, "add", fold(vote.to))] += 1
            else:
                by_id.setdefault(vote.id, []).append(vote)
    carried, lost = _majorities(by_id)
    voters = Counter(id for ballot in ballots for id in {vote.id for vote in ballot.votes})
    names = {Vote(v.id, "add", fold(v.to)): v for b in ballots for v in b.votes if v.vote == "add"}
    for key, many in additions.items():
        if many * 2 > voters[key.id]:
            carried.append(names[key])
        else:
            lost.append((names[key], Rejected("no_majority", f"{many} of {voters[key.id]}")))
    after, refused = _carry_out(list(proposals), carried)
    done = [vote for vote in carried if all(vote is not other for other, _ in refused)]
    return Tally(
        tuple(after), tuple(done), (*lost, *refused), alpha(list(by_id.values())), len(ballots)
    )


def _majorities(
    by_id: Mapping[str, list[Vote]],
) -> tuple[list[Vote], list[tuple[Vote, Rejected]]]:
    carried: list[Vote] = []
    lost: list[tuple[Vote, Rejected]] = []
    for votes in by_id.values():
        counts = Counter(votes)
        for vote, many in counts.items():
            if many * 2 > len(votes):
                if vote.vote != "keep":
                    carried.append(vote)
            elif vote.vote != "keep":
                lost.append((vote, Rejected("no_majority", f"{many} of {len(votes)}")))
    return carried, lost


def _carry_out(
    proposals: list[Proposal], votes: Sequence[Vote]
) -> tuple[list[Proposal], list[tuple[Vote, Rejected]]]:
    refused: list[tuple[Vote, Rejected]] = []
    place = {p.node.id: i for i, p in enumerate(proposals) if p.status == "kept"}
    doomed: dict[str, str] = {}
    for vote in votes:
        if vote.id.partition("#")[0] not in place:
            refused.append((vote, Rejected("merged_already", vote.id)))
        elif vote.vote == "remove":
            if "#" in vote.id:
                _drop_concept(proposals, place, vote.id)
            else:
                doomed[vote.id] = "voted"
        elif vote.vote == "rename":
            i = place[vote.id]
            node = dataclasses.replace(proposals[i].node, name=str(usable(vote.to)))
            proposals[i] = dataclasses.replace(proposals[i], node=node)
        elif vote.vote == "add":
            _add(proposals, place, vote)
        elif why := _not_movable(proposals, place, vote):
            refused.append((vote, why))
        elif vote.vote == "move":
            i = place[vote.id]
            node = dataclasses.replace(proposals[i].node, parent=vote.to)
            proposals[i] = dataclasses.replace(proposals[i], node=node)
        else:
            _merge(proposals, place, vote)
    return prune(proposals, doomed), refused


def _not_movable(
    proposals: Sequence[Proposal], place: Mapping[str, int], vote: Vote
) -> Rejected | None:
    """Why a node cannot go below or into another: that one is itself, below it, or gone."""
    if vote.to not in place or vote.id not in place:
        return Rejected("merged_already", vote.to)
    above = vote.to
    while above:
        if above == vote.id:
            return Rejected("cycle", f"{vote.to} is below {vote.id}")
        above = proposals[place[above]].node.parent
    target, node = proposals[place[vote.to]].node, proposals[place[vote.id]].node
    if vote.vote == "merge" and target.level != node.level:
        return Rejected("other_level", f"{target.level or 'none'}, not {node.level or 'none'}")
    if vote.vote == "move" and target.level == SESSION:
        return Rejected("below_session", vote.to)
    return None


def _merge(proposals: list[Proposal], place: dict[str, int], vote: Vote) -> None:
    """Send a node into another; what is below it goes along, and so do its terms."""
    i, j = place.pop(vote.id), place[vote.to]
    proposals[i] = dataclasses.replace(proposals[i], status="merged", reason="voted", into=vote.to)
    guest, host = proposals[i].node, proposals[j].node
    terms = tuple(dict.fromkeys((*host.terms, *guest.terms)))
    proposals[j] = dataclasses.replace(proposals[j], node=dataclasses.replace(host, terms=terms))
    for k, proposal in enumerate(proposals):
        if proposal.node.parent == vote.id and proposal.status == "kept":
            moved = dataclasses.replace(proposal.node, parent=vote.to)
            proposals[k] = dataclasses.replace(proposal, node=moved)


def _add(proposals: list[Proposal], place: dict[str, int], vote: Vote) -> None:
    parent = proposals[place[vote.id]].node
    below = [p.node.level for p in proposals if p.node.parent == vote.id and p.status == "kept"]
    deeper = LEVELS[LEVELS.index(parent.level) + 1] if parent.level in LEVELS[:-1] else ""
    level = below[0] if below else deeper
    id = f"{vote.id}/{slug(vote.to)}"
    if id not in place:
        place[id] = len(proposals)
        proposals.append(Proposal(Node(id, str(usable(vote.to)), level, parent=vote.id)))


def _drop_concept(proposals: list[Proposal], place: Mapping[str, int], id: str) -> None:
    session, _, concept = id.partition("#")
    i = place[session]
    node = proposals[i].node
    left = tuple(term for term in node.terms if term != concept)
    proposals[i] = dataclasses.replace(proposals[i], node=dataclasses.replace(node, terms=left))
    gone = Node(id, concept, "concept", parent=session)
    proposals.append(Proposal(gone, proposals[i].origin, "pruned", "voted"))


def alpha(units: Sequence[Sequence[Vote]]) -> float | None:
    """Krippendorff's alpha for nominal data with any number of voters a unit.

    1 is full agreement, 0 is what chance would give. Source: Krippendorff (2011), "Computing
    Krippendorff's alpha-reliability", section C.

    Args:
        units: For each node its votes; those with fewer than two do not count.
    """
    paired: list[Counter[str]] = [
        Counter(vote.vote for vote in votes) for votes in units if len(votes) > 1
    ]
    totals: Counter[str] = sum(paired, Counter())
    many = totals.total()
    expected = many * many - sum(n * n for n in totals.values())
    if not many or not expected:
        return None
    observed = sum(
        (counts.total() ** 2 - sum(n * n for n in counts.values())) / (counts.total() - 1)
        for counts in paired
    )
    return 1 - (many - 1) * observed / expected
