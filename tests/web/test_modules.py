"""The page's own rules, run in the browser that will run them."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from typing import Any

import coincurve
import numpy as np
import pytest

from actors.space.hearing.sound import linear_gains, pans, squares_between, whole_roots
from tests.support.browser import Browser, Page
from tests.web.people import LiveServer

# The key of the secret 1, as any Hive wallet writes it.
WIF_OF_ONE = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf"


@pytest.fixture
async def page(browser: Browser, live_server: LiveServer) -> Page:
    opened = await browser.new_page()
    await opened.goto(live_server.url)
    return opened


async def run(page: Page, module: str, body: str) -> Any:
    """Return what `body` returns; `m` is the module of the page."""
    return await page.evaluate(
        f"import(new URL('static/js/{module}.js', document.baseURI).href)"
        f".then(async (m) => {{ {body} }})"
    )


async def test_signatures_recover_to_the_signers_key(page: Page) -> None:
    """An independent implementation reads back the public key; the form is Hive's, s is low."""
    texts = ["", "presence login", "dlux_vr_1700000000000_a\u00e9\u4e2d", *map(str, range(20))]
    signatures = await run(
        page,
        "hive",
        f"const secret = m.secretFromWif({json.dumps(WIF_OF_ONE)});"
        f"return {json.dumps(texts)}.map((text) => m.signText(text, secret))",
    )

    for text, signature in zip(texts, map(bytes.fromhex, signatures), strict=True):
        header, compact = signature[0], signature[1:]
        key = coincurve.PublicKey.from_signature_and_message(
            compact + bytes([header - 31]), hashlib.sha256(text.encode()).digest(), hasher=None
        )
        assert key == coincurve.PrivateKey(bytes(31) + b"\x01").public_key
        assert len(signature) == 65
        assert header in (31, 32)
        assert compact[32] < 0x80


async def test_a_bad_key_is_refused_with_the_reason(page: Page) -> None:
    """What is wrong with a pasted key is said before anything is sent."""
    reasons = {
        WIF_OF_ONE[:-1] + "g": "typing mistake",
        WIF_OF_ONE[:-2]: "wrong length",
        "STM6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV": "public key",
        "0OIl": "never have",
        "": "wrong length",
    }
    said = await run(
        page,
        "hive",
        "const told = (wif) => { try { m.secretFromWif(wif) } catch (e) { return e.message } };"
        f"return {json.dumps(list(reasons))}.map(told)",
    )

    for sentence, reason in zip(said, reasons.values(), strict=True):
        assert reason in sentence


async def test_a_space_is_read_as_it_is_written(page: Page) -> None:
    """Ids hold slashes and colons; a link made from a space leads back to it."""
    spaces = {
        "global/lobby": ["global", "lobby", "main"],
        "post/author/permlink": ["post", "author/permlink", "main"],
        "post:author/permlink:stage-2": ["post", "author/permlink", "stage-2"],
        "document:a:b:main": ["document", "a:b", "main"],
    }
    read = await run(
        page,
        "space_id",
        f"""return {json.dumps(list(spaces))}.map((text) => {{
          const s = m.parseSpace(text);
          return [[s.type, s.id, s.subspace], m.sameSpace(s, m.spaceFromHash(m.hashOf(s)))];
        }})""",
    )

    assert read == [[space, True] for space in spaces.values()]


_LOG = """
const said = [];
const answers = [];
const log = new m.ChatLog({
  readPage: async () => ({messages: [], has_more: false}),
  say: (content, key) => new Promise((resolve) => { said.push(key); answers.push(resolve); }),
  isMine: (row) => row.mine === true,
});
await log.joined();
const row = (id, key, mine = true) => ({id, key, mine, content: 'hi'});
const settle = () => new Promise((resolve) => setTimeout(resolve));
const shown = () => [...log.rows.map((r) => r.id), ...log.pending.map((p) => p.state)];
"""


@pytest.mark.parametrize("echo_first", [True, False])
async def test_my_own_message_is_shown_once(page: Page, *, echo_first: bool) -> None:
    """The echo and the acknowledgement of one message may come in either order."""
    echo = "log.receive(row(7, said[0])); seen.push(shown());"
    acknowledge = (
        "answers[0]({success: true, message: row(7, said[0])}); await settle(); seen.push(shown());"
    )
    steps = echo + acknowledge if echo_first else acknowledge + echo
    seen = await run(
        page,
        "chat_log",
        f"{_LOG} const seen = []; log.send('hi'); seen.push(shown()); {steps} return seen",
    )

    assert seen == [["sending"], [7], [7]]


async def test_saying_it_again_uses_the_same_key(page: Page) -> None:
    """A retry after a doubtful answer cannot double the message, since the server knows its key."""
    seen = await run(
        page,
        "chat_log",
        f"""{_LOG}
        log.send('hi');
        answers[0]({{success: false, code: 'no_answer', error: 'No answer'}});
        await settle();
        const failed = shown();
        log.retry(log.pending[0].key);
        answers[1]({{success: true, message: row(3, said[1])}});
        await settle();
        return [failed, said[0] === said[1], shown()]""",
    )

    assert seen == [["failed"], True, [3]]


async def test_what_is_said_while_away_is_sent_on_return(page: Page) -> None:
    """Nothing is lost by writing during a lost connection; it waits and then goes out in order."""
    seen = await run(
        page,
        "chat_log",
        f"""{_LOG}
        log.lost();
        log.send('one');
        log.send('two');
        const waiting = [shown(), said.length];
        const keys = log.pending.map((p) => p.key);
        await log.joined();
        return [waiting, JSON.stringify(said) === JSON.stringify(keys)]""",
    )

    assert seen == [[["waiting", "waiting"], 0], True]


async def test_rows_stand_in_the_servers_order(page: Page) -> None:
    """Ids ascend in the one order everybody sees, whatever order rows arrive in."""
    seen = await run(
        page,
        "chat_log",
        f"{_LOG} [5, 3, 9, 3].forEach((id) => log.receive(row(id, `k${{id}}`, false)));"
        "return shown()",
    )

    assert seen == [3, 5, 9]


async def test_a_voice_sounds_as_the_server_has_it(page: Page) -> None:
    """Gain and pan are the space's own rule, but for the thousandths that it rounds to."""
    chance = random.Random(7)
    links = ["nearby", "speaker", "partner", "full_volume", "spatial_only", "mixed"]
    cases: list[dict[str, Any]] = [
        {
            "kind": kind if kind in links[:3] else "microphone",
            "broadcast_mode": kind,
            "me": {"x": 0, "z": 0, "yaw": chance.randrange(0, 360)},
            "them": {"x": chance.randint(-60, 60) / 10, "z": chance.randint(-60, 60) / 10},
            "range_m": chance.choice([1.5, 5, 20]),
        }
        for kind in links * 40
    ]
    sounds = await run(
        page,
        "hearing_rule",
        f"return {json.dumps(cases)}.map((c) => m.soundOf(c, c.me, c.them, c.range_m))",
    )

    for case, sound in zip(cases, sounds, strict=True):
        places = np.array(
            [[round(1000 * case[who][axis]) for axis in "xz"] for who in ("me", "them")]
        )
        position_mm = np.insert(places, 1, 0, axis=1)
        away_mm = whole_roots(squares_between(position_mm, np.array([0]), np.array([1])))
        gain = linear_gains(away_mm, range_mm=round(1000 * case["range_m"]))[0] / 1000
        yaw = np.array([round(case["me"]["yaw"] * 65_536 / 360) % 65_536, 0], np.uint16)
        pan = pans(position_mm, yaw, np.array([0]), np.array([1]))[0] / 1000
        match case["broadcast_mode"]:
            case "speaker" | "full_volume":
                gain, pan = 1, 0
            case "partner":
                gain = 1
            case "mixed":
                gain = max(gain, 0.5)
        assert sound["gain"] == pytest.approx(gain, abs=0.002)
        assert sound["pan"] == pytest.approx(pan, abs=0.003)


async def test_others_glide_between_the_places_they_told(page: Page) -> None:
    """Played back, a walk passes the places between two samples, none beyond, and ends exactly."""
    xs = await run(
        page,
        "motion",
        """const track = new m.Track({x: 0, z: 0, yaw: 0});
        const xs = [];
        for (let ms = 0; ms <= 600; ms += 10) {
          if (ms % 70 === 0 && ms <= 350) track.push({x: ms / 100, z: 0, yaw: 350}, ms);
          track.step(ms);
          xs.push(track.pose.x);
        }
        return xs""",
    )

    assert xs == sorted(xs)
    assert xs[-1] == 3.5
    assert max(later - sooner for sooner, later in itertools.pairwise(xs)) < 0.2


async def test_my_body_stops_where_i_pointed(page: Page) -> None:
    """Walking to a place neither overshoots it nor trembles around it."""
    end = await run(
        page,
        "motion",
        """const walker = new m.Walker({x: 0, z: 0, yaw: 0});
        walker.walkTo({x: 3, z: -4});
        let steps = 0;
        while (walker.step(1 / 60) && steps < 1000) steps += 1;
        return [Math.hypot(walker.pose.x - 3, walker.pose.z + 4), walker.step(1 / 60), steps]""",
    )

    assert end[0] < 0.05
    assert end[1] is False
    assert 80 < end[2] < 110  # 5 m at 3.2 m/s
