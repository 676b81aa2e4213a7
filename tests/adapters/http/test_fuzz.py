"""Generated requests at every route: never a 5xx."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.person import Person
from adapters.http.money_answers import MoneyProblem
from adapters.http.subscription_table import SUBSCRIPTIONS
from adapters.http.table import ROUTES
from tests.adapters.http.stack import running

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "content", "subspace", "message_type", "type", "parent_message_id", "space_type", "space_id",
    "user_account", "challenge", "account", "signature", "public_key", "name",
]  # fmt: skip
bodies = (
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(FIELDS), json_values).map(
        lambda value: json.dumps(value).encode()
    )
)
words = st.text(st.characters(codec="utf-8"), max_size=12)
headers_of = st.fixed_dictionaries(
    {},
    optional={
        b"Authorization": st.binary(max_size=40).map(lambda raw: b"Bearer x" + raw.hex().encode())
        | words.map(lambda text: f"Bearer {text.encode().hex()}:alice".encode()),
        b"x-signature": st.just(b"ab" * 65),
        b"x-account": st.sampled_from([b"alice", b"", b"No"]),
        b"x-challenge": st.sampled_from([b"1763690000", b"", b"dlux_vr_1763690000123_a"]),
        b"Idempotency-Key": st.sampled_from([b"k", b"", b"a b"]),
        b"Content-Type": st.sampled_from([b"application/json", b"text/plain", b"\xff", b""]),
        b"Origin": st.sampled_from([b"null", b"http://localhost:1", b"\xff"]),
        b"Host": st.sampled_from([b"localhost", b"[::1]:1", b"evil.test:99999", b"_"]),
    },
)


MONEY_FIELDS = [
    "toCreatorId", "amountTokens", "message", "context", "idempotencyKey", "title", "type",
    "description", "ticketPrice", "maxTickets", "priceTokens", "tokenAmount", "display_name",
    "profile_pic", "reference", "fee", "account", "channel", "id", "data",
    "purchase_type", "tierCode", "amount", "currency", "promoCode", "code", "discount_type",
    "discount_value", "tier_code", "monthly_price_usd", "features", "hive_usd", "valid_until",
]  # fmt: skip
MONEY_VALUES = json_values | st.sampled_from(
    [
        "cleo",
        "alice",
        "private",
        "subscription",
        "percentage",
        "basic",
        "HIVE",
        1.5,
        1,
        100,
        0,
        -1,
        10**30,
        {"channel": "a"},
        "\0",
        "\ud7ff",
        {"object": {}},
    ]
)


async def test_no_request_about_money_makes_a_5xx_or_a_token(tmp_path: Any) -> None:
    """By somebody who is logged in, an operator too: refused or done, and the books still agree."""
    async with running(tmp_path / "keys", payment_secrets=("s" * 16,)) as stack:
        portal = trio.lowlevel.current_trio_token()
        routes = [route for route in ROUTES if route.problem is MoneyProblem] + SUBSCRIPTIONS

        @settings(
            max_examples=250,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.sampled_from(routes),
            st.sampled_from(["alice", "cleo", "root-admin"]),
            st.dictionaries(st.sampled_from(MONEY_FIELDS), MONEY_VALUES, max_size=6),
            words | st.sampled_from(["cleo", "00000000-0000-8000-8000-000000000000"]),
        )
        def generated(route: Any, who: str, body: Any, word: str) -> None:
            path = re.sub(r"\{[^}]*\}", quote(word or "x", safe=""), route.path)
            headers = stack.token(Person(account=who)) | {"Content-Type": "application/json"}

            async def send() -> httpx.Response:
                return await stack.http.request(
                    route.method, path, content=json.dumps(body), headers=headers
                )

            answer = trio.from_thread.run(send, trio_token=portal)
            assert answer.status_code < 500, (route.path, body, answer.text)

        await trio.to_thread.run_sync(generated)
        books = stack.store.ledger.balances
        assert not any(asset == "TOK" and one.posted for (_, asset), one in books.items())


async def test_no_request_at_all_makes_a_5xx(tmp_path: Any) -> None:
    """Generated bodies, headers, ids and queries at every route; then the server still works."""
    async with running(tmp_path / "keys") as stack:
        portal = trio.lowlevel.current_trio_token()

        @settings(
            max_examples=250,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            route=st.sampled_from(ROUTES),
            space_type=st.sampled_from(["global", "post", "document", "event", "x", "A"]) | words,
            space_id=st.sampled_from(["lobby", "a/b", "a%2Fb", "7"]) | words,
            query=st.dictionaries(
                st.sampled_from(["limit", "offset", "type", "subspace", "account"]), words
            ),
            body=bodies,
            headers=headers_of,
        )
        def attack(
            route: Any,
            space_type: str,
            space_id: str,
            query: dict[str, str],
            body: bytes,
            headers: dict[bytes, bytes],
        ) -> None:
            path = route.path.replace("{space_type}", quote(space_type, safe="/%")).replace(
                "{space_id...}", quote(space_id, safe="/%")
            )

            async def send() -> httpx.Response:
                request = stack.http.build_request(
                    route.method, path, params=query, content=body, headers=headers
                )
                return await stack.http.send(request)

            answer = trio.from_thread.run(send, trio_token=portal)
            assert answer.status_code < 500, (route.path, answer.status_code, answer.text)
            if answer.status_code >= 400:
                assert {"error", "code"} <= set(answer.json())

        await trio.to_thread.run_sync(attack)
        assert (await stack.http.get("/ready")).status_code == 200
