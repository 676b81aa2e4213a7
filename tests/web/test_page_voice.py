"""Voices between pages, measured in the sound itself: each microphone is a tone of its own.

What somebody hears is what their page sends to its loudspeakers, looked at by pitch; how loudly the
page lets a voice through is read from the node it passes.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.hall import ADMIN, SPACE, more_about, press, set_mode, sign_in
from tests.web.people import distance_to, meet

ADA_HZ, BEN_HZ, CAY_HZ = 445, 984, 1781

_MEASURE = """
window.toneHz = %d;
const remembered = 'presence.pose.%s';
if (!sessionStorage.getItem(remembered)) sessionStorage.setItem(remembered, '%s');
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const out = new MediaStreamAudioDestinationNode(context);
  const tone = new OscillatorNode(context, { frequency: window.toneHz });
  tone.connect(new GainNode(context, { gain: 0.4 })).connect(out);
  tone.start();
  return out.stream;
};
const look = (context) => new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
const connect = AudioNode.prototype.connect;
window.ways = []; // of a voice: what comes in, and the gain it passes
AudioNode.prototype.connect = function (to, ...rest) {
  if (this instanceof MediaStreamAudioSourceNode && to instanceof GainNode) {
    const incoming = look(this.context);
    connect.call(this, incoming);
    window.ways.push({ incoming, gain: to.gain });
  }
  if (to === this.context.destination) {
    window.loudspeaker ??= look(this.context);
    connect.call(this, window.loudspeaker);
  }
  return connect.call(this, to, ...rest);
};
const strength = (analyser, hz) => {
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const at = Math.round((hz * analyser.fftSize) / analyser.context.sampleRate);
  return 10 ** (Math.max(...bins.slice(at - 2, at + 3)) / 20);
};
window.heard = (hz) => (window.loudspeaker ? strength(window.loudspeaker, hz) : 0);
window.wayOf = (hz) => {
  window.known ??= {};
  const found = window.ways.findLast(({ incoming }) => strength(incoming, hz) > 0.02);
  if (found) window.known[hz] = found;
  return window.known[hz];
};
window.gainOf = (hz) => window.wayOf(hz)?.gain.value;
window.arrives = (hz) => strength(window.wayOf(hz).incoming, hz) > 0.01;
window.sending = () => window.calls
  .filter((call) => call.connectionState === 'connected')
  .flatMap((call) => call.getSenders()).filter(({ track }) => track !== null).length;
window.calls = [];
const Real = RTCPeerConnection;
window.RTCPeerConnection = function (...args) {
  const call = new Real(...args);
  window.calls.push(call);
  return call;
};
"""

AUDIBLE, SILENT = 0.01, 0.001
"""Strengths at the loudspeaker: a tone at a tenth of full gain is above the one, and noise of the
codec below the other."""


async def _tune(page: Page, hz: int, x_m: float) -> Page:
    """Give somebody a tone for a voice, and a place to come in at."""
    pose = json.dumps({"x": x_m, "z": 0, "yaw": 0})
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=_MEASURE % (hz, SPACE, pose))
    return page


async def _speak(*pages: Page) -> None:
    for page in pages:
        await page.click(".voice")
        await page.until("document.querySelector('.voice[aria-pressed=true]')")


async def _hears(page: Page, hz: int) -> None:
    await page.until(f"window.gainOf({hz}) > 0 && window.heard({hz}) > {AUDIBLE}")


async def _hears_not(page: Page, hz: int) -> None:
    await page.until(f"window.gainOf({hz}) === 0 && window.heard({hz}) < {SILENT}")


async def _told_gain(page: Page, name: str) -> float | None:
    """Return how loudly somebody is to be heard, in the server's own words."""
    links: list[dict[str, Any]] = await page.evaluate(
        f"""(async () => {{
          const {{ token }} = JSON.parse(sessionStorage.getItem('presence.identity'));
          const answer = await fetch('api/spaces/global/lobby/audio/connections?subspace=hall', {{
            headers: {{ Authorization: `Bearer ${{token}}` }},
          }});
          const own = document.querySelector('.roster-row:first-child').dataset.socket;
          return (await answer.json()).connections.filter(
            (one) => one.listenerSocketId === own && one.userAccount === {json.dumps(name)});
        }})()"""
    )
    return links[0]["gain"] if links else None


@pytest.fixture
async def three(browser: Browser, hall_server: LiveServer) -> tuple[Page, Page, Page]:
    """An administrator, an account and a guest a metre and a half apart, all with a voice."""
    ada = await _tune(await browser.new_page(), ADA_HZ, 0)
    ben = await _tune(await browser.new_page(), BEN_HZ, 1.5)
    cay = await _tune(await browser.new_page(), CAY_HZ, 3)
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    await meet(cay, hall_server, "Cay", SPACE)
    for page in (ada, ben, cay):
        await page.click(".side-tabs .segment:last-child")
    await _speak(ada, ben, cay)
    return ada, ben, cay


async def test_in_announcement_only_the_speaker_sounds(three: tuple[Page, Page, Page]) -> None:
    """The mode decides what comes out of the loudspeakers, and what leaves the microphones."""
    ada, ben, cay = three
    for page, others in ((ada, (BEN_HZ, CAY_HZ)), (ben, (ADA_HZ, CAY_HZ)), (cay, (ADA_HZ, BEN_HZ))):
        for hz in others:
            await _hears(page, hz)

    await set_mode(ada, "announcement")
    for page, others in ((ada, (BEN_HZ, CAY_HZ)), (ben, (ADA_HZ, CAY_HZ)), (cay, (ADA_HZ, BEN_HZ))):
        for hz in others:
            await _hears_not(page, hz)
        await page.until("window.sending() === 0")
    await press(ben, "Ask to speak")
    await press(ada, "Grant")

    for page in (ada, cay):
        await _hears(page, BEN_HZ)
        await page.until(f"Math.abs(window.gainOf({BEN_HZ}) - 1) < 0.001")
    await _hears_not(ada, CAY_HZ)
    await _hears_not(cay, ADA_HZ)
    for hz in (ADA_HZ, CAY_HZ):
        await _hears_not(ben, hz)
    assert await ben.evaluate("window.sending()") == 2
    assert await ada.evaluate("window.sending()") == await cay.evaluate("window.sending()") == 0
    await cay.until(f"!window.arrives({ADA_HZ})")

    await set_mode(ada, "ambient")
    await _hears(cay, ADA_HZ)
    assert await ada.evaluate("window.calls.length") == 2, "nobody had to call again"


async def test_mutes_and_blocks_are_heard(three: tuple[Page, Page, Page]) -> None:
    """A mute silences one pair of ears, a block both, a moderator's mute a voice for everybody."""
    ada, ben, cay = three
    await _hears(cay, ADA_HZ)
    await _hears(cay, BEN_HZ)
    await _hears(ada, CAY_HZ)
    await more_about(cay, ADMIN)
    await press(cay, "Mute for me", ".person-menu")
    await _hears_not(cay, ADA_HZ)
    await _hears(ada, CAY_HZ)
    await _hears(cay, BEN_HZ)
    await cay.until(f"!window.arrives({ADA_HZ})")

    await more_about(cay, ADMIN)
    await press(cay, "Block", ".person-menu")
    await _hears_not(ada, CAY_HZ)
    await more_about(cay, ADMIN)
    await press(cay, "Unblock", ".person-menu")
    await _hears(ada, CAY_HZ)
    await _hears(cay, ADA_HZ)

    await more_about(ada, "ben-holm")
    await press(ada, "Mute and lock", ".person-menu")
    for page in (ada, cay):
        await _hears_not(page, BEN_HZ)
    await ben.until("window.sending() === 0")
    assert await ben.text(".voice") == "Muted"
    await _hears(ben, CAY_HZ)
    await more_about(ada, "ben-holm")
    await press(ada, "Unmute", ".person-menu")
    await _hears(cay, BEN_HZ)
    await _speak_no_more(ben)
    await cay.until(f"window.heard({BEN_HZ}) < {SILENT}")


async def _speak_no_more(page: Page) -> None:
    await page.click(".voice")
    await page.until("document.querySelector('.voice[aria-pressed=false]')")


async def test_walking_away_fades_a_voice_as_the_server_has_it(
    browser: Browser, hall_server: LiveServer
) -> None:
    """Wherever they stand, the gain in the page is the server's; out of range is silence."""
    ada = await _tune(await browser.new_page(), ADA_HZ, 0)
    ben = await _tune(await browser.new_page(), BEN_HZ, 1)
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    await _speak(ada)
    await _hears(ben, ADA_HZ)
    await ben.until(f"window.gainOf({ADA_HZ}) > 0.98")
    near = await ben.evaluate(f"window.heard({ADA_HZ})")
    assert await ben.evaluate(f"{_row(ADMIN)}.classList.contains('heard')")
    assert await ada.evaluate(f"!{_row('ben-holm')}.querySelector('.roster-hears').hidden")

    await ada.click(".floor-canvas")
    seen = []
    for beyond_m in (2, 3.5):
        await _walk(ada, "a", f"{distance_to('ben-holm')} > {beyond_m}")
        told = await _gain_as_told(ben, ADMIN, ADA_HZ)
        await ben.until(f"Math.abs(window.heard({ADA_HZ}) / {near} - {told}) < 0.12")
        seen.append(told)
    assert 0.9 > seen[0] > seen[1] > 0.05

    await _walk(ada, "a", f"{distance_to('ben-holm')} > 6")
    await _hears_not(ben, ADA_HZ)
    assert await _told_gain(ben, ADMIN) is None
    await ada.until("window.sending() === 0")
    assert not await ben.evaluate(f"{_row(ADMIN)}.classList.contains('heard')")
    await ben.until("window.calls.every((call) => call.connectionState === 'closed')")

    await ada.click("[aria-label='Walk to ben-holm']")
    await ada.until(f"{distance_to('ben-holm')} < 1.6")
    await _hears(ben, ADA_HZ)
    await _gain_as_told(ben, ADMIN, ADA_HZ)


async def _gain_as_told(page: Page, name: str, hz: int) -> float:
    """Return the gain that page and server agree on, once the last steps have arrived."""
    with trio.fail_after(20):
        while True:
            told = await _told_gain(page, name)
            assert told is not None
            if abs(await page.evaluate(f"window.gainOf({hz})") - told) < 0.01:
                return told


async def _walk(page: Page, key: str, until: str) -> None:
    await page.key_down(key)
    await page.until(until)
    await page.key_up(key)


def _row(name: str) -> str:
    return (
        "[...document.querySelectorAll('.roster-row')].find((e) =>"
        f" e.querySelector('.roster-name').textContent === {json.dumps(name)})"
    )
