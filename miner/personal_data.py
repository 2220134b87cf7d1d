"""Personal data and secrets: patterns, and the validators that tell them from look-alikes.

Precision before recall: a number is a card only with an issuer's prefix and a right check digit,
an address is personal only if it is public, a telephone number needs a country code, the shape of
a national number or a word before it. Names of people are out of scope; they need a trained model.

Every pattern is tried only where a run of its characters begins and has bounded repeats, so the
time is linear in the text whatever it holds.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Found: TypeAlias = tuple[str, int, int]
"""Kind, start, end."""


_FICTIONAL = re.compile(r"55501[0-9]{2}$")


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    digits = [int(c) for c in reversed(number)]
    doubled = (2 * d - 9 if d > 4 else 2 * d for d in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_card(text: str) -> bool:
    number = re.sub(r"[ -]", "", text)
    return 13 <= len(number) <= 19 and luhn(number) and len(set(number)) > 1


def _is_public_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def _is_iban(text: str) -> bool:
    compact = text.replace(" ", "")
    rearranged = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in rearranged)) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", text)
    # One that begins with the 0 of long-distance calls is known by its length alone.
    least, most = (9, 12) if digits.startswith("0") else (7, 15)
    return least <= len(digits) <= most and not _FICTIONAL.search(digits)


def _is_email(text: str) -> bool:
    """Not at a domain set aside for examples (RFC 2606)."""
    return not text.lower().endswith(
        ("@example.org", "@example.com", "@example.net", ".example", ".test", ".invalid")
    )


def _always(_: str) -> bool:
    return True


PERSONAL_DATA: Mapping[str, tuple[str, re.Pattern[str], Callable[[str], bool]]] = {
    # A character without which there is none; the pattern; the validator.
    "email": (
        "@",
        re.compile(
            r"(?<![\w.%+@-])[\w.%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
            r"[A-Za-z]{2,24}(?![\w@-])"
        ),
        _is_email,
    ),
    "ip_address": (
        ".",
        re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])"),
        _is_public_address,
    ),
    "ipv6_address": (
        ":",
        re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"),
        _is_public_address,
    ),
    "card_number": (
        "",
        re.compile(
            r"(?<![\w.-])(?:4|5[1-5]|2[2-7]|3[47]|6(?:011|5))[0-9](?:[ -]?[0-9]){9,17}(?![\w-])"
        ),
        _is_card,
    ),
    "iban": (
        "",
        re.compile(
            r"(?<![\w-])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])"
        ),
        _is_iban,
    ),
    "social_security_number": (
        "-",
        re.compile(r"(?<![\w.-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])"),
        _always,
    ),
    "phone_number": (
        "",
        re.compile(
            r"(?<![\w.+-])(?:"
            r"\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,6}"
            r"|(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}"
            r"|(?<=[Tt]el[:.] )\(?[0-9](?:[ ./()-]{0,2}[0-9]){5,14}"
            r"|\(?0[1-9][0-9]{1,4}\)?[ /-][0-9]{3,8}(?:[ -][0-9]{3,4})?"
            r"|(?<=[Pp]hone: )\(?[0-9](?:[ ./()-]{0,2}[0-9]){5,14}"
            r")(?![\w-])"
        ),
        _is_phone,
    ),
}

BEFORE: Mapping[str, tuple[re.Pattern[bytes], ...]] = {
    kind: tuple(map(re.compile, patterns))
    for kind, patterns in (
        ("ip_address", (rb"\.[01]{1,3}\.[01]",)),
        ("ipv6_address", (rb":[01Aa-f]{0,4}:",)),
        ("card_number", (rb"1(?:[ -]?[01]){10}",)),
        ("iban", (rb"AA[01][01] ?[A01]{4} ?[A01]{4}",)),
        ("social_security_number", (rb"-[01][01]-[01]{4}",)),
        (
            "phone_number",
            (
                rb"\+1",
                rb"1[01]{2}(?:\) ?|[.-])1[01]{2}[ .-][01]{4}",
                rb"el[:.] \(?[01]",
                rb"01[01]{1,4}\)?[ /-][01]{3}",
                rb"hone: \(?[01]",
            ),
        ),
    )
}
"""What every datum of a kind holds, told from the text's shape at a fraction of the time: each
begins with a sign that is found fast, and most texts have none of it."""

_SHAPE = bytes(
    ord("1") if n in b"123456789" else ord("A") if 65 <= n <= 90 else n for n in range(256)
)
"""Digits but zero as 1, capitals as A."""


def _assigned(sign: str, *heads: str) -> re.Pattern[str]:
    """A name that ends in a word for secrets, and a value with letters and digits.

    A call or a placeholder hands nothing on: "password = getpass()", "api_key: YOUR_API_KEY".
    """
    name = (
        r"(?<![a-z])(?:pass(?:word|wd)|secret|(?:api|access|secret|account)[_-]?key|"
        rf"(?:auth|access|api)[_-]?token)['\"]?{sign}['\"]?"
    )
    return re.compile(
        rf"(?i:{'|'.join((name, *heads))})"
        r"(?=[A-Za-z+/_=-]{0,80}[0-9])(?=[0-9+/_=-]{0,80}[A-Za-z])[A-Za-z0-9+/_=-]{10,250}"
        r"(?![\w(.$])"
    )


SECRETS: Mapping[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    # Pieces of text of which every such secret holds one, and the pattern.
    "private_key": (
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY-----"
            r"(?:[^-]{0,8192}-----END (?:[A-Z]{2,9} ){0,2}PRIVATE KEY-----)?"
        ),
    ),
    "aws_key": (("AKIA", "ASIA"), re.compile(r"(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)")),
    "github_token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})(?!\w)"),
    ),
    "gitlab_token": (("glpat-",), re.compile(r"(?<!\w)glpat-[\w-]{20,64}(?!\w)")),
    "google_key": (("AIza",), re.compile(r"(?<!\w)AIza[\w-]{35}(?![\w-])")),
    "slack_token": (("xox",), re.compile(r"(?<!\w)xox[abeoprs]-[\w-]{10,250}(?!\w)")),
    "stripe_key": (("_live_",), re.compile(r"(?<!\w)[rs]k_live_[A-Za-z0-9]{16,247}(?!\w)")),
    "openai_key": (("sk-",), re.compile(r"(?<![\w-])sk-(?:[a-z]{2,8}-)?[\w-]{32,250}(?!\w)")),
    "huggingface_token": (("hf_",), re.compile(r"(?<!\w)hf_[A-Za-z0-9]{30,40}(?!\w)")),
    "npm_token": (("npm_",), re.compile(r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)")),
    "pypi_token": (("pypi-",), re.compile(r"(?<!\w)pypi-AgEI[\w-]{50,250}(?![\w-])")),
    "sendgrid_key": (("SG.",), re.compile(r"(?<!\w)SG\.[\w-]{22}\.[\w-]{43}(?![\w-])")),
    "shopify_token": (("shp",), re.compile(r"(?<!\w)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?!\w)")),
    "digitalocean_token": (("_v1_",), re.compile(r"(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)")),
    "postman_key": (("PMAK-",), re.compile(r"(?<!\w)PMAK-[0-9a-f]{24}-[0-9a-f]{34}(?!\w)")),
    "azure_key": (("AccountKey=",), re.compile(r"AccountKey=[A-Za-z0-9+/]{86}==")),
    "address_with_password": (
        ("://",),
        re.compile(
            r"(?<!\w)[a-z][a-z0-9+.]{1,20}://[\w.%+-]{1,64}:[^\s:/@<>{}$]{6,128}@[\w.-]{3,253}"
        ),
    ),
    "json_web_token": (
        ("eyJ",),
        re.compile(r"(?<![\w.-])eyJ[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{16,1024}(?![\w-])"),
    ),
}
_SIGNS = tuple((sign, kind) for kind, (signs, _) in SECRETS.items() for sign in signs)
_PLAIN_SIGNS = tuple(pair for pair in _SIGNS if "_" not in pair[0])
"""All there is to look for in a text without an underscore, as most are."""

ASSIGNED: Mapping[str, tuple[str, re.Pattern[str]]] = {
    # A sign without which there is none, and the pattern.
    "assigned_secret": ("=", _assigned(r"\s{0,2}=\s{0,2}")),
    "stated_secret": (":", _assigned(r"\s{0,2}:\s{0,2}", r"\bauthorization: (?:bearer|basic) ")),
}
_ENDS = ("key", "token", "secret", "passw", "authoriz")
_NAMED = (
    "password", "passwd", "secret", "authorization",
    *(f"{first}{joint}key" for first in ("api", "access", "account") for joint in ("", "_", "-")),
    *(f"{first}{joint}token" for first in ("api", "access", "auth") for joint in ("", "_", "-")),
)  # fmt: skip
"""What secrets are assigned to, in lower case: most texts hold none of it."""


def find_personal_data(text: str) -> list[Found]:
    """Kind, start and end of each piece of personal data; sorted, none overlapping."""
    shape = text.encode("utf-8", "surrogatepass").translate(_SHAPE)
    found = []
    for kind, (sign, pattern, valid) in PERSONAL_DATA.items():
        before = BEFORE.get(kind)
        if sign in text and (before is None or any(b.search(shape) for b in before)):
            found += [(kind, *m.span()) for m in pattern.finditer(text) if valid(m.group())]
    return _apart(found)


def find_secrets(text: str) -> list[Found]:
    """Kind, start and end of each key or token; sorted, none overlapping."""
    found = []
    signs = _SIGNS if "_" in text else _PLAIN_SIGNS
    for kind in dict.fromkeys([kind for sign, kind in signs if sign in text]):
        found += [(kind, *m.span()) for m in SECRETS[kind][1].finditer(text)]
    lowered = text.lower()
    if any(name in lowered for name in _ENDS) and any(name in lowered for name in _NAMED):
        for kind, (sign, pattern) in ASSIGNED.items():
            if sign in text:
                found += [(kind, *m.span()) for m in pattern.finditer(text)]
    return _apart(found)


def _apart(found: list[Found]) -> list[Found]:
    """Sort; of two that overlap, the one that begins first, then the longer, stays."""
    kept: list[Found] = []
    for item in sorted(found, key=lambda f: (f[1], -f[2])):
        if not kept or item[1] >= kept[-1][2]:
            kept.append(item)
    return kept
