"""Published rules, language, lists, personal data: each rule met and missed by a hair."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner import recipe
from miner.clean import repeated_lines, run
from miner.clean.analysis import Analysis, duplicates
from miner.clean.contamination import Contamination
from miner.clean.fineweb import FineWeb
from miner.clean.gopher_quality import GopherQuality
from miner.clean.gopher_repetition import GopherRepetition
from miner.clean.language import Language
from miner.clean.personal_data import PersonalData
from miner.clean.placeholders import placeholder
from miner.clean.repeated_lines import RepeatedLines, count_lines, write_list
from miner.clean.secrets import Secrets
from miner.clean.urls import Urls
from miner.clean.word_list import Terms, WordList
from miner.errors import RecipeError, SourceError
from miner.types import Cleaner, Document, Rejected

PROSE = (
    "The river rises in the hills to the west and runs for ninety miles before it meets the sea. "
    "Small towns stand on both of its banks, and people there have fished with nets for centuries. "
    "In spring, snow melts, water covers low fields, and farmers wait until it drains away again. "
    "A railway that follows the valley was built in 1871 and still carries stone to the harbour.\n"
)


def document(text: str, **more) -> Document:
    return Document("d", text, **more)


def reason(cleaner, text: str, **more) -> str:
    result = cleaner.clean(document(text, **more))
    return result.reason if isinstance(result, Rejected) else ""


def test_of_several_entries_the_first_by_name_is_told():
    cleaner = Urls(block=("a.org", "www.a.org/b", "x.a.org", "org"))
    found = cleaner.clean(document("x", url="http://x.a.org/b"))
    assert found == Rejected("blocked", "a.org")
    with pytest.raises(RecipeError, match="block, allow or lists"):
        recipe.build(Urls, {}, "card [clean]")


@pytest.mark.parametrize(
    ("kind", "argument"),
    [("repeated_lines", "lists"), ("contamination", "questions"), ("word_list", "lists")],
)
@pytest.mark.parametrize("given", [False, True])
def test_a_cleaner_without_its_list_is_refused(kind, argument, given):
    """It would do nothing, and nobody would know."""
    empty = {} if kind == "word_list" else []
    table = {argument: empty} if given else {}
    with pytest.raises(RecipeError, match=argument):
        recipe.build(recipe.find(Cleaner, kind, "card"), table, "card [clean]")


def test_good_prose_passes_everything_unchanged():
    kinds = (
        "repair",
        "length",
        "language",
        "c4",
        "gopher_quality",
        "gopher_repetition",
        "fineweb",
        "personal_data",
        "secrets",
    )
    cleaners = [recipe.build(recipe.find(recipe.Cleaner, k), {}, k) for k in kinds]
    result = run(cleaners, document(PROSE))
    assert isinstance(result, Document)
    assert result.text == PROSE
    assert result.cleaners == ()


# ------------------------------------------------------------------------------------ Gopher


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the and of " * 16, "few_words"),
        ("the and of a b c " * 20, "few_mean_word_chars"),
        ("the and internationalisation internationalisation " * 30, "much_mean_word_chars"),
        ("the and #tag of " * 20, "much_hashes"),
        ("the and then ... of " * 20, "much_ellipses"),
        ("\n".join(["- the and with banks rivers"] * 20), "much_bullet_lines"),
        ("\n".join(["the and then of with ten words in all now..."] * 20), "much_ellipsis_lines"),
        ("the and 1234 5678 of 1990 2000 " * 20, "few_letter_words"),
        ("words without those marks " * 20, "few_stop_words"),
    ],
)
def test_gopher_quality(text, expected):
    assert reason(GopherQuality(), text) == expected
    tagged = GopherQuality(action="tag").clean(document(text))
    assert tagged.signals[f"gopher_quality.{expected}"] == 1.0
    assert tagged.signals["gopher_quality.words"] == len(text.split())


def test_gopher_quality_bounds_are_arguments():
    assert reason(GopherQuality(min_words=3, min_stop_words=1), "the quick fox") == ""
    assert reason(GopherQuality(), "kurz", language="de") == ""
    assert reason(GopherQuality(), "short", language="EN_gb") == "few_words"
    assert reason(Language(keep=("en",)), "short", language="en-GB") == ""
    stop_words = ("der", "die", "und")
    german = GopherQuality(languages=("de",), stop_words=stop_words, min_words=3)
    assert reason(german, "der Fluss und die See", language="de") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROSE + "Same line here.\n" * 3, "duplicate_lines"),
        (PROSE + "\n\nSame.\n\nSame.\n\nSame.", "duplicate_lines"),
        (PROSE + PROSE, "duplicate_lines"),
        (" ".join(f"spring water {i}" for i in range(100)), "top_2_gram"),
        (
            " ".join(f"three four five {'x' * 20}{i} {'y' * 20}{i}" for i in range(60)),
            "top_3_gram",
        ),
        (PROSE.strip() + " " + PROSE.strip(), "duplicate_5_grams"),
    ],
)
def test_gopher_repetition(text, expected):
    assert reason(GopherRepetition(), text) == expected


def test_duplicates_counts_what_came_before():
    assert duplicates(["a", "bb", "a", "a", "bb"]) == (3, 4)
    assert duplicates(["a", "b"]) == (0, 0)


def slow_duplicate_share(words: list[str], n: int, chars: int) -> float:
    seen, place, repeated = set(), 0, 0
    while place + n <= len(words):
        gram = " ".join(words[place : place + n])
        if gram in seen:
            repeated += len(gram)
            place += n
        else:
            seen.add(gram)
            place += 1
    return min(1.0, repeated / max(chars, 1))


@given(st.lists(st.sampled_from(["a", "bb", "ccc"]), max_size=40))
def test_ngram_shares_agree_with_their_definition(words):
    text = " ".join(words)
    parts = Analysis(text)
    for n in range(3, 7):
        expected = slow_duplicate_share(words, n, len(text))
        assert parts.duplicate_ngram_share(n) == pytest.approx(expected)
    for n in (2, 3):
        grams = [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]
        counts = {g: grams.count(g) for g in grams}
        most = max(counts.values(), default=0)
        longest = max((len(g) for g in grams if counts[g] == most), default=0)
        expected = min(1.0, longest * most / max(len(text), 1)) if most > 1 else 0.0
        assert parts.top_ngram_share(n) == pytest.approx(expected)


# ----------------------------------------------------------------------------------- FineWeb


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\n".join(f"A line number {i} that is rather long but has no end" for i in range(10)),
            "punctuated_lines",
        ),
        ("\n".join([f"Short {i}." for i in range(8)] + [PROSE]), "short_lines"),
        (PROSE + "A repeated line that is long enough.\n" * 2, "duplicate_line_chars"),
        (
            "\n".join(f"Lengthyword{i}abcdefghijklmnopqrstuvwxyz extra." for i in range(9)),
            "new_lines",
        ),
    ],
)
def test_fineweb(text, expected):
    assert reason(FineWeb(), text) == expected


# ---------------------------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "en"),
        ("Der Fluss entspringt in den Bergen und fließt neunzig Meilen bis zum Meer.", "de"),
        ("東京は日本の首都です。とても大きな都市です。", "ja"),
        ("Река берёт начало в горах и течёт к морю.", "ru"),
        ("12345 67890 #### ----", ""),
        ("", ""),
    ],
)
def test_language_is_named_with_its_probability(text, language):
    result = Language().clean(document(text))
    assert result.language == language
    assert 0 <= result.signals["language.probability"] <= 1


def test_other_languages_are_turned_away_and_the_source_is_believed():
    assert reason(Language(keep=("en",)), "Der Fluss fließt durch das Land.") == "other_language"
    assert reason(Language(keep=("en",), action="tag"), "Der Fluss fließt durch das Land.") == ""
    assert Language().clean(document(PROSE, language="fr")).language == "fr"
    assert Language(override=True).clean(document(PROSE, language="fr")).language == "en"


# -------------------------------------------------------------------------------- word lists


def test_terms_are_whole_words_in_any_case():
    terms = Terms(["bad", "very rude", "it's off", "x-rated", "s&m", "🖕", " "])
    assert terms.find("A BAD badge, very\nRUDE and veryrude.") == ["bad", "very rude"]
    assert terms.find("it's off; X rated 🖕 s&m") == ["it s off", "s&m", "x rated", "🖕"]
    assert terms.find("embadded s&magic") == []
    assert Terms(["粗話"], inside_words=True).find("這是粗話吧") == ["粗話"]


def test_word_lists_by_language(tmp_path):
    for code, words in {"en": "rude\nvery bad\n", "de": "grob\n", "zh": "粗話\n"}.items():
        (tmp_path / code).write_text(words, encoding="utf-8")
    lists = {code: str(tmp_path / code) for code in ("en", "de", "zh")}
    cleaner = WordList(lists)
    assert reason(cleaner, "Be rude.", language="en") == "terms"
    assert reason(cleaner, "Be rude.", language="de") == ""
    assert reason(cleaner, "Be grob.") == "terms"
    assert reason(cleaner, "這是粗話吧", language="zh") == "terms"
    assert cleaner.clean(document("x", language="fr")).signals == {"word_list.not_applicable": 1.0}
    assert reason(WordList(lists, max_terms=1), "Be rude.", language="en") == ""
    with pytest.raises(SourceError, match="word list for 'en'"):
        WordList({"en": str(tmp_path / "nowhere")}).clean(document("x"))


def test_a_word_list_costs_little_of_a_clean_corpus(shared):
    cleaner = WordList({"en": str(shared / "dirty" / "ldnoobw" / "en")})
    lines = (shared / "c4" / "c4-en.jsonl").read_text(encoding="utf-8").splitlines()
    refused = sum(reason(cleaner, json.loads(line)["text"], language="en") != "" for line in lines)
    assert 4 <= refused <= 12  # 8 by \W boundaries


# ----------------------------------------------------------------- personal data and secrets


def test_personal_data_is_replaced_and_counted():
    text = "Write to ann@river.org or ben@river.org, ann@river.org; from 8.8.8.8, card 4111111111111111."
    result = PersonalData().clean(document(text))
    for secret in ("ann@", "ben@", "8.8.8.8", "4111"):
        assert secret not in result.text
    assert result.text.count(placeholder("email", "ann@river.org")) == 2
    assert "[card number]" in result.text
    assert result.signals == {
        "personal_data.email": 3.0,
        "personal_data.ip_address": 1.0,
        "personal_data.card_number": 1.0,
    }
    assert PersonalData().clean(result).text == result.text


def test_placeholders_do_not_depend_on_what_came_before():
    first = PersonalData().clean(document("ann@river.org"))
    PersonalData().clean(document("other@river.org"))
    assert PersonalData().clean(document("ann@river.org")) == first


def test_personal_data_moves_links():
    text = "Mail ann.very.long.name@river.org in Bonn."
    link = {"target": "Bonn", "start": text.index("Bonn"), "end": text.index("Bonn") + 4}
    result = PersonalData().clean(document(text, meta={"links": [link]}))
    [moved] = result.meta["links"]
    assert result.text[moved["start"] : moved["end"]] == "Bonn"


def test_personal_data_by_kind_and_action():
    text = "ann@river.org 8.8.8.8"
    assert "ann@" in PersonalData(kinds=("ip_address",)).clean(document(text)).text
    assert PersonalData(action="tag").clean(document(text)).text == text
    assert reason(PersonalData(action="drop"), text) == "found"
    with pytest.raises(RecipeError, match="did you mean 'email'"):
        recipe.build(PersonalData, {"kinds": ["mail"]}, "card.toml")


def test_secrets_are_replaced():
    token = "ghp_" + "a1B2" * 9
    result = Secrets().clean(document(f"token = {token}"))
    assert result.text == "token = [github token]"
    assert result.signals == {"secrets.github_token": 1.0}


# ------------------------------------------------------------------------ urls, contamination


@pytest.mark.parametrize(
    ("options", "url", "expected"),
    [
        ({"block": ("bad.org",)}, "https://www.bad.org/x", "blocked"),
        ({"block": ("bad.org",)}, "https://deep.bad.org/x", "blocked"),
        ({"block": ("bad.org",)}, "https://notbad.org/x", ""),
        ({"block": ("good.org/private",)}, "http://good.org/private/page?q=1", "blocked"),
        ({"block": ("https://good.org/private/",)}, "http://good.org/privately", ""),
        ({"allow": ("good.org",)}, "http://other.org", "not_allowed"),
        ({"allow": ("good.org",)}, "http://sub.good.org/x", ""),
        ({"allow": ("good.org",)}, "", "no_url"),
        ({"allow": ("good.org",), "keep_without": True}, "", ""),
        ({"allow": ("org",), "block": ("bad.org",)}, "http://bad.org", "blocked"),
        ({"block": ("x",)}, "http://[broken", ""),
    ],
)
def test_addresses(options, url, expected):
    assert reason(Urls(**options), "text", url=url) == expected


def test_opt_out_lists(tmp_path):
    (tmp_path / "out.txt").write_text("# asked not to be read\nhttps://Shy.org/\n\n")
    cleaner = Urls(lists=(str(tmp_path / "out.txt"),))
    assert reason(cleaner, "text", url="http://shy.org/page") == "listed"
    assert reason(cleaner, "text", url="http://bold.org") == ""
    with pytest.raises(SourceError, match="nowhere"):
        Urls(lists=("nowhere",)).clean(document("x", url="http://a"))


def test_contamination(tmp_path):
    question = "A train leaves the station at nine and travels for three hours at sixty miles an hour; how far does it go?"
    path = tmp_path / "questions.jsonl.gz"
    path.write_bytes(
        gzip.compress(json.dumps({"benchmark": "sums", "question": question}).encode())
    )
    cleaner = Contamination(questions=(str(path),))
    assert reason(cleaner, f"{PROSE} {question} {PROSE}") == "benchmark"
    assert reason(cleaner, PROSE) == ""
    assert (
        Contamination(questions=(str(path),), action="tag")
        .clean(document(question))
        .signals["contamination.overlap"]
        == 1.0
    )
    assert reason(Contamination(questions=(str(path),), skip=("sums",)), question) == ""


# ---------------------------------------------------------------------------- repeated lines


def pages(site: str, count: int) -> list[Document]:
    return [
        document(
            f"Menu of {site}\n\nArticle {i} on a river.\nAll rights reserved.\n",
            url=f"https://www.{site}/{i}",
            meta={"links": [{"target": "river", "start": 0, "end": 1}]},
        )
        for i in range(count)
    ]


def test_lines_that_repeat_across_a_site_are_cut_out(tmp_path):
    corpus = [*pages("a.org", 5), *pages("b.org", 2)]
    path = tmp_path / "lines.npy"
    write_list(path, count_lines(corpus, least=5))
    cleaner = RepeatedLines((str(path),))
    assert cleaner.clean(corpus[0]).text == "Article 0 on a river."
    assert cleaner.clean(corpus[5]) is corpus[5]
    tagged = RepeatedLines((str(path),), action="tag").clean(corpus[0])
    assert tagged.text == corpus[0].text
    assert 0.5 < tagged.signals["repeated_lines.share"] < 0.8
    menu = document("MENU  of a.org\n", url="http://a.org")
    assert cleaner.clean(menu).reason == "nothing_left"


def test_counting_lines_does_not_depend_on_the_order_or_the_batches(monkeypatch):
    corpus = [*pages("a.org", 9), *pages("b.org", 9), document("x\nx\nx", source="s")]
    whole = count_lines(corpus, least=3).tolist()
    monkeypatch.setattr(repeated_lines, "HELD", 7)
    assert count_lines(corpus[::-1], least=3).tolist() == whole
    assert len(whole) == 4


def test_a_list_that_is_none(tmp_path):
    (tmp_path / "lines.npy").write_text("no")
    for path in (str(tmp_path / "lines.npy"), "nowhere"):
        with pytest.raises(SourceError, match="repeated_lines"):
            RepeatedLines((path,)).clean(document("x"))


def test_the_verb_lines(tmp_path):
    from typer.testing import CliRunner

    from miner.cli import app

    rows = [{"text": f"Menu\nText {i}.", "url": f"http://a.org/{i}"} for i in range(12)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "card.toml").write_text(
        'name = "a"\nsources = [{kind = "jsonl", path = "a.jsonl"}]\n'
        'clean = ["repair"]\nencoder = "hashing"\n'
    )
    out = tmp_path / "lines.npy"
    result = CliRunner().invoke(app, ["lines", str(tmp_path / "card.toml"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "1 lines stand in at least 10" in result.output
    assert RepeatedLines((str(out),)).clean(document("Menu\nx", url="http://a.org")).text == "x"


def test_languages_can_be_told_among_few():
    assert Language(among=("en", "de")).clean(document("Der Fluss")).language == "de"
    with pytest.raises(RecipeError, match="no language 'xx'"):
        Language(among=("xx",)).clean(document("x"))
