"""Two worker processes share the work: the right to speak is in the database, and whoever lost it stays silent."""

from __future__ import annotations

from evoai.kit.path import drain
from tests.house import House, eventually
from tests.inbox.scenes import ANA, answered, path_of, quiet, rest, switched, thinking, thoughts
from tests.inbox.workers import another_worker


async def test_a_take_over_silences_the_turn_of_whichever_worker_has_it(house: House) -> None:
    # Windows of other tests may be open yet.
    await eventually(lambda: house.worker.path.turns_open == 0, 40)
    async with another_worker(house) as other, switched(house, model_ms=900):
        seen: set[str] = set()
        for n in range(12):
            clinic = await house.clinic()
            if n % 3 == 0:
                # Redis gives rings to the workers in turn: with two a round, one would have every turn.
                await house.resources.bell.ring_now(drain.name, 0)
            clinic.says(ANA, f"abacaxi {n}")
            await thinking(clinic, f"abacaxi {n}")
            (row,) = await house.rows(
                "select lease_owner from conversations where tenant_id = $1", clinic.client.tenant_id
            )
            seen.add("other" if row["lease_owner"] == other.resources.process else "house")
            taken = await clinic.client.post(f"{await path_of(clinic, ANA)}/take-over", {})
            assert taken.status == 200
            # The fence is heard, so that nobody pays for an answer that is not sent.
            await eventually(lambda: other.path.turns_open + house.worker.path.turns_open == 0, 3)
            await quiet(clinic)
            await rest(0.2)
            assert clinic.sent_to(ANA) == []
            if len(seen) == 2:
                break
        await rest(1)
        assert clinic.sent_to(ANA) == []
    assert seen == {"other", "house"}, "one of the workers never had a turn"


async def test_quick_messages_drained_by_different_workers_are_answered_once(house: House) -> None:
    async with another_worker(house), switched(house, model_ms=300):
        clinic = await house.clinic(quiet=0.3)
        texts = [f"palavra{n:02d}x" for n in range(8)]
        for text in texts:
            clinic.says(ANA, text)
            await rest(0.15)
        await answered(clinic, ANA)
        await quiet(clinic)
    said = "\n".join(entry.text for entry in clinic.sent_to(ANA))
    assert [said.count(f"“{text}”") for text in texts] == [1] * len(texts)


async def test_I8_a_worker_whose_lease_was_taken_cannot_speak(house: House) -> None:
    # One after the other, for a renewal of the lease may notice the loss before the answer's commit does.
    clinics = [await house.clinic() for _ in range(6)]
    async with switched(house, model_ms=250):
        for clinic in clinics:
            words = f"abacaxi {clinic.phone}"
            clinic.says(ANA, words)
            await thinking(clinic, words)
            # As if another worker had taken the turn up: the fence is not this one's any more.
            await house.rows(
                "update conversations set fence = fence + 1, lease_owner = 'elsewhere',"
                " lease_until = now() + interval '2 s' where tenant_id = $1 returning id",
                clinic.client.tenant_id,
            )
            await rest(0.7)
            assert clinic.sent_to(ANA) == []
        # And elsewhere died: each turn is still answered, once.
        for clinic in clinics:
            await answered(clinic, ANA)
            await quiet(clinic)
            assert len(clinic.sent_to(ANA)) == 1
            assert len(thoughts(clinic, f"abacaxi {clinic.phone}")) == 2
