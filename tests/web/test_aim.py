"""How the tests press buttons: as a hand that looks where it clicks."""

from __future__ import annotations

from tests.support.browser import Browser

DODGING = """<body style="margin:0"><button id=b>press</button><script>
  let pressed = 0, missed = 0, moves = 0;
  document.addEventListener('click', (e) => (e.target.id === 'b' ? pressed++ : missed++));
  document.addEventListener('pointermove', () => {
    if (moves++ === 0) document.getElementById('b').style.marginTop = '300px';
  });
</script>"""


async def test_what_moves_away_under_the_mouse_is_pressed_once(browser: Browser) -> None:
    """A page that settles late costs a second look, not a click somewhere else."""
    page = await browser.new_page()
    await page.goto(f"data:text/html,{DODGING}")
    await page.click("#b")
    assert await page.evaluate("[pressed, missed]") == [1, 0]
