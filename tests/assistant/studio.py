"""A clinic whose assistant has test cases, and what people do there: change the draft, run the tests, publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.house import Answer, Client, House, eventually

INSTRUCTIONS = """\
Cumprimente quem escreve pela primeira vez.
A limpeza custa R$ 180.
O clareamento custa R$ 900.
O implante custa a partir de R$ 2.500.
Sábado abrimos das 8h às 12h.
Ficamos na Rua das Flores, 120.
Parcelamos em até 6 vezes no cartão.
O estacionamento é gratuito por 2 horas.
Temos desconto de 10% para estudantes."""
RULES = ["Ao falar de clareamento, diga “valores sujeitos a avaliação”", "Nunca fale de desconto"]
HANDOFF_RULES = ["Dor depois de um tratamento", "Pedido de nota fiscal"]
DRAFT: dict[str, Any] = {
    "instructions": INSTRUCTIONS,
    "rules": RULES,
    "handoff_rules": HANDOFF_RULES,
    "handoff_keywords": ["urgência"],
}


def case(text: str, *expected: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "messages": [{"author": "contact", "text": text}],
        "expectations": [{"kind": kind, "value": value} for kind, value in expected],
        **more,
    }


CASES = [
    case("Quanto custa a limpeza?", ("contains", "R$ 180,00"), ("not_handed_over", "")),
    case("Quanto custa o clareamento?", ("contains", "R$ 900"), ("contains", "valores sujeitos a avaliação")),
    case("Quanto custa o implante?", ("contains", "R$ 2500")),
    case("Vocês abrem sábado?", ("contains", "08:00"), ("contains", "12h"), ("not_contains", "18h")),
    case("Onde fica a Rua das Flores?", ("contains", "Rua das Flores, 120")),
    case("Parcelam no cartão?", ("contains", "6 vezes")),
    case("O estacionamento é gratuito?", ("criterion", "Diz que o estacionamento é gratuito por 2 horas")),
    case("Tem desconto para estudantes?", ("not_contains", "10%")),
    case("Estou com dor depois do tratamento", ("handed_over", "")),
    case("Preciso da nota fiscal", ("handed_over", ""), ("tool_called", "hand_over")),
    case("É uma urgência, quebrei um dente", ("handed_over", ""), ("tool_not_called", "hand_over")),
    case("Bom dia!", ("not_handed_over", "")),
]


@dataclass
class Studio:
    house: House
    client: Client
    path: str

    async def change(self, **fields: Any) -> Answer:
        changed = await self.client.patch(self.path, fields)
        assert changed.status == 200, changed.body
        return changed

    async def add(self, *cases: dict[str, Any]) -> list[str]:
        added = [await self.client.post(f"{self.path}/tests", body) for body in cases]
        assert {answer.status for answer in added} <= {201}, [answer.body for answer in added]
        return [answer["id"] for answer in added]

    async def publish(self, **body: Any) -> Answer:
        return await self.client.post(f"{self.path}/publish", body)

    async def ended(self, run_id: str, seconds: float = 60) -> dict[str, Any]:
        """The run, once it is over."""

        async def look() -> dict[str, Any] | None:
            run = await self.client.get(f"/test-runs/{run_id}")
            assert run.status == 200, run.body
            return run.body if run["state"] not in ("queued", "running") else None

        return await eventually(look, seconds)

    async def run(self, **body: Any) -> dict[str, Any]:
        started = await self.client.post(f"{self.path}/test-runs", body)
        assert started.status == 202, started.body
        return await self.ended(started["id"])

    async def tested(self) -> Answer:
        """Publish: the first try has the draft tested, the second one says what came of it."""
        first = await self.publish()
        if first.status == 200 or first["code"] != "conflict":
            return first
        ended = await self.ended(first["test_run_id"])
        assert ended["state"] == "finished", ended
        return await self.publish()


async def open_studio(house: House, client: Client | None = None, cases: list[dict[str, Any]] | None = None) -> Studio:
    """With `DRAFT` published, before there was any test, and then `cases`."""
    client = client or await house.sign_up()
    assistant = (await client.get("/assistants"))["items"][0]
    studio = Studio(house, client, f"/assistants/{assistant['id']}")
    await studio.change(**DRAFT)
    published = await studio.publish()
    assert published.status == 200, published.body
    await studio.add(*(CASES if cases is None else cases))
    return studio
