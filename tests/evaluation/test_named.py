"""Gold by its name: in the user's folders, fetched once, and known by its digest."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading

import pytest

from miner.errors import SourceError, UsageError
from miner.evaluation import named
from miner.evaluation.gold import FORMS, read

TEXT = "Mount Etna stands in Sicily."
SQUAD = {
    "data": [
        {
            "title": "Etna",
            "paragraphs": [
                {
                    "context": TEXT,
                    "qas": [
                        {
                            "id": "1",
                            "question": "Where does it stand?",
                            "answers": [{"text": "Sicily", "answer_start": 21}],
                        }
                    ],
                }
            ],
        }
    ]
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(named.VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A publisher on this machine of one file, and the paths that it was asked for."""
    import datasets

    served, asked = tmp_path / "served", []
    served.mkdir()
    (served / "xquad.en.json").write_text(json.dumps(SQUAD), encoding="utf-8")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(f"{self.command} {self.path}")

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(served))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(datasets.config, "DOWNLOADED_DATASETS_PATH", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    digest = hashlib.sha256((served / "xquad.en.json").read_bytes()).hexdigest()
    url = f"http://127.0.0.1:{server.server_port}/xquad.en.json"

    def publish(digest=digest, url=url):
        gold = named.Published("xquad", url, digest)
        monkeypatch.setattr(named, "NAMED", {"xquad": gold})

    yield publish, asked
    server.shutdown()
    server.server_close()


def test_every_name_has_a_form_and_a_digest():
    assert {"wikigold", "redocred", "xquad", "xquad.de"} <= named.NAMED.keys()
    for gold in named.NAMED.values():
        assert gold.form in FORMS
        assert len(gold.sha256) == 64
    assert named.NAMED["xquad"] == named.NAMED["xquad.en"]


def test_the_user_s_own_file_comes_first(folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    file = folder / "elsewhere" / "xquad.de.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")
    monkeypatch.setenv(named.VARIABLE, str(file.parent))
    assert named.path_of("xquad.de") == file
    (gold,) = read("xquad", named.path_of("xquad.de"), language="de")
    assert gold.document.language == "de"
    (folder / "gold").mkdir()
    file.rename(folder / "gold" / file.name)
    assert named.path_of("xquad.de").resolve() == folder / "gold" / file.name


def test_a_name_that_nobody_has_is_said_with_its_neighbour():
    with pytest.raises(UsageError, match="did you mean 'wikigold'"):
        named.path_of("wikigolf")


def test_what_is_published_is_fetched_once(folder, published):
    publish, asked = published
    publish()
    (gold,) = read("xquad", named.path_of("xquad"))
    assert gold.document.text == TEXT
    first = len(asked)
    assert "GET /xquad.en.json" in asked
    (gold,) = read("xquad", named.path_of("xquad"))
    assert gold.findings[0].spans[0].text == "Sicily"
    assert not any("GET" in line for line in asked[first:])


def test_another_file_is_refused(folder, published):
    publish, _ = published
    publish(digest="0" * 64)
    with pytest.raises(SourceError, match=r"is another file.*gold/xquad\.en\.json"):
        named.path_of("xquad")


def test_what_cannot_be_fetched_says_where_to_put_it(folder, published):
    publish, _ = published
    publish(url="http://127.0.0.1:9/xquad.en.json")
    with pytest.raises(
        SourceError, match=r"cannot be fetched.*put the file at gold/xquad\.en\.json"
    ):
        named.path_of("xquad")
