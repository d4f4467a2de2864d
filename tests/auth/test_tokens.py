"""Access tokens: what is not exactly ours is refused, on the API itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from evoai.auth.tokens import LEEWAY, Tokens
from evoai.kit.errors import Unauthenticated
from tests.house import Answer, Client, House
from tests.tenants.people import change

SECRET = "kq3vX9pLmZr7TfWc2HbNs8YdGj5RuAe4"
OTHER = "pW8sQ2xKf6VbTnY4cRjM9hLgZd3EuA7t"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return json.loads(header), json.loads(claims)


def sign(header: Any, claims: Any, *, secret: str = SECRET, digest: str = "sha256") -> str:
    """A rightly signed token of whatever is given; text goes in as it is."""
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    body = ".".join(b64(text.encode()) for text in texts)
    return f"{body}.{b64(hmac.digest(secret.encode(), body.encode(), digest))}"


async def ask(house: House, token: str) -> Answer:
    return await house.client().get("/me", authorization=f"Bearer {token}")


@pytest.fixture
async def mine(house: House) -> Client:
    return await house.sign_up()


def changed(token: str, what: str) -> str:
    """The corpus B027 to B037: each differs from a good token in one thing, and is signed with our key if it can."""
    header, claims = parts_of(token)
    now = int(time.time())
    head: dict[str, dict[str, Any]] = {
        "alg none": {"alg": "none"},
        "alg None": {"alg": "None"},
        "alg nOnE": {"alg": "nOnE"},
        "alg RS256": {"alg": "RS256"},
        "alg EdDSA": {"alg": "EdDSA"},
        "alg HS384": {"alg": "HS384"},
        "alg array": {"alg": ["HS256"]},
        "kid path": {"kid": "../../dev/null"},
        "kid sql": {"kid": "x' union select 'k"},
        "kid url": {"kid": "https://evil.example/k"},
        "kid array": {"kid": [header["kid"]]},
        "kid null": {"kid": None},
        "jku": {"jku": "https://evil.example/jwks"},
        "x5u": {"x5u": "https://evil.example/x5u"},
        "jwk": {"jwk": {"kty": "oct", "k": b64(SECRET.encode())}},
        "crit": {"crit": ["b64"], "b64": False},
        "crit unknown": {"crit": ["x"]},
        "typ JWT": {"typ": "JWT"},
        "typ rt": {"typ": "rt+jwt"},
    }
    body: dict[str, dict[str, Any]] = {
        "exp text": {"exp": str(claims["exp"])},
        "exp negative": {"exp": -1},
        "exp float": {"exp": claims["exp"] + 0.5},
        "exp true": {"exp": True},
        "exp far": {"exp": now + 86_400},
        "exp huge": {"exp": 10**30},
        "iat tomorrow": {"iat": now + 86_400, "exp": now + 87_000},
        "iat text": {"iat": "now"},
        "nbf in the future": {"nbf": now + 600},
        "nbf at all": {"nbf": now - 600},
        "aud other": {"aud": "other"},
        "aud array": {"aud": ["evoai"]},
        "iss other": {"iss": "https://staging.example.com"},
        "sub number": {"sub": 7},
        "sub no id": {"sub": "admin"},
        "role added": {"role": "owner"},
    }
    if what in head:
        return sign(header | head[what], claims)
    if what in body:
        return sign(header, claims | body[what])
    text = json.dumps(claims)
    return {
        "no signature": token.rsplit(".", 1)[0] + ".",
        "none without signature": sign(header | {"alg": "none"}, claims).rsplit(".", 1)[0] + ".",
        "HS512": sign(header | {"alg": "HS512"}, claims, digest="sha512"),
        "kid 10 kB": sign(header | {"kid": "k" * 1200}, claims),
        "kid missing": sign({"alg": "HS256", "typ": "at+jwt"}, claims),
        "typ missing": sign({"alg": "HS256", "kid": header["kid"]}, claims),
        "tenant changed": _with_claims(token, claims | {"tid": str(uuid4())}),
        "exp 1e309": sign(header, text.replace(f'"exp": {claims["exp"]}', '"exp": 1e309')),
        "exp missing": sign(header, {name: value for name, value in claims.items() if name != "exp"}),
        "exp NaN": sign(header, text.replace(f'"exp": {claims["exp"]}', '"exp": NaN')),
        "sub twice": sign(header, text[:-1] + f', "sub": "{uuid4()}"}}'),
        "alg twice": sign('{"alg": "none", ' + json.dumps(header)[1:], claims),
        "claims array": sign(header, [claims]),
        "not JSON": sign(header, "{"),
        "deep JSON": sign(header, "[" * 700),
        "five dots": token + "...",
        "JWE": f"{token}.a.b",
        "not base64": "a.b!.c",
        "padded": ".".join(part + "=" for part in token.split(".")),
        "loose last bits": token[:-1] + ("B" if token[-1] != "B" else "C"),
        "wrong key": sign(header, claims, secret=OTHER),
        "empty parts": "..",
        "a word": "token",
        "refresh token": b64(b"x" * 32),
    }[what]


def _with_claims(token: str, claims: dict[str, Any]) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{b64(json.dumps(claims).encode())}.{signature}"


CORPUS = """alg none|alg None|alg nOnE|alg RS256|alg EdDSA|alg HS384|alg array|kid path|kid sql|kid url|kid array
kid null
jku|x5u|jwk|crit|crit unknown|typ JWT|typ rt|exp text|exp negative|exp float|exp true|exp far|exp huge|iat tomorrow
iat text|nbf in the future|nbf at all|aud other|aud array|iss other|sub number|sub no id|role added|no signature
none without signature|HS512|kid 10 kB|kid missing|typ missing|tenant changed|exp 1e309|exp missing|exp NaN|sub twice
alg twice|claims array|not JSON|deep JSON|five dots|JWE|not base64|padded|loose last bits|wrong key|empty parts|a word
refresh token""".replace("\n", "|").split("|")


async def test_the_signing_of_these_tests_is_right(house: House, mine: Client) -> None:
    """Else everything below would be refused for another reason."""
    assert mine.token is not None
    assert (await ask(house, sign(*parts_of(mine.token)))).status == 200


@pytest.mark.parametrize("what", CORPUS)
async def test_B027_to_B037_what_is_not_exactly_ours_is_refused(house: House, mine: Client, what: str) -> None:
    assert mine.token is not None
    bad = changed(mine.token, what)
    answer = await ask(house, bad)
    assert (answer.status, answer["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert bad not in json.dumps(answer.body)
    assert (await mine.get("/me")).status == 200


async def test_B035_a_token_of_64_kB_is_refused(house: House) -> None:
    assert (await ask(house, "a" * 7000)).status == 401


async def test_B005_an_expired_token_says_so_only_if_it_was_ours(house: House, mine: Client) -> None:
    assert mine.token is not None
    header, claims = parts_of(mine.token)
    old = claims | {"iat": int(time.time()) - 900 - LEEWAY - 1, "exp": int(time.time()) - LEEWAY - 1}
    expired = await ask(house, sign(header, old))
    assert (expired.status, expired["code"]) == (401, "token-expired")
    assert (await ask(house, sign(header, old, secret=OTHER)))["code"] == "unauthenticated"


async def test_B001_to_B004_the_header_in_every_wrong_shape(house: House, mine: Client) -> None:
    token = mine.token
    for value in ("Bearer ", f"Bearer  {token}", f"Basic {token}", str(token), f"Bearer {token} x", "Bearer é"):
        answer = await house.client().get("/me", authorization=value)
        assert answer.status == 401, value
    assert (await house.client().get("/me")).status == 401
    assert (await house.client().get(f"/me?access_token={token}")).status == 401
    assert (await house.client().get("/me", authorization=f"bearer {token}")).status == 200
    async with house.http.get(f"{house.base}/api/v1/me", headers=[("authorization", f"Bearer {token}")] * 2) as twice:
        assert (twice.status, (await twice.json())["code"]) == (400, "bad-request")


async def test_B038_a_token_of_a_person_or_membership_that_is_gone(house: House) -> None:
    owner = await house.sign_up()
    assert owner.token is not None
    header, claims = parts_of(owner.token)
    for name in ("sub", "tid", "sid"):
        assert (await ask(house, sign(header, claims | {name: str(uuid4())}))).status == 401
    stranger = await house.sign_up()
    assert (await ask(house, sign(header, claims | {"tid": str(stranger.tenant_id)}))).status == 401
    await change(house, "delete from members where tenant_id = $1", owner.tenant_id)
    assert (await ask(house, owner.token)).status == 401


def test_B039_keys_rotate_and_a_retired_one_is_refused() -> None:
    def tokens(secret: str, previous: str | None) -> Tokens:
        return Tokens(secret, previous, issuer="https://api.example.com", lifetime=900)

    ids = UUID(int=1), UUID(int=2), UUID(int=3)
    before = tokens(SECRET, None).issue(*ids)
    during = tokens(OTHER, SECRET)
    assert during.verify(before).user_id == ids[0]
    after = during.issue(*ids)
    assert tokens(OTHER, None).verify(after).session_id == ids[2]
    with pytest.raises(Unauthenticated):
        tokens(OTHER, None).verify(before)
    assert hashlib.sha256(SECRET.encode()).hexdigest()[:16] not in before
