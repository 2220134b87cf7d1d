"""JSON lines, Parquet, text folders and `datasets`: one contract, and what each does with bad data."""

from __future__ import annotations

import bz2
import dataclasses
import datetime as dt
import gzip
import io
import itertools
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miner import recipe
from miner.errors import RecipeError, SourceError
from miner.sources import files, rooted
from miner.sources import lines as line_reader
from miner.sources.huggingface import HuggingFace
from miner.sources.jsonl import JsonLines
from miner.sources.lines import Damaged, lines, unpacked
from miner.sources.only import Only
from miner.sources.parquet import Parquet
from miner.sources.record import Columns, document_id, plain, storable
from miner.sources.text import Text
from miner.types import Document, File, Rejected, Source

PACK = {
    "": lambda b: b,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}

C4 = [
    {"text": f"Page {i} says this.", "timestamp": "2019-04-25T12:57:54Z", "url": f"http://x/{i}"}
    for i in range(12)
]
WIKIPEDIA = [
    {"id": str(100 + i), "url": f"https://w/{i}", "title": f"Title {i}", "text": f"Text {i}."}
    for i in range(12)
]


def jsonl_bytes(records) -> bytes:
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


def write_jsonl(path: Path, records, pack: str = "") -> Path:
    path.write_bytes(PACK[pack](jsonl_bytes(records)))
    return path


def rows_of(source: Source, start: int = 0) -> list:
    return [row for file in source.files() for row in source.read(file, start)]


def documents_of(source: Source) -> list[Document]:
    return [r.content for r in rows_of(source) if isinstance(r.content, Document)]


def reasons_of(source: Source) -> list[tuple[int, str]]:
    return [
        (r.number, r.content.reason) for r in rows_of(source) if isinstance(r.content, Rejected)
    ]


# ------------------------------------------------------------------------------- the contract


def jsonl(folder: Path) -> JsonLines:
    for part in range(3):
        write_jsonl(folder / f"part-{part}.jsonl.gz", C4[part * 4 : part * 4 + 4], ".gz")
    return JsonLines(path=str(folder / "*.jsonl.gz"))


def parquet(folder: Path) -> Parquet:
    for part in range(3):
        table = pa.Table.from_pylist(WIKIPEDIA[part * 4 : part * 4 + 4])
        pq.write_table(table, folder / f"train-{part}.parquet", row_group_size=3)
    return Parquet(path=str(folder), name="wikipedia", id="id")


def text(folder: Path) -> Text:
    for part in range(3):
        (folder / "deep").mkdir(exist_ok=True)
        (folder / "deep" / f"note {part}.txt").write_text(f"Note {part}.")
    return Text(path=str(folder))


def huggingface_json(folder: Path) -> HuggingFace:
    jsonl(folder)
    return HuggingFace(name="json", data_files=(str(folder / "*.jsonl.gz"),))


def huggingface_parquet(folder: Path) -> HuggingFace:
    parquet(folder)
    return HuggingFace(name="parquet", data_files=(str(folder / "*.parquet"),), id="id")


@pytest.fixture(params=[jsonl, parquet, text, huggingface_json, huggingface_parquet])
def source(request, tmp_path) -> Source:
    return request.param(tmp_path)


def test_files_are_in_order_and_have_fingerprints(source):
    names = [f.name for f in source.files()]
    assert names == sorted(names)
    assert len(set(names)) == 3
    assert all(
        not name.startswith("/") and f.fingerprint
        for name, f in zip(names, source.files(), strict=True)
    )


def test_reading_twice_gives_the_same_rows_with_distinct_ids(source):
    rows = rows_of(source)
    assert rows == rows_of(source)
    documents = [r.content for r in rows]
    assert all(isinstance(d, Document) for d in documents)
    assert len({d.id for d in documents}) == len(documents)


def test_resuming_gives_the_rest(source):
    for file in source.files():
        whole = list(source.read(file))
        for start in range(len(whole) + 2):
            assert list(source.read(file, start)) == whole[start:]


def test_a_recipe_builds_the_same_source(source):
    table = recipe.dump(source)
    kind = recipe.kind_of(source)
    assert ":" not in kind
    assert recipe.build(recipe.find(Source, kind), table, "card.toml") == source


def test_a_moved_corpus_keeps_its_names_and_ids(tmp_path):
    ids = []
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        made = jsonl(tmp_path / place)
        ids.append([(r.number, r.content.id) for r in rows_of(made)])
    assert ids[0] == ids[1]


# --------------------------------------------------------------------------------- JSON lines


@pytest.mark.parametrize("pack", PACK)
def test_every_compression_reads_alike(tmp_path, pack):
    path = write_jsonl(tmp_path / f"a.jsonl{pack}", C4, pack)
    documents = documents_of(JsonLines(path=str(path)))
    assert [d.text for d in documents] == [r["text"] for r in C4]
    assert documents[0].url == "http://x/0"
    assert documents[0].timestamp == "2019-04-25T12:57:54Z"
    assert documents[0].source == "a"


@pytest.mark.parametrize("pack", [".gz", ".zst", ".bz2", ".xz"])
def test_many_members_are_one_file(tmp_path, pack):
    path = tmp_path / "a.jsonl"
    path.write_bytes(PACK[pack](jsonl_bytes(C4[:5])) + PACK[pack](jsonl_bytes(C4[5:])))
    assert len(documents_of(JsonLines(path=str(path)))) == 12


def test_a_bad_line_costs_itself(tmp_path):
    path = tmp_path / "a.jsonl"
    good = json.dumps({"text": "good"}).encode()
    bad = [
        b"{broken",
        b'"a string"',
        b'{"text": null}',
        b'{"text": ""}',
        b'{"text": " \\n"}',
        b'{"text": 7}',
        b'{"other": "x"}',
        b'{"text": "\xff\xfe"}',
        b"[" * 100_000,
        b'{"text": ' + b"9" * 5000 + b"}",
        b"\x00\x00",
    ]
    path.write_bytes(b"\n".join([good, *bad, b"", good, b""]))
    source = JsonLines(path=str(path))
    assert len(documents_of(source)) == 2
    assert reasons_of(source) == [
        (1, "unreadable_line"),
        (2, "not_a_record"),
        (3, "no_text"),
        (4, "no_text"),
        (5, "no_text"),
        (6, "text_not_string"),
        (7, "no_text"),
        (8, "unreadable_line"),
        (9, "unreadable_line"),
        (10, "unreadable_line"),
        (11, "unreadable_line"),
    ]
    assert rows_of(source)[-1].number == 13


def test_lone_surrogates_become_storable(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a \\ud800 b \\ud83d\\ude00", "title": "\\udfff"}\n')
    [document] = documents_of(JsonLines(path=str(path)))
    assert document.text == "a \ufffd b 😀"
    document.title.encode()


def test_truncated_gzip_gives_its_good_rows_and_says_what_is_lost(tmp_path):
    import random

    draw = random.Random(0)
    records = [{"text": "".join(draw.choices("abcdefgh ", k=300))} for _ in range(500)]
    whole = gzip.compress(jsonl_bytes(records))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    source = JsonLines(path=str(path))
    rows = rows_of(source)
    good = [r for r in rows if isinstance(r.content, Document)]
    assert 150 < len(good) < 350
    assert rows[:-1] == good
    assert rows[-1].number == len(good)
    assert rows[-1].content.reason == "truncated_file"
    assert rows_of(source, len(good)) == rows[-1:]


@pytest.mark.parametrize("pack", [".gz", ".zst", ".bz2", ".xz"])
@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_cut_or_flipped_stream_never_raises(pack, data):
    content = jsonl_bytes(C4)
    packed = bytearray(PACK[pack](content))
    if data.draw(st.booleans()):
        packed = packed[: data.draw(st.integers(7, len(packed)))]
    else:
        packed[data.draw(st.integers(7, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    out, reason = drained(bytes(packed))
    assert reason in {"", "truncated_file", "damaged_file", "decompression_limit"}
    # Where a format has no check sum over it (a gzip header's time), damage does no harm.
    assert reason or out == content or pack == ".zst"


def drained(packed: bytes) -> tuple[bytes, str]:
    out = b""
    try:
        for block in unpacked(io.BytesIO(packed)):
            out += block
    except Damaged as damage:
        return out, damage.rejected.reason
    return out, ""


def test_garbage_after_a_stream_is_damage_and_zeros_are_padding(tmp_path):
    packed = gzip.compress(jsonl_bytes(C4))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed + b"\0" * 512)
    assert len(rows_of(JsonLines(path=str(path)))) == 12
    path.write_bytes(packed + b"garbage")
    rows = rows_of(JsonLines(path=str(path)))
    assert len(rows) == 13
    assert rows[-1].content.reason == "damaged_file"


@pytest.mark.parametrize("pack", [".gz", ".zst", ".bz2", ".xz"])
def test_a_bomb_is_stopped(monkeypatch, pack):
    monkeypatch.setattr(line_reader, "FREE_BYTES", 1 << 20)
    bomb = PACK[pack](b"\0" * (64 << 20))
    size = 0
    with pytest.raises(Damaged) as damage:  # noqa: PT012
        for block in unpacked(io.BytesIO(bomb)):
            size += len(block)
            assert len(block) <= 70 << 20
    assert damage.value.rejected.reason == "decompression_limit"


def test_a_huge_line_is_passed_over_in_bounded_memory():
    blocks = [b"one\n", *[b"x" * 1000] * 50, b"\ntwo\r\n", b"three"]
    found = list(lines(iter(blocks), max_bytes=10_000))
    assert [n for n, _ in found] == [0, 1, 2, 3]
    assert found[1][1].reason == "line_too_long"
    assert [found[i][1] for i in (0, 2, 3)] == [b"one", b"two", b"three"]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_lines_do_not_depend_on_the_blocks(content, cuts):
    cuts = sorted({0, len(content), *(c for c in cuts if c < len(content))})
    blocks = [content[a:b] for a, b in itertools.pairwise(cuts)]
    expected = [part.removesuffix(b"\r") for part in content.split(b"\n")]
    found = [line for _, line in lines(iter(blocks))]
    assert found == (expected if content[-1:] not in (b"\n", b"") else expected[:-1])


def test_an_empty_file_is_one_rejection(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert reasons_of(JsonLines(path=str(tmp_path / "a.jsonl"))) == [(0, "empty_file")]


def test_a_json_array_is_told_apart(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(C4))
    with pytest.raises(SourceError, match="one JSON array"):
        rows_of(JsonLines(path=str(tmp_path / "a.json")))


# ------------------------------------------------------------------------------------ columns


def test_a_wrong_column_is_an_error_with_a_guess(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"content": "x", "heading": "y"}] * 3)
    with pytest.raises(SourceError, match=r"a.jsonl: text = 'contents'.*did you mean 'content'"):
        rows_of(JsonLines(path=str(path), text="contents"))
    with pytest.raises(SourceError, match=r"title = 'headin'.*did you mean 'heading'"):
        rows_of(JsonLines(path=str(path), text="content", title="headin"))
    [document, *_] = documents_of(JsonLines(path=str(path), text="content", title="heading"))
    assert (document.text, document.title) == ("x", "y")


def test_a_column_that_the_first_record_lacks_is_no_error(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"url": "u"}, {"text": "x"}])
    rows = rows_of(JsonLines(path=str(path)))
    assert rows[0].url == "u"
    assert [type(r.content) for r in rows] == [Rejected, Document]


def test_columns_dates_values_and_meta(tmp_path):
    records = [
        {"text": "x", "date": "2020-01-02", "tags": ["a", {"b": None}], "lang": "de"},
        {"text": "y", "date": "", "tags": None, "lang": None},
    ]
    path = write_jsonl(tmp_path / "a.jsonl", records)
    source = JsonLines(
        path=str(path),
        name="mine",
        language="lang",
        meta=("tags",),
        values={"license": "CC0", "language": "en"},
    )
    first, second = documents_of(source)
    assert (first.timestamp, first.language, first.license) == ("2020-01-02", "de", "CC0")
    assert first.meta == {"tags": ["a", {"b": None}]}
    assert (second.timestamp, second.language, second.meta) == ("", "en", {})
    assert first.source == "mine"
    assert first.id == document_id("mine", "", "a.jsonl", 0)
    assert len(first.id) == 16


def test_the_corpus_own_ids(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "x", "n": 7}, {"text": "y", "n": None}])
    source = JsonLines(path=str(path), id="n")
    assert [d.id for d in documents_of(source)] == ["7"]
    assert reasons_of(source) == [(1, "no_id")]


def test_an_unknown_fixed_value_is_an_error():
    with pytest.raises(RecipeError, match="did you mean 'license'"):
        recipe.build(JsonLines, {"path": "x", "values": {"licence": "CC0"}}, "card.toml")


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_storable_text_can_be_written(value):
    written = storable(value)
    written.encode()
    assert storable(written) == written


def test_plain_values_are_json():
    value = {1: (dt.date(2020, 1, 2), b"x", "\ud800"), "f": 1.5, "n": None}
    assert plain(value) == {"1": ["2020-01-02", "", "\ufffd"], "f": 1.5, "n": None}


def selected(folder: Path, **only) -> list[str]:
    records = [
        {"text": "a", "language": "en", "date": "2019-04-18", "url": "https://www.a.org/x"},
        {"text": "b", "language": "de", "date": "2019-04-20T10:00:00Z", "url": "b.a.org"},
        {"text": "c", "date": "2020", "url": "http://nota.org"},
        {"text": "d", "language": "en", "date": "yesterday", "url": "http://[bad"},
    ]
    write_jsonl(folder / "a.jsonl", records)
    return [
        r.content.text if isinstance(r.content, Document) else r.content.reason
        for r in rows_of(JsonLines(path=str(folder / "a.jsonl"), only=Only(**only)))
    ]


def test_only_some_documents(tmp_path):
    language, domain = "other_language", "other_domain"
    assert selected(tmp_path, languages=("en",)) == ["a", language, language, "d"]
    assert selected(tmp_path, since="2019-04-19") == ["too_old", "b", "c", "no_date"]
    assert selected(tmp_path, since="2019", until="2019-04-20") == ["a", "b", "too_new", "no_date"]
    assert selected(tmp_path, domains=("a.org",)) == ["a", "b", domain, domain]
    assert selected(tmp_path, except_domains=("a.org",)) == [*["unwanted_domain"] * 2, "c", "d"]
    with pytest.raises(RecipeError, match="since: expected a date"):
        recipe.build(JsonLines, {"path": "x", "only": {"since": "April"}}, "card.toml")
    with pytest.raises(RecipeError, match="until: expected a date"):
        recipe.build(JsonLines, {"path": "x", "only": {"until": "2019-02-30"}}, "card.toml")
    with pytest.raises(RecipeError, match="share"):
        recipe.build(JsonLines, {"path": "x", "only": {"share": 0}}, "card.toml")


def test_a_share_by_chance_does_not_depend_on_the_order(tmp_path):
    records = [{"text": f"t{i}", "n": i} for i in range(400)]
    ids = []
    for number, part in enumerate((records, records[::-1])):
        path = write_jsonl(tmp_path / f"{number}.jsonl", part)
        half = documents_of(JsonLines(path=str(path), id="n", only=Only(share=0.5)))
        ids.append({d.id for d in half})
    assert ids[0] == ids[1]
    assert 150 < len(ids[0]) < 250
    small = documents_of(JsonLines(path=str(path), id="n", only=Only(share=0.2)))
    assert {d.id for d in small} < ids[0]
    other = documents_of(JsonLines(path=str(path), id="n", only=Only(share=0.5, seed=1)))
    assert {d.id for d in other} != ids[0]


# ------------------------------------------------------------------------------------ parquet


def test_parquet_reads_no_group_before_the_start(tmp_path, monkeypatch):
    source = parquet(tmp_path)
    file = source.files()[0]
    (tmp_path / file.name).write_bytes(_damage_first_group(tmp_path / file.name))
    assert [r.number for r in source.read(file, 3)] == [3]
    assert isinstance(next(source.read(file, 3)).content, Document)
    first, *others = source.read(file)
    assert first.content.reason == "damaged_row_group"
    assert [r.number for r in others] == [3]


def _damage_first_group(path: Path) -> bytes:
    content = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(3)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    return bytes(content)


def test_a_damaged_parquet_file_costs_itself(tmp_path):
    source = parquet(tmp_path)
    (tmp_path / "train-1.parquet").write_bytes(b"PAR1 not really")
    assert len(documents_of(source)) == 8
    assert reasons_of(source) == [(0, "damaged_file")]


def test_parquet_knows_its_columns(tmp_path):
    source = dataclasses.replace(parquet(tmp_path), text="txt")
    with pytest.raises(SourceError, match=r"text = 'txt'.*did you mean 'text'"):
        rows_of(source)


def test_parquet_dates_become_text(tmp_path):
    when = dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    pq.write_table(pa.table({"text": ["x"], "timestamp": [when]}), tmp_path / "a.parquet")
    [document] = documents_of(Parquet(path=str(tmp_path)))
    assert document.timestamp == "2020-01-02T03:04:05+00:00"


# --------------------------------------------------------------------------------------- text


def test_text_files_are_documents(tmp_path):
    (tmp_path / "Über uns.txt").write_bytes("\ufeffGrüße\n".encode())
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "packed.txt.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / ".hidden.txt").write_bytes(b"hidden")
    (tmp_path / "other.csv").write_bytes(b"other")
    source = Text(path=str(tmp_path), values={"language": "de"})
    found = {d.title: d.text for d in documents_of(source)}
    assert found == {"Über uns": "Grüße\n", "packed.txt": "packed"}
    assert sorted(reason for _, reason in reasons_of(source)) == ["no_text", "undecodable"]
    assert all(d.language == "de" for d in documents_of(source))


def test_a_text_file_has_a_size_limit(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * 100)
    assert reasons_of(Text(path=str(tmp_path), max_bytes=99)) == [(0, "file_too_long")]
    assert reasons_of(Text(path=str(tmp_path), encoding="utf-99")) == [(0, "undecodable")]


# ---------------------------------------------------------------------------------- datasets


def test_c4_by_datasets_has_its_columns(tmp_path):
    write_jsonl(tmp_path / "c4-train.00000-of-00002.json.gz", C4[:6], ".gz")
    write_jsonl(tmp_path / "c4-train.00001-of-00002.json.gz", C4[6:], ".gz")
    source = HuggingFace(
        name="json",
        data_files=(str(tmp_path / "c4-train.*.json.gz"),),
        values={"source": "c4", "language": "en"},
    )
    assert [f.name for f in source.files()] == [
        "c4-train.00000-of-00002.json.gz",
        "c4-train.00001-of-00002.json.gz",
    ]
    documents = documents_of(source)
    assert [d.text for d in documents] == [r["text"] for r in C4]
    assert documents[0].timestamp.startswith("2019-04-25T12:57:54")
    assert {(d.source, d.language) for d in documents} == {("c4", "en")}


def test_wikipedia_by_datasets_has_its_columns(tmp_path):
    documents = documents_of(huggingface_parquet(tmp_path))
    assert [(d.id, d.title, d.url) for d in documents] == [
        (r["id"], r["title"], r["url"]) for r in WIKIPEDIA
    ]


@pytest.mark.parametrize("damaged", [0, 1, 2])
@pytest.mark.parametrize("cut", [0, 60])
def test_damage_in_a_streamed_file_costs_the_rest_of_it(tmp_path, damaged, cut):
    source = huggingface_json(tmp_path)
    (tmp_path / f"part-{damaged}.jsonl.gz").write_bytes(gzip.compress(jsonl_bytes(C4))[:cut])
    left = [r["text"] for i, r in enumerate(C4) if i // 4 != damaged]
    assert [d.text for d in documents_of(source)] == left
    assert [reason for _, reason in reasons_of(source)] == ["damaged_file" if cut else "empty_file"]


def test_a_wrong_column_by_datasets(tmp_path):
    source = dataclasses.replace(huggingface_json(tmp_path), text="txt")
    with pytest.raises(SourceError, match=r"text = 'txt'.*did you mean 'text'"):
        rows_of(source)


def test_data_sets_that_are_not_there(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        HuggingFace(name="json", data_files=(str(tmp_path / "nowhere*.json"),)).files()
    with pytest.raises(SourceError, match="pickles"):
        HuggingFace(name="pandas", data_files=("x.pkl",)).files()
    with pytest.raises(SourceError, match="nobody/nothing"):
        HuggingFace(name="nobody/nothing").files()
    with pytest.raises(RecipeError, match="'name' is missing"):
        recipe.build(HuggingFace, {}, "card.toml")
    source = huggingface_json(tmp_path)
    with pytest.raises(SourceError, match="has no file"):
        list(source.read(File("gone.json", "")))


# ------------------------------------------------------------------------------------- files


def test_a_missing_path_gets_a_guess(tmp_path):
    write_jsonl(tmp_path / "corpus.jsonl", C4)
    with pytest.raises(
        SourceError, match=r"corpsu.jsonl: no such file.*did you mean 'corpus.jsonl'"
    ):
        JsonLines(path=str(tmp_path / "corpsu.jsonl")).files()
    with pytest.raises(SourceError, match="no file fits"):
        JsonLines(path=str(tmp_path / "*.gz")).files()
    with pytest.raises(SourceError, match=r"ends in \.parquet"):
        Parquet(path=str(tmp_path)).files()
    with pytest.raises(SourceError, match="nowhere"):
        JsonLines(path="nowhere://x/y").files()


def test_a_file_that_disappears_is_an_error(tmp_path):
    source = jsonl(tmp_path)
    file = source.files()[1]
    (tmp_path / file.name).unlink()
    with pytest.raises(SourceError, match=r"part-1.jsonl.gz"):
        list(source.read(file))


def test_a_changed_file_has_another_fingerprint(tmp_path, monkeypatch):
    path = write_jsonl(tmp_path / "a.jsonl", C4)
    source = JsonLines(path=str(path))
    before = source.files()[0]
    path.touch()
    assert source.files()[0] == before
    write_jsonl(path, C4[1:] + C4[:1])
    assert source.files()[0] != before
    monkeypatch.setattr(files, "HASHED_WHOLE", 10)
    large = source.files()[0]
    import os

    os.utime(path, ns=(1, 1))
    assert source.files()[0] != large


def test_a_folder_named_like_a_file_is_a_folder(tmp_path):
    (tmp_path / "table.jsonl").mkdir()
    write_jsonl(tmp_path / "table.jsonl" / "table.jsonl", C4)
    assert len(rows_of(JsonLines(path=str(tmp_path / "table.jsonl")))) == 12


def test_urls_are_read_by_fsspec():
    import fsspec

    with fsspec.open("memory://corpus/a.jsonl.gz", "wb") as file:
        file.write(gzip.compress(jsonl_bytes(C4)))
    for path in ("memory://corpus/a.jsonl.gz", "memory://corpus", "memory://corpus/*.gz"):
        source = JsonLines(path=path)
        assert [f.name for f in source.files()] == ["a.jsonl.gz"]
        assert len(rows_of(source)) == 12


def test_relative_paths_are_taken_from_the_card(tmp_path):
    assert rooted(JsonLines(path="../a.jsonl"), tmp_path).path == str(tmp_path / "../a.jsonl")
    for path in ("sample:a.jsonl", "s3://b/a.jsonl", "/a.jsonl"):
        source = JsonLines(path=path)
        assert rooted(source, tmp_path) is source
    source = HuggingFace(name="json")
    assert rooted(source, tmp_path) is source


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.one_of(st.just(b""), st.just(b"{"), st.just(b'{"text": "a"}'), st.just(b'{"text": 1}')),
        max_size=12,
    ),
    st.integers(0, 13),
)
def test_resuming_json_lines_gives_the_rest_of_any_file(tmp_path, found, start):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "first"}\n' + b"\n".join(found))
    source = JsonLines(path=str(path))
    whole = rows_of(source)
    assert rows_of(source, start) == [row for row in whole if row.number >= start]


def test_only_the_text_is_demanded_by_default():
    assert Columns().demanded() == {"text"}


def test_the_sample_ships(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = files.find_files("sample:", (".jsonl",))
    assert all(documents_of(JsonLines(path=f"sample:{f.name}")) for f in found)
