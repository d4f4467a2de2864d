"""The rules in deploy/alerts.yml: each parses, asks for what the product shows, and names a page that is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from evoai.kit import metrics

ROOT = Path(__file__).resolve().parents[2]
GROUPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}

_LANGUAGE = {
    "absent", "and", "by", "histogram_quantile", "increase", "max", "offset", "or", "rate", "sum", "time", "unless",
}  # fmt: skip
_WORD = re.compile(r"[a-zA-Z_][\w:]*")


def exported() -> dict[str, str]:
    """Every metric's type, by the names that its samples have."""
    found: dict[str, str] = {}
    for line in metrics.shown().decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            names = [f"{name}_bucket", f"{name}_sum", f"{name}_count"] if kind == "histogram" else [name]
            found.update(dict.fromkeys(names, kind))
    return found


def words(expr: str) -> set[str]:
    """The metrics that a rule asks for."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", expr)
    bare = re.sub(r"\bby \([^)]*\)|\boffset \d+[smhd]|\b\d[\d.]*(e\d+)?", " ", bare)
    return set(_WORD.findall(bare)) - _LANGUAGE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_is_exported(rule: dict[str, Any]) -> None:
    known = exported()
    asked = words(rule["expr"])
    assert asked, rule["expr"]
    assert asked <= known.keys() | RECORDED, asked - known.keys() - RECORDED
    assert rule["expr"].count("(") == rule["expr"].count(")")
    for name in re.findall(r"(?:rate|increase)\((\w+)", rule["expr"]):
        assert known[name] in ("counter", "histogram"), f"{name} is no counter"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_and_what_to_read(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert (ROOT / "docs/runbooks" / rule["annotations"]["runbook"]).is_file()


def test_names_are_given_once() -> None:
    names = [rule.get("alert") or rule["record"] for rule in RULES]
    assert len(names) == len(set(names))
