"""The checker itself: it finds what it is there to find, and nothing in a run that was right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evoai.simulator.log import Entry
from tests.faults.checker import judge
from tests.faults.history import Said


class World:
    """Two contacts wrote two words each, and each word was answered."""

    def __init__(self) -> None:
        self.said = {f"AC{n}": Said(f"AC{n}", "clinic", f"55{n % 2}", f"zq{n:06d}x", 0.0) for n in range(4)}
        self.acked = set(self.said)
        self.messages: list[dict[str, Any]] = []
        self.sends: list[Entry] = []
        for n, one in enumerate(self.said.values()):
            seq = n // 2 * 2 + 1
            shared = {"tenant_id": 1, "conversation_id": one.phone, "author": "contact", "turn_id": None}
            self.messages.append(
                shared | {"id": one.id, "seq": seq, "direction": "in", "provider_message_id": one.id, "delivery": None}
            )
            self.messages.append(
                shared
                | {
                    "id": f"out{n}",
                    "seq": seq + 1,
                    "direction": "out",
                    "provider_message_id": f"3E{n}",
                    "delivery": "sent",
                }
            )
            self.sends.append(self.send(n, one))

    def send(self, n: int, one: Said) -> Entry:
        text = f"Sobre “{one.word}”"
        return Entry(
            seq=n + 1, at=n, kind="send", instance="clinic", number=one.phone, text=text, id=f"3E{n}", accepted=True
        )


def lose(world: World) -> None:
    del world.messages[0]


def store_twice(world: World) -> None:
    world.messages.append(world.messages[0] | {"id": "again", "seq": 9})


def send_twice(world: World) -> None:
    world.sends.append(world.send(9, world.said["AC0"]))


def send_without_a_row(world: World) -> None:
    world.messages[1]["provider_message_id"] = None


def send_nothing(world: World) -> None:
    del world.sends[3]


def swap_sends(world: World) -> None:
    world.sends[0], world.sends[2] = world.sends[2], world.sends[0]


def speak_of_the_past(world: World) -> None:
    world.sends[2].text = f"{world.sends[2].text} {world.said['AC0'].word}"


def say_nothing_of_it(world: World) -> None:
    world.sends[3].text = "Olá!"


def doubt(world: World) -> None:
    world.messages[1]["delivery"] = "uncertain"


def leave_open(world: World) -> None:
    world.messages[1]["delivery"] = "attempting"


def make_up(world: World) -> None:
    del world.said["AC3"]
    world.acked.discard("AC3")


CASES: list[tuple[Callable[[World], None], set[str]]] = [
    (lose, {"lost"}),
    (store_twice, {"stored twice", "order of answers"}),
    (send_twice, {"sent twice", "sent unknown", "spoken twice", "order of answers"}),
    (send_without_a_row, {"sent unknown", "not sent"}),
    (send_nothing, {"not sent", "unanswered"}),
    (swap_sends, {"order of sends", "order of answers"}),
    (speak_of_the_past, {"spoken twice", "order of answers"}),
    (say_nothing_of_it, {"unanswered"}),
    (doubt, {"uncertain"}),
    (leave_open, {"not settled"}),
    (make_up, {"invented"}),
]


@pytest.mark.parametrize(("harm", "found"), CASES, ids=[harm.__name__ for harm, _ in CASES])
def test_the_checker_finds(harm: Callable[[World], None], found: set[str]) -> None:
    world = World()
    harm(world)
    verdict = judge(world.said, world.acked, world.sends, world.messages)
    assert {name for name, count in verdict.wrong.items() if count} == found
    with pytest.raises(AssertionError):
        verdict.holds()


def test_the_checker_finds_nothing_where_nothing_is_wrong() -> None:
    world = World()
    judge(world.said, world.acked, world.sends, world.messages).holds()


def test_sends_left_to_people_are_allowed_up_to_a_number() -> None:
    world = World()
    doubt(world)
    judge(world.said, world.acked, world.sends, world.messages).holds(uncertain=1)
