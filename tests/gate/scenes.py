"""Scenes of the gate, read from ``scenes.toml``: a new case is one table there."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from foodtrace.gate import Facts
from foodtrace.quantity import Quantity

AMOUNTS = frozenset({"quantity", "gross", "tare", "remaining"})


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    base: str
    drop: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    verdict: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    entry: dict[str, Any] = {}
    says_zh: str = ""
    says_en: str = ""
    pack: str = "cn-market-2023"


def _amounts(value: Any) -> Any:
    if isinstance(value, list):
        return [_amounts(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: Quantity.parse(v) if k in AMOUNTS and isinstance(v, str) else _amounts(v) for k, v in value.items()}


def _table() -> tuple[dict[str, dict[str, Any]], list[Scene]]:
    table = tomllib.loads((Path(__file__).parent / "scenes.toml").read_text("utf-8"))
    return table["base"], msgspec.convert(table["scene"], list[Scene])


BASES, SCENES = _table()


def facts(scene: Scene) -> Facts:
    told = {key: value for key, value in BASES[scene.base].items() if key not in scene.drop}
    for key, value in scene.facts.items():
        told[key] = {**told.get(key, {}), **value} if key in ("seller", "certificate") else value
    return msgspec.convert(_amounts(told), Facts)
