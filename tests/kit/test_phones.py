"""Forms of phone numbers: what is one phone, what is not, and what people type."""

from __future__ import annotations

import pytest

from evoai.kit import phones


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5511987654321", "551187654321"),
        ("5548991234567", "554891234567"),
        ("5585961234567", "558561234567"),
        ("525512345678", "5215512345678"),
        ("541112345678", "5491112345678"),
    ],
)
def test_both_forms_of_a_mobile_are_one_phone(one: str, other: str) -> None:
    assert phones.canonical(one) == phones.canonical(other)
    assert set(phones.forms(one)) >= {one, other}
    assert set(phones.forms(other)) >= {one, other}


@pytest.mark.parametrize("landline", ["551132654321", "552125551234", "554130001000", "558551234567"])
def test_a_landline_gets_no_ninth_digit(landline: str) -> None:
    assert phones.canonical(landline) == landline
    assert phones.forms(landline) == [landline]


@pytest.mark.parametrize(
    "text",
    [
        "+5511987654321",
        "5511987654321",
        "+55 (11) 98765-4321",
        "(11) 98765-4321",
        "11 98765 4321",
        "011 98765-4321",
        "0055 11 98765-4321",
        "+55 11 8765-4321",
        "11.8765.4321",
        "55 11 98765\u20134321",
    ],
)
def test_what_people_type_is_one_phone(text: str) -> None:
    digits = phones.typed(text)
    assert digits is not None
    assert phones.canonical(digits) == "5511987654321"
    assert phones.shown(digits) == "+5511987654321"


@pytest.mark.parametrize(
    ("text", "digits"),
    [("+1 202 555 0123", "12025550123"), ("12025550123", "12025550123"), ("+351 912 345 678", "351912345678")],
)
def test_another_country_stays_itself(text: str, digits: str) -> None:
    assert phones.typed(text) == digits


@pytest.mark.parametrize(
    "text",
    ["", "+", "+55", "12345", "telefone", "5511x87654321", "1" * 30, "120363@g.us", "98@lid", "+0 11 98765 4321"],
)
def test_what_is_no_phone_is_none(text: str) -> None:
    assert phones.typed(text) is None


def test_an_argentine_mobile_is_shown_with_its_nine() -> None:
    assert phones.shown("5491112345678") == "+5491112345678"
