"""Whoever moves a mechanism or a test moves its mutant along: the guard itself runs at night only."""

from __future__ import annotations

import re

import pytest

from tests.faults.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.mechanism for mutant in MUTANTS])
def test_a_mutant_still_meets_its_mechanism_and_its_tests(mutant: Mutant) -> None:
    assert len(re.findall(mutant.pattern, (ROOT / mutant.file).read_text(), flags=re.DOTALL)) == 1
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}" in (ROOT / file).read_text()
