"""Countries by name, code and demonym, as analysts write them in rules and searches."""

from __future__ import annotations

from functools import lru_cache

import pycountry
from babel import Locale

from pipeline.actors import Directory

_ALSO = {
    "u.s.": "USA",
    "u.s.a.": "USA",
    "america": "USA",
    "american": "USA",
    "u.k.": "GBR",
    "uk": "GBR",
    "britain": "GBR",
    "great britain": "GBR",
    "british": "GBR",
    "uae": "ARE",
    "emirati": "ARE",
    "drc": "COD",
    "turkey": "TUR",
    "turkish": "TUR",
    "ivory coast": "CIV",
    "palestine": "PSE",
    "palestinian": "PSE",
    "burma": "MMR",
    "czech republic": "CZE",
    "czech": "CZE",
    "holland": "NLD",
    "dutch": "NLD",
    "french": "FRA",
    "german": "DEU",
    "spanish": "ESP",
    "polish": "POL",
    "swedish": "SWE",
    "finnish": "FIN",
    "danish": "DNK",
    "irish": "IRL",
    "scottish": "GBR",
    "greek": "GRC",
    "swiss": "CHE",
    "belgian": "BEL",
    "norwegian": "NOR",
    "serbian": "SRB",
    "hungarian": "HUN",
    "ukrainian": "UKR",
    "belarusian": "BLR",
    "lebanese": "LBN",
    "afghan": "AFG",
    "filipino": "PHL",
    "philippine": "PHL",
    "saudi": "SAU",
    "kosovo": "XKX",
    "kosovar": "XKX",
}
"""Names in daily use that neither pycountry nor Unicode's list of territories has."""

_ENDINGS = ("n", "an", "ian", "i", "ese", "ish", "ni")


def _demonyms(name: str) -> list[str]:
    stem = name.rstrip("aeoy")
    return [name + end for end in _ENDINGS] + [stem + end for end in _ENDINGS if len(stem) >= 4]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Casefolded names to ISO 3166 alpha-3 codes; what is surer was entered first and stays."""
    territories = Locale("en").territories
    names = dict(_ALSO)
    for country in pycountry.countries:
        usual = [territories.get(country.alpha_2, ""), getattr(country, "common_name", ""), country.name]
        for name in filter(None, [*usual, getattr(country, "official_name", "")]):
            names.setdefault(name.replace("’", "'").casefold(), country.alpha_3)
    for name, code in list(names.items()):
        if name.isalpha() and len(name) > 3:
            names.setdefault(name + "n", code)
    for name, code in list(names.items()):
        if name.isalpha() and len(name) > 3:
            for demonym in _demonyms(name):
                names.setdefault(demonym, code)
    return names


def country_code(name: str) -> str | None:
    """The alpha-3 code of a country called so; two- and three-letter codes count in capitals only."""
    name = name.strip().replace("’", "'")
    if name.isupper() and name.isalpha() and len(name) in (2, 3):
        found = pycountry.countries.get(alpha_2=name) if len(name) == 2 else pycountry.countries.get(alpha_3=name)
        if found is not None:
            return str(found.alpha_3)
    plain = name.casefold()
    return _names().get(plain) or _names().get(plain.removeprefix("the "))


@lru_cache(maxsize=1)
def _directory() -> Directory:
    return Directory.load()


def state_code(name: str) -> str | None:
    """The alpha-3 code of the state that a name stands for, metonyms such as Kremlin and White House included."""
    code = country_code(name)
    if code:
        return code
    match = next(iter(_directory().find(name)), None)
    return match.actor.country if match and match.actor.kind == "state" else None


@lru_cache(maxsize=100_000)
def place_code(word: str) -> str | None:
    """The state that a single word of any spelling points to: Russian, america's, kremlin."""
    plain = word.casefold().removesuffix("'s").removesuffix("’s").strip("'’")
    if len(plain) < 4 or not plain.isalpha():
        return country_code(word)
    return state_code(plain.title())


def actor_id(name: str) -> str | None:
    """The id of the known actor who is called so, states aside."""
    match = next(iter(_directory().find(name)), None)
    return match.actor.id if match and match.actor.kind != "state" and match.how != "guess" else None
