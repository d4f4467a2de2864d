"""The scripted mind of the model: an answer from the given context alone, the same for the same context. No HTTP."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, cast

import msgspec

STOP_WORDS = """
a o as os um uma uns umas de do da dos das e ou em no na nos nas por pelo pela para pra pro com sem que se eu voce voces
me te lhe meu minha seu sua nosso nossa qual quais quanta quantos como hoje ai ola oi eh ser sao sou esta estao estou
tem ter ha gostaria queria quero saber pode podem posso poderia favor gente ja so la isso esse essa este tudo bem vou ir
the is are
"""
STOP = frozenset(STOP_WORDS.split())
CONCEPTS = {
    "#preco": "quanto custa custo custam preco valor valores cobra cobram reais",
    "#horario": "abre abrem aberto aberta fecha fecham fechado funciona funcionam funcionamento horario hora horas "
    "atende atendem atendemos abrimos atendimento expediente",
    "#endereco": "onde endereco fica ficam localizacao localizado rua avenida av chegar estacionamento",
    "#pagamento": "pagar pagamento cartao pix parcela parcelam parcelar parcelamento dinheiro boleto debito credito",
}
CONCEPT_OF = {word: concept for concept, words in CONCEPTS.items() for word in words.split()}
GREETING = re.compile(
    r"^\W*(?:oi+e?|ola|opa|e ai|bom dia|boa tarde|boa noite|hey|hello|hi)(?:[\s,!.]+(?:tudo bem|tudo bom|bom dia|"
    r"boa tarde|boa noite|pessoal|gente))*\W*$"
)
THANKS = re.compile(r"^\W*(?:muito )?(?:obrigad[oa]|valeu|brigad[oa])\b.{0,20}$")
PERSON = re.compile(
    r"\b(?:atendente|humano|pessoa de verdade|falar com (?:uma? )?(?:pessoa|alguem|gente|responsavel|recepcao)|"
    r"quero (?:uma )?pessoa|talk to (?:a )?(?:person|human))\b"
)
HOOK = re.compile(r"^\s*#tool:([A-Za-z0-9_.-]+)\s*(\{.*\})?\s*$", re.DOTALL)
SAY = re.compile(r"^\s*#say:\s*(.+)$", re.DOTALL)
QUESTION = re.compile(
    r"\?\s*$|^(?:qual|quais|quanto|quanta|quantos|quantas|onde|como|quando|quem|que|what|where|how|when|who)\b"
)
"""What the model looks up when its context does not say it. #say: has it say something word for word."""
UNKNOWN_MARK = "[?]"
ORDER = re.compile(
    r"^(?:voce e|nunca|nao |responda|use |se |quando |sempre|seja |evite|jamais|fale|chame|escreva|"
    r"you are|never|always|do not|if |when |answer)"
)
NOTE = re.compile(r"^(\d+) contact: (.+)$", re.MULTILINE)
OF_ITSELF = re.compile(r"\b(?:tenho|prefiro|moro em|sou|gosto de) (\w+)([^.!?\n]{0,80})", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
WORD = re.compile(r"r\$|\d{1,2}h\d{0,2}|\w+")
HOURS = re.compile(r"^\d{1,2}h\d{0,2}$")
LONG_FACT = 400


class Fact(msgspec.Struct, frozen=True):
    text: str
    stems: frozenset[str]
    weight: float


class Ask(msgspec.Struct):
    """What the model wants done: a tool and its arguments as JSON."""

    name: str
    arguments: str


def plain(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def stem(word: str) -> str:
    """Light Portuguese: plural and the last vowel go."""
    for ending, to in (("coes", "cao"), ("oes", "ao"), ("ais", "al"), ("eis", "el"), ("ns", "m"), ("res", "r")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + to
    if len(word) > 3 and word.endswith("s"):
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] in "aeo" else word


@lru_cache(maxsize=50_000)
def stems(text: str) -> frozenset[str]:
    """Stems of what carries meaning; words of price, hours, place and payment also give their concept."""
    out: set[str] = set()
    for word in WORD.findall(plain(text)):
        if concept := CONCEPT_OF.get(word):
            out.add(concept)
        elif word == "r$":
            out.add("#preco")
        elif HOURS.match(word):
            out.add("#horario")
        elif word not in STOP and len(word) > 1:
            out.add(stem(word))
    return frozenset(out)


@lru_cache(maxsize=20_000)
def line_facts(line: str) -> tuple[Fact, ...]:
    out: list[Fact] = []
    for sentence in SENTENCE.split(line):
        text = sentence.strip(" \t-*•#>").strip()
        found = stems(text) if len(text) > 5 and not text.endswith((":", "?")) else frozenset[str]()
        if found:
            weight = 0.4 if ORDER.match(plain(text)) or len(text) > LONG_FACT else 1.0
            out.append(Fact(text, found, weight))
    return tuple(out)


def facts(context: str) -> tuple[Fact, ...]:
    """What the context says of the business: orders to the model, the contact's card and the clock are none of it.

    What is left is the same from turn to turn, so that its facts are found once.
    """
    for start, end in (("<rules>", "</rules>"), ("<contact>", "</contact>"), ("\nAgora:", "\n"), ("\nNow:", "\n")):
        before, opened, rest = context.partition(start)
        if opened:
            context = f"{before}\n{rest.partition(end)[2]}"
    return text_facts(context)


@lru_cache(maxsize=1_000)
def text_facts(text: str) -> tuple[Fact, ...]:
    return tuple(fact for line in text.splitlines() for fact in line_facts(line))


def best_fact(question: str, known: tuple[Fact, ...]) -> str | None:
    """The fact that shares most with the question; a shared concept alone counts only where nothing else is asked."""
    asked = stems(question)
    topics = {s for s in asked if not s.startswith("#")}
    best, best_score = None, 0.0
    for fact in known:
        if (topics or asked).isdisjoint(fact.stems):
            continue
        common = asked & fact.stems
        # Between equals, the shorter fact is the more exact one.
        score = fact.weight * (2 * len(common & topics) + len(common - topics)) - len(fact.stems) / 1000
        if score > best_score:
            best, best_score = fact, score
    return best.text if best else None


def address(message: str, known: tuple[Fact, ...]) -> list[str]:
    """What to say to one message of the contact: a greeting, facts, or its own words quoted."""
    said = message.strip()
    if not said:
        return []
    if order := SAY.match(said):
        return [order[1].strip()]
    out: list[str] = []
    unknown = False
    for sentence in SENTENCE.split(said):
        text = sentence.strip()
        if not text or HOOK.match(text):
            continue
        bare = plain(text)
        if GREETING.match(bare):
            out.append(f"{text[0].upper()}{text[1:].rstrip('?.')} 😊" if len(text) < 60 else f"“{text}” — olá!")
        elif THANKS.match(bare):
            out.append(f"“{text}” — nós que agradecemos!")
        elif found := best_fact(text, known):
            out.append(found)
        else:
            unknown = True
    if unknown or not out:
        out.append(f"Sobre “{shorten(said)}”: vou verificar com a equipe.")
    return out


def shorten(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def answer(context: str, messages: list[str], tools: list[tuple[str, dict[str, Any]]], results: list[str]) -> str | Ask:
    """Answer the unanswered `messages` of a contact from `context`.

    `tools` are the offered ones as `(name, JSON schema of the parameters)`; `results` are what tools called since then
    gave back: with any, no further tool is called and what they say counts as context.
    """
    if tools and not results and (wanted := tool_call(messages, tools)):
        return wanted
    known = facts(context)
    if tools and not results and (wanted := search_call(messages, tools, known)):
        return wanted
    looked_up = [found for result in results if (found := passages(result)) is not None]
    for result in results:
        known += line_facts(shorten(result, 2_000)) if not result.startswith(("{", "[")) else ()
    for found in looked_up:
        known += found
    parts: list[str] = []
    if results and passages(results[-1]) is None:
        parts.append(after_tool(messages, results[-1]))
    for message in messages:
        if results and (PERSON.search(plain(message)) or HOOK.match(message)):
            continue
        parts += [part for part in address(message, known) if part not in parts]
    if not parts and looked_up:
        parts = [looked_up[-1][0].text] if looked_up[-1] else []
    text = "\n".join(parts)
    if looked_up and (not text or "vou verificar com a equipe." in text):
        return f"{text or 'Isso eu não sei.'} {UNKNOWN_MARK}"
    return text or "Olá! Como posso ajudar?"


def search_call(messages: list[str], tools: list[tuple[str, dict[str, Any]]], known: tuple[Fact, ...]) -> Ask | None:
    """Look up the first question that the context does not answer."""
    tool = next((name for name, _ in tools if "search" in name), None)
    if tool is None:
        return None
    for message in messages:
        for sentence in SENTENCE.split(message.strip()):
            bare = plain(sentence.strip())
            if QUESTION.search(bare) and not GREETING.match(bare) and best_fact(sentence, known) is None:
                return Ask(tool, msgspec.json.encode({"query": shorten(sentence.strip(), 400)}).decode())
    return None


def passages(result: str) -> tuple[Fact, ...] | None:
    """The facts of a search's passages, each with its mark; None for what another tool said."""
    try:
        found: Any = msgspec.json.decode(result)
    except msgspec.MsgspecError:
        return None
    if not isinstance(found, dict) or "passages" not in found:
        return None
    out: list[Fact] = []
    for passage in cast(list[dict[str, str]], found["passages"]):
        mark = passage.get("mark", "")
        for line in passage.get("text", "").splitlines():
            out += [Fact(f"{fact.text} {mark}".strip(), fact.stems, fact.weight) for fact in line_facts(line)]
    return tuple(out)


def after_tool(messages: list[str], result: str) -> str:
    if any(PERSON.search(plain(m)) or (HOOK.match(m) and "hand" in m) for m in messages):
        return "Certo! Já chamei uma pessoa da equipe, que continua a conversa por aqui."
    return f"Pronto. {shorten(result, 500)}"


def tool_call(messages: list[str], tools: list[tuple[str, dict[str, Any]]]) -> Ask | None:
    for message in messages:
        if (hook := HOOK.match(message)) and any(name == hook[1] for name, _ in tools):
            return Ask(hook[1], hook[2] or "{}")
    notes = next((schema for name, schema in tools if name == "keep_notes"), None)
    if notes is not None:
        return Ask("keep_notes", msgspec.json.encode(take_notes("\n".join(messages))).decode())
    hand_over = next(((name, schema) for name, schema in tools if "hand" in name), None)
    for message in messages:
        if hand_over and PERSON.search(plain(message)):
            values = {
                "reason": "O contato pediu para falar com uma pessoa.",
                "summary": "O contato escreveu: " + " / ".join(shorten(m, 200) for m in messages),
            }
            return Ask(hand_over[0], msgspec.json.encode(fill(hand_over[1], values)).decode())
    return None


def take_notes(text: str) -> dict[str, Any]:
    """The notes so far, what the contact said of itself, and what else it said, shortened."""
    before = text.partition("<notes>")[2].partition("</notes>")[0].strip()
    found = NOTE.findall(text)
    facts = [
        {"key": stem(plain(what)), "value": f"{what} {rest}".strip(), "message": int(seq)}
        for seq, said in found
        for what, rest in OF_ITSELF.findall(said)
    ]
    said = " / ".join(shorten(words, 80) for _, words in found)
    return {"summary": shorten(f"{before} {said}".strip() or "Nada.", 1_500), "facts": facts[:20]}


def fill(schema: dict[str, Any], values: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """The smallest value that obeys a JSON schema, with `values` where a property has such a name and is free text."""
    if "enum" in schema:
        return next((v for v in schema["enum"] if "contact" in str(v) or "asked" in str(v)), schema["enum"][0])
    kinds: str | list[str] | None = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "object" or "properties" in schema or (kind is None and depth == 0):
        properties: dict[str, dict[str, Any]] = schema.get("properties") or {}
        wanted = [n for n in properties if n in schema.get("required", properties) or n in values]
        return {n: fill(properties[n], values, n, depth + 1) for n in wanted} if properties else dict(values)
    if kind == "array":
        return []
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return str(values.get(name, values.get("summary", "")))[: schema.get("maxLength", 2_000)]
