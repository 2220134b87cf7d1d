from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from miner.errors import PromptError
from miner.llms.fake import fill
from miner.replies import interpret, read_object
from miner.schemas import misfit, require_portable
from miner.types import Rejected, Reply, Request


def closed(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT, LIST = {"type": "string"}, {"type": "array", "items": {"type": "integer"}}
SCHEMA = closed(a=TEXT, b=LIST, c={"anyOf": [{"type": "null"}, {"enum": ["x", "y"]}]})
GOOD = '{"a": "one", "b": [1, 2], "c": null}'
DATA = json.loads(GOOD)


@pytest.mark.parametrize(
    ("text", "forgiven"),
    [
        (GOOD, ()),
        (f"\ufeff  {GOOD}\n", ()),
        (f"```json\n{GOOD}\n```", ("fence",)),
        (f"```\n{GOOD}```  ", ("fence",)),
        (f"Sure: {GOOD}", ("leading_text",)),
        (f"{GOOD}\nHope {{that}} helps", ("trailing_text",)),
        (f"Given {{a}} I say {GOOD}{GOOD}", ("leading_text", "trailing_text")),
    ],
)
def test_forgiven(text, forgiven):
    assert read_object(text, SCHEMA) == (DATA, forgiven)


def test_control_characters_are_forgiven():
    data, forgiven = read_object('{"a": "one\ntwo"}', closed(a=TEXT))
    assert (data, forgiven) == ({"a": "one\ntwo"}, ("control_characters",))


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("no object", "malformed_json", "no JSON object"),
        ('{"a": "one", "b": [1', "malformed_json", "Expecting"),
        ('{"a": "one", "a": "two"}', "malformed_json", "stands twice"),
        ('{"a": NaN}', "malformed_json", "NaN"),
        ("{" * 10_000 + "}" * 10_000, "malformed_json", ""),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "malformed_json", ""),
        ('{"a": "one", "b": [1], "c": "z"}', "wrong_schema", "$.c"),
        ('{"a": "one", "b": ["1"], "c": null}', "wrong_schema", "$.b[0]"),
        ('{"a": "one", "b": [true], "c": null}', "wrong_schema", "$.b[0]"),
        ('{"a": "one", "b": []}', "wrong_schema", "'c' is missing"),
        (GOOD[:-1] + ', "d": 1}', "wrong_schema", "no 'd'"),
        ("[1]", "malformed_json", "no JSON object"),
    ],
)
def test_refused(text, reason, detail):
    found = read_object(text, SCHEMA)
    assert isinstance(found, Rejected)
    assert found.reason == reason
    assert detail in found.detail


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply("i", "  an answer\n"), "an answer"),
        (Reply("i", "<think>a\nb</think>\n\nan answer"), "an answer"),
        (Reply("i", "thinking without a tag</think>an answer"), "an answer"),
        (Reply("i", "<think>for ever"), Rejected("only_reasoning")),
        (Reply("i", "<think>x</think>  "), Rejected("only_reasoning")),
        (Reply("i", " \n"), Rejected("empty")),
        (Reply("i", "cut", finish_reason="length"), Rejected("truncated", "stopped at 9 tokens")),
        (Reply("i", "No.", finish_reason="refusal"), Rejected("refusal", "No.")),
        (
            Reply("i", "the word is s3cret"),
            Rejected("prompt_echo", "the reply repeats the prompt's secret words"),
        ),
    ],
)
def test_prose(reply, expected):
    found = interpret(Request("t", "d", (), max_tokens=9), reply, ("s3cret", ""))
    assert (found if isinstance(found, Rejected) else found.text) == expected


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "array", "items": TEXT}, "root must be"),
        (closed(a={"type": "string", "pattern": "x"}), "'pattern' is not portable"),
        (closed(a={"$ref": "#"}), "not portable"),
        (closed(a={}), "needs a 'type'"),
        (closed(a={"type": "text"}), "allowed"),
        (closed(a={"type": "object", "properties": {}}), "additionalProperties"),
        (closed(a=TEXT) | {"required": []}, "every property must be required"),
        (closed(a=closed(b=closed(c=closed(d=closed(e=TEXT))))), "deeper"),
    ],
)
def test_unportable(schema, message):
    with pytest.raises(PromptError, match=message.replace("$", r"\$")):
        require_portable(schema)


schemas = st.deferred(
    lambda: st.one_of(
        st.sampled_from([TEXT, LIST, {"type": "boolean"}, {"type": "number"}, {"enum": ["p", 1]}]),
        st.builds(lambda s: {"type": "array", "items": s}, schemas),
        st.builds(lambda s: {"anyOf": [s, {"type": "null"}]}, schemas),
        st.dictionaries(st.sampled_from("abc"), schemas, max_size=2).map(lambda d: closed(**d)),
    )
)


@given(st.dictionaries(st.sampled_from("abc"), schemas).map(lambda d: closed(**d)), st.binary())
def test_what_the_fake_fills_fits_and_comes_back(schema, seed):
    data = fill(schema, ["some words", "more"], (seed + b"x" * 32)[:32])
    assert misfit(data, schema) == ""
    found = read_object(json.dumps(data), schema)
    assert found == (data, ())


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, 3.0, "p", "x", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcz"), inner),
    max_leaves=6,
)


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), schemas, max_size=3), values)
def test_it_says_what_jsonschema_says(properties, data):
    schema = closed(**properties)
    fits = Draft202012Validator(schema).is_valid(data)
    assert (misfit(data, schema) == "") == fits


@given(st.text(alphabet='{}[]",:ab1 \n`<>/think', max_size=60))
def test_any_text_is_read_or_refused(text):
    found = read_object(text, SCHEMA)
    assert isinstance(found, Rejected) or misfit(found[0], SCHEMA) == ""
