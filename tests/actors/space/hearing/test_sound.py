"""Gain and pan: the figures of docs/rules/hearing.md, and the laws behind them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.hearing import sound
from actors.space.hearing.sound import linear_gains, pans, whole_roots

axes_mm = st.integers(-1_000_000_000, 1_000_000_000) | st.integers(-5_000, 5_000)


def pan(x_mm: int, z_mm: int, yaw: int) -> int:
    position_mm = np.array([(0, 0, 0), (x_mm, 0, z_mm)], np.int32)
    turned = np.array([yaw, 0], np.uint16)
    return int(pans(position_mm, turned, np.array([0]), np.array([1]))[0])


@pytest.mark.parametrize(
    ("distance_mm", "gain"),
    [(0, 1_000), (1_000, 1_000), (2_000, 750), (3_000, 500), (4_999, 0), (5_000, 0), (9_000, 0)],
)
def test_gain_at_these_distances_of_a_range_of_5_m(distance_mm: int, gain: int) -> None:
    """The worked figures."""
    assert linear_gains(np.array([distance_mm]), range_mm=5_000).tolist() == [gain]


@settings(deadline=None)
@given(st.integers(0, 2_000_000), st.integers(1_001, 1_000_000))
def test_gain_is_web_audios_linear_model(distance_mm: int, range_mm: int) -> None:
    """To the thousandth below: 1 - rolloff * (d - refDistance) / (maxDistance - refDistance)."""
    nearest = min(max(distance_mm / 1_000, 1.0), range_mm / 1_000)
    model = 1 - (nearest - 1) / (range_mm / 1_000 - 1)
    gain = int(linear_gains(np.array([distance_mm]), range_mm=range_mm)[0])

    assert model - 0.001_001 < gain / 1_000 < model + 0.000_001


@pytest.mark.parametrize(
    ("x_mm", "z_mm", "yaw", "expected"),
    [
        (3_000, -4_000, 0, 600),
        (3_000, -4_000, 16_384, 800),
        (2_000, 0, 0, 1_000),
        (-2_000, 0, 0, -1_000),
        (0, -2_000, 0, 0),
        (0, 2_000, 0, 0),
        (0, -2_000, 16_384, 1_000),
        (0, 0, 123, 0),
    ],
)
def test_pan_of_these_places(x_mm: int, z_mm: int, yaw: int, expected: int) -> None:
    """The worked figures: right is positive, and who turns left has the front at the right."""
    assert pan(x_mm, z_mm, yaw) == expected


@settings(deadline=None)
@given(axes_mm, axes_mm, st.integers(0, 65_535))
def test_pan_is_the_sine_of_the_bearing_and_mirrors(x_mm: int, z_mm: int, yaw: int) -> None:
    """Within 3 thousandths of the angle in floats, and opposite for the place opposite."""
    angle = yaw / 65_536 * 2 * math.pi
    away_mm = math.hypot(x_mm, z_mm)
    exact = (
        (x_mm * math.cos(angle) - z_mm * math.sin(angle)) / away_mm if away_mm >= 1_000 else None
    )

    assert pan(-x_mm, -z_mm, yaw) == -pan(x_mm, z_mm, yaw)
    assert exact is None or abs(pan(x_mm, z_mm, yaw) - 1_000 * exact) < 4


@settings(deadline=None)
@given(st.integers(0, 1 << 26), st.sampled_from([-1, 0, 1]))
def test_roots_are_exact_around_every_square(root: int, beside: int) -> None:
    """The one function of floats gives whole millimetres that no machine rounds otherwise."""
    square = max(root * root + beside, 0)

    assert whole_roots(np.array([square])).tolist() == [math.isqrt(square)]


def test_no_sine_is_so_near_a_half_that_machines_could_differ() -> None:
    """A machine's sine may be wrong in its last bit; the table's entries don't turn on that."""
    exact = [(1 << 15) * math.sin(2 * math.pi * step / 4_096) for step in range(4_096)]

    assert min(abs(abs(value) % 1 - 0.5) for value in exact) > 1e-8
    assert [round(value) for value in exact] == sound.SINES.tolist()
