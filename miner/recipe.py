"""A TOML table is a constructor call: keys are parameter names, and nothing is declared twice.

`build(Recipe, table, where)` calls the dataclass with the table's keys. A parameter whose type is
one of the protocols of miner.types takes a table with a `kind`: the name of a file in that
protocol's folder, whose `PART` is the class, or `package.module:Class` of a third party. `dump`
is the way back, with every default written out, so that a run can be repeated from what it left
behind.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import math
import pkgutil
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from miner.errors import RecipeError, choices
from miner.types import LLM, Check, Cleaner, Encoder, Engine, Export, Picker, Source, Task

T = TypeVar("T")

FOLDERS: Mapping[type, str] = {
    Source: "sources",
    Cleaner: "clean",
    Encoder: "encoders",
    Picker: "select",
    Task: "tasks",
    LLM: "llms",
    Check: "checks",
    Export: "exports",
    Engine: "engine",
}
"""Where the parts that fulfil a protocol lie. One file there is one kind."""

SHIPPED = Path(__file__).parent / "shipped"
"""indexes/ and pipelines/ in an installed wheel; a checkout has them beside the package."""


# ------------------------------------------------------------------------------------ parts


@functools.cache
def kinds(folder: str) -> Mapping[str, str]:
    """The kinds of a folder, each with its one line of description.

    Reads the source of each module, so that listing what exists imports nothing heavy.
    """
    package = importlib.import_module(f"miner.{folder}")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        source = Path(package.__path__[0], f"{module.name}.py")
        if not source.is_file():
            continue
        text = source.read_text(encoding="utf-8")
        if "\nPART: type[" in text:
            found[module.name] = text.lstrip("\"'r").split("\n", 1)[0].strip(" \"'")
    return found


def find(protocol: type, kind: str, where: str = "") -> type:
    """The class of a kind: a file of the protocol's folder, or `package.module:Class`.

    Raises:
        RecipeError: There is no such kind, or it does not fulfil the protocol.
    """
    prefix = f"{where}: " if where else ""
    if not isinstance(kind, str):
        raise RecipeError(f"{prefix}kind: expected str, got {kind!r}")
    if ":" in kind:
        module_name, _, name = kind.partition(":")
        try:
            part = getattr(importlib.import_module(module_name), name)
        except (ImportError, AttributeError, ValueError, TypeError) as error:
            raise RecipeError(f"{prefix}cannot load kind '{kind}': {error}") from error
    else:
        folder = FOLDERS[protocol]
        if kind not in kinds(folder):
            raise RecipeError(
                f"{prefix}no kind '{kind}' in {folder}/; {choices(kind, kinds(folder))}"
            )
        part = importlib.import_module(f"miner.{folder}.{kind}").PART
    if not (isinstance(part, type) and dataclasses.is_dataclass(part)):
        raise RecipeError(f"{prefix}kind '{kind}' must be a dataclass, whose fields are its keys")
    methods = [name for name in vars(protocol) if callable(vars(protocol)[name]) and name[0] != "_"]
    if missing := [name for name in methods if not callable(getattr(part, name, None))]:
        raise RecipeError(
            f"{prefix}kind '{kind}' is no {protocol.__name__}: it lacks {missing[0]}()"
        )
    return part


def kind_of(part: object) -> str:
    """The name under which a recipe asks for this part."""
    module = type(part).__module__
    folder, _, name = module.removeprefix("miner.").partition(".")
    if module.startswith("miner.") and folder in FOLDERS.values() and name in kinds(folder):
        return name
    return f"{module}:{type(part).__qualname__}"


# ---------------------------------------------------------------------------- table to object


def build(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Call `cls` with the keys of `table`.

    Args:
        cls: A dataclass.
        table: As read from TOML.
        where: File, and path of keys, for messages.

    Raises:
        RecipeError: A key is unknown, missing, or of the wrong type; a kind does not exist.
    """
    if not isinstance(table, Mapping):
        raise RecipeError(f"{where}: expected a table, got {table!r}")
    hints = _hints(cls)  # type: ignore[arg-type]
    for key in table:
        if key not in hints:
            raise RecipeError(f"{where}: no option '{key}'; {choices(key, hints)}")
    values = {
        key: _convert(hints[key], value, f"{where}: {key}" if "[" in where else f"{where} [{key}]")
        for key, value in table.items()
    }
    required = [
        f.name
        for f in dataclasses.fields(cls)  # type: ignore[arg-type]
        if f.init
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
        and f.name not in values
    ]
    if required:
        raise RecipeError(f"{where}: '{required[0]}' is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise RecipeError(f"{where}: {error}") from error


def read(cls: type[T], path: Path, overrides: Mapping[str, Any] | None = None) -> T:
    """Build `cls` from a TOML file, after putting `overrides` (dotted key to value) into it.

    Raises:
        RecipeError: The file is missing, is no TOML, or does not fit `cls`.
    """
    table = read_toml(path)
    for key, value in (overrides or {}).items():
        override(table, key, value)
    return build(cls, table, path.name)


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a TOML file, with errors that name it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecipeError(f"{path}: is a folder, not a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """The table of a JSON file, with errors that name it."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such file") from None
    except ValueError as error:
        raise RecipeError(f"{path}: not valid JSON: {error}") from error
    return typing.cast("dict[str, Any]", table)


def override(table: dict[str, Any], key: str, value: Any) -> None:
    """Set `select.per_node` or `tasks.0.kind` in a nested table, making tables on the way."""
    *path, last = key.split(".")
    here: Any = table
    for name in path:
        here = _item(here, name, key) if isinstance(here, list) else here.setdefault(name, {})
        if not isinstance(here, dict | list):
            raise RecipeError(f"--set {key}: '{name}' is not a table")
    if isinstance(here, list):
        _item(here, last, key)
        here[int(last)] = value
    else:
        here[last] = value


def check_name(name: str) -> None:
    """Refuse a name of a card or recipe that could not be a folder's."""
    if not name.strip() or name.startswith(".") or any(c in "/\\" or ord(c) < 32 for c in name):
        raise ValueError(f"name: expected the name of a folder, got {name!r}")


def locate(name: str, folder: str) -> Path:
    """The file that a name means: a path that exists, or what is shipped in `folder`.

    Raises:
        RecipeError: Neither.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = shipped_folder(folder)
    for candidate in (shipped / name, shipped / f"{name}.toml", shipped / path.name):
        if candidate.is_file():
            return candidate
    names = [p.stem for p in shipped.glob("*.toml")]
    raise RecipeError(f"{name}: no such file, nor anything shipped; {choices(path.stem, names)}")


def shipped_folder(folder: str) -> Path:
    """indexes/, pipelines/ or a folder below them: in the wheel, or beside the package."""
    inside = SHIPPED / folder
    return inside if inside.is_dir() else Path(__file__).parent.parent / folder


def _item(items: list[Any], name: str, key: str) -> Any:
    if not name.isdigit() or int(name) >= len(items):
        raise RecipeError(f"--set {key}: '{name}' is no place in a list of {len(items)}")
    return items[int(name)]


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(cls) if f.init}
    return {k: v for k, v in typing.get_type_hints(cls).items() if k in names}


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in FOLDERS:
        return _part(hint, value, where)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast("type", hint), value, where)
    if origin in (typing.Union, types.UnionType):
        if value == "none" and type(None) in arguments:
            return None
        return _either([a for a in arguments if a is not type(None)], value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise RecipeError(f"{where}: '{value}'; {choices(str(value), map(str, arguments))}")
        return value
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise RecipeError(f"{where}: expected a list, got {value!r}")
        return tuple(_convert(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise RecipeError(f"{where}: expected a table, got {value!r}")
        return {k: _convert(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    if hint is Any:
        return value
    return _scalar(hint, value, where)


def _either(options: list[Any], value: Any, where: str) -> Any:
    errors = []
    for option in options:
        try:
            return _convert(option, value, where)
        except RecipeError as error:
            errors.append(error)
    raise errors[0]


def _scalar(hint: type, value: Any, where: str) -> Any:
    if isinstance(value, float) and math.isnan(value):  # it passes every check of a range
        raise RecipeError(f"{where}: expected a number, got nan")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise RecipeError(f"{where}: expected {hint.__name__}, got {value!r}")
    return value


def _part(protocol: type, value: Any, where: str) -> Any:
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where}: expected a table with a 'kind', got {value!r}")
    if "kind" not in value:
        raise RecipeError(f"{where}: 'kind' is missing; {choices('', kinds(FOLDERS[protocol]))}")
    rest = {k: v for k, v in value.items() if k != "kind"}
    return build(find(protocol, value["kind"], where), rest, f"{where} {value['kind']}")


# ---------------------------------------------------------------------------- object to table


def dump(part: object) -> dict[str, Any]:
    """The table from which `build` makes an equal object; None has no TOML and is left out."""
    table: dict[str, Any] = {}
    for field in dataclasses.fields(part):  # type: ignore[arg-type]
        if not field.init:
            continue
        value = getattr(part, field.name)
        if value is not None:
            table[field.name] = _dump(value)
    return table


def _dump(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        kind = kind_of(value)
        is_part = ":" not in kind or any(isinstance(value, p) for p in FOLDERS)
        return {"kind": kind, **dump(value)} if is_part else dump(value)
    if isinstance(value, Mapping):
        return {k: _dump(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_dump(v) for v in value]
    return str(value) if isinstance(value, Path) else value
