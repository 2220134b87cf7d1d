"""Running cleaners, edits with offsets, repair, length and the rules of C4."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner import recipe
from miner.clean import run
from miner.clean.c4 import C4
from miner.clean.length import Length
from miner.clean.repair import Repair
from miner.clean.repeated_lines import count_lines, write_list
from miner.edits import differences, edited, replaced
from miner.types import Cleaner, Document, Rejected

PROSE = "It rains in spring. The river rises then. Fields are wet. Frogs sing. Night falls early."


def document(text: str, **more) -> Document:
    return Document("d", text, **more)


def placed(text: str, *words: str) -> Document:
    """A document whose links and headings are these words, each at its first place."""
    links = [{"target": w, "start": text.index(w), "end": text.index(w) + len(w)} for w in words]
    return document(text, meta={"links": links, "headings": [], "other": 1})


def links_hold(result: Document) -> list[str]:
    for link in result.meta["links"]:
        assert result.text[link["start"] : link["end"]] == link["target"]
    return [link["target"] for link in result.meta["links"]]


# -------------------------------------------------------------------------------------- run


def test_run_records_who_changed_the_text_and_what_it_was():
    raw = document("a &amp; b " + PROSE)
    result = run([Repair(), Length(min_chars=9)], raw)
    assert result.text.startswith("a & b ")
    assert result.cleaners == ("repair",)
    assert result.raw_sha256 == raw.sha256
    assert run([Length(min_chars=9)], result).raw_sha256 == raw.sha256


def test_run_stops_at_the_first_refusal_and_names_it():
    result = run([Length(min_chars=10_000), C4()], document(PROSE))
    assert result == Rejected("length:too_short", f"{len(PROSE)} chars, at least 10000")


CLEANERS = sorted(recipe.kinds("clean"))
HOSTILE = [
    "",
    " \n\t ",
    "\x00",
    "{" * 1000 + "}" * 1000,
    "%s %(x)s {0} {} {name!r}",
    "a" * 300_000,
    "a " * 100_000,
    "\n" * 50_000,
    "(" * 20_000,
    "\ufffd\u202e\u200b" * 200,
    "漢字かな交じり文。" * 300,
    "نص عربي طويل. " * 300,
    "http://" * 5000,
    "...!!!???" * 3000,
    PROSE,
]


@pytest.fixture(scope="module")
def given_lists(tmp_path_factory):
    """What cleaners must be told, by kind: lists that some of the texts meet."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "words").write_text("rains in spring\n漢字\n", encoding="utf-8")
    (folder / "questions.jsonl").write_text(json.dumps({"question": PROSE}) + "\n")
    repeated = count_lines([document(text) for text in HOSTILE[:4] for _ in range(2)], 2)
    write_list(folder / "lines.npy", repeated)
    return {
        "word_list": {"lists": {"en": str(folder / "words"), "ja": str(folder / "words")}},
        "contamination": {"questions": [str(folder / "questions.jsonl")]},
        "repeated_lines": {"lists": [str(folder / "lines.npy")]},
        "urls": {"block": ["example.org"]},
    }


def made(kind, lists, **more):
    return recipe.build(recipe.find(Cleaner, kind), {**lists.get(kind, {}), **more}, kind)


@pytest.mark.parametrize("kind", CLEANERS)
@pytest.mark.parametrize("action", ["drop", "tag"])
def test_no_cleaner_fails_on_any_text(kind, action, given_lists):
    keys = recipe._hints(recipe.find(Cleaner, kind))
    cleaner = made(kind, given_lists, **({"action": action} if "action" in keys else {}))
    for text in HOSTILE:
        result = cleaner.clean(document(text))
        assert isinstance(result, Document | Rejected)
        if isinstance(result, Rejected):
            assert result.reason
            assert result.reason.replace("_", "").isalnum()
            assert len(result.detail) < 300
        elif action == "tag" and "action" in keys and kind not in REPLACERS:
            assert result.text == text


REPLACERS = {"personal_data", "secrets"}


@pytest.mark.parametrize("kind", CLEANERS)
def test_cleaning_twice_changes_nothing_more(kind, given_lists):
    cleaner = made(kind, given_lists)
    for text in HOSTILE:
        once = cleaner.clean(document(text))
        if isinstance(once, Document):
            again = cleaner.clean(once)
            assert isinstance(again, Rejected) or again.text == once.text


# ------------------------------------------------------------------------------------ edits


@given(st.text(alphabet="ab\n ", max_size=40), st.text(alphabet="ab\n ", max_size=40))
def test_differences_turn_one_text_into_the_other(old, new):
    edits = list(differences(old, new))
    assert edited(document(old), edits).text == new
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(edits))


def test_places_move_with_the_text_or_go():
    text = "One &amp; two\nriver Thames here\nold line\nfar link\n"
    before = placed(text, "One", "Thames", "old", "link")
    after = replaced(before, "One & two!\nriver Thames here\nfar link\n")
    assert links_hold(after) == ["One", "Thames", "link"]
    assert after.meta["other"] == 1


@given(st.data())
def test_moved_places_always_hold_their_text(data):
    text = data.draw(st.text(alphabet="abc \n", min_size=1, max_size=60))
    new = data.draw(st.text(alphabet="abc \n", max_size=60))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    link = {"target": text[start:end], "start": start, "end": end}
    links_hold(replaced(document(text, meta={"links": [link]}), new))


# ----------------------------------------------------------------------------------- repair


def test_repair_mends_and_leaves_good_text_alone():
    assert Repair().clean(document("schÃ¶n &lt;3 l\u00f6\x00wen\r\n")).text == "schön <3 löwen\n"
    good = document("“Curly” – naïve café, 東京, \u0928\u092e\u0938\u094d\u0924\u0947")
    assert Repair().clean(good) is good
    assert Repair(quotes=True).clean(document("“x”")).text == '"x"'
    assert Repair().clean(document("cafe\u0301")).text == "café"
    assert Repair(form="none").clean(document("cafe\u0301")).text == "cafe\u0301"


@given(
    st.text(
        alphabet=st.sampled_from(
            "aZé’“ﬁ，Ａ　&;#x27amp\x00\x85\x1b[m\r\n\ufeff\u2028Ã©â€™ 東\u0301"
        ),
        max_size=30,
    )
)
def test_repair_is_ftfy(text):
    import ftfy

    for quotes in (False, True):
        for width in (False, True):
            settings = ftfy.TextFixerConfig(uncurl_quotes=quotes, fix_character_width=width)
            fixed = Repair(quotes, width)._fixed(text)
            assert fixed == ftfy.fix_text(text, settings)


def test_repair_refuses_what_is_nothing():
    assert Repair().clean(document("\x00\x01 ")).reason == "empty"


def test_repair_moves_links():
    before = placed("The caf&eacute; &amp; the river\nby Bonn.", "river", "Bonn")
    after = Repair().clean(before)
    assert after.text == "The café & the river\nby Bonn."
    assert links_hold(after) == ["river", "Bonn"]


@pytest.mark.parametrize("name", ["in-the-wild", "synthetic", "negative", "language-names"])
def test_repair_gives_the_expected_text(shared, name):
    cases = json.loads((shared / "dirty" / "ftfy-cases" / f"{name}.json").read_text())
    for case in cases:
        assert (
            Repair(quotes=True, width=True).clean(document(case["original"])).text == case["fixed"]
        )


# ----------------------------------------------------------------------------------- length


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"min_chars": 6}, "too_short"),
        ({"min_chars": 0, "max_chars": 4}, "too_long"),
        ({"min_chars": 0, "min_words": 3}, "too_short"),
        ({"min_chars": 0, "max_words": 1}, "too_long"),
    ],
)
def test_length_bounds(options, reason):
    text = document(" ab cd  ")
    assert Length(**options).clean(text).reason == reason
    tagged = Length(**options, action="tag").clean(text)
    assert tagged.signals == {"length.chars": 5.0, "length.words": 2.0, f"length.{reason}": 1.0}
    assert Length(min_chars=5, max_chars=5, min_words=2, max_words=2).clean(text) is text


# --------------------------------------------------------------------------------------- C4


def test_c4_leaves_good_prose_alone():
    good = document(f"{PROSE}\n\nA second paragraph ends here.")
    assert C4().clean(good) is good


def test_c4_drops_lines_and_moves_links():
    text = f"Home | About | Login\n\nThe river Rhine is long [1] and wide.[citation needed]\n{PROSE}\nShort line.\nPlease enable Javascript to see this page.\n\n\nWe use cookies on this site.\nTrailing off like this...\nIt ends in the city of Bonn.\nShare this page\n"
    result = C4().clean(placed(text, "Rhine", "Bonn", "Login"))
    assert result.text == (
        f"The river Rhine is long  and wide.\n{PROSE}\n\nIt ends in the city of Bonn."
    )
    assert links_hold(result) == ["Rhine", "Bonn"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PROSE + " if (x) { y }", "curly_brace"),
        (PROSE + " Lorem Ipsum dolor sit.", "lorem_ipsum"),
        ("Menu\nLogin", "no_lines"),
        ("One sentence is here.\nAnd two of them.", "too_few_sentences"),
    ],
)
def test_c4_page_rules(text, reason):
    assert C4().clean(document(text)).reason == reason
    tagged = C4(action="tag").clean(document(text))
    assert tagged.text == text
    assert tagged.signals[f"c4.{reason}"] == 1.0


def test_c4_rules_can_be_turned_off():
    loose = C4(
        terminal_punctuation=False,
        min_words=0,
        min_sentences=0,
        lorem_ipsum=False,
        curly_brace=False,
        javascript=False,
        policy=False,
        citations=False,
    )
    text = document("{ lorem ipsum }\njavascript\nuses cookies [1]\n" + "x" * 900)
    assert loose.clean(text) is text
    assert (
        C4(min_words=0, min_sentences=0, max_word_chars=5).clean(document("abcdef.")).reason
        == "no_lines"
    )


def test_c4_counts_sentences_in_linear_time():
    # Tried from each of its marks, a run that ends in no space would take days.
    dots = C4(action="tag").clean(Document("1", "." * 1_000_000 + "x"))
    assert dots.signals["c4.sentences"] == 0
    marks = C4(action="tag").clean(
        Document("1", "Really?! Yes. (It is.) No... 是。对！a.b ...x end.")
    )
    assert marks.signals["c4.sentences"] == 7


def test_c4_holds_for_its_languages():
    tagged = C4().clean(document("Menü", language="de"))
    assert tagged.signals == {"c4.not_applicable": 1.0}
    assert C4(languages=()).clean(document("Menü", language="de")).reason == "no_lines"


def test_c4_hardly_touches_c4(shared):
    lines = (shared / "c4" / "c4-en.jsonl").read_text().splitlines()
    results = [C4().clean(document(json.loads(line)["text"])) for line in lines]
    kept = [r for r in results if isinstance(r, Document)]
    assert len(kept) >= 0.98 * len(lines)
    assert all(
        r.text == json.loads(line)["text"]
        for r, line in zip(results, lines, strict=True)
        if isinstance(r, Document)
    )
