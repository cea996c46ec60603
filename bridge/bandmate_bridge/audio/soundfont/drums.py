"""The drum kit: one maker a drum, and the table of which keys it answers to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.soundfont.sounds import Random, Signal, Sound, band, faded, noise, time

Drum = Callable[[Random], Sound]

_DULL = 20000.0
_BRIGHT = 25000.0


class Stroke(NamedTuple):
    """A drum on the keys `low` to `high`; tuned by the key where they are several, as it is at `root`."""

    name: str
    drum: Drum
    low: int
    high: int
    root: int
    loudness: float
    pan: float = 0.0  # -1 left, 1 right, as the audience sees it
    silences: int = 0  # strokes of one number cut each other off


def _sweep(high: float, low: float, fall: float, t: Signal) -> Signal:
    """A sine that falls from one frequency to another, `fall` in seconds."""
    return np.sin(2 * np.pi * (low * t + (high - low) * fall * (1 - np.exp(-t / fall))))


def skin(length: float, high: float, low: float, fall: float, slap: float, snap: float = 0.0) -> Drum:
    """A drum head: a falling tone, the slap of the stick and, for a snare, the wires."""

    def drum(random: Random) -> Sound:
        t = time(length, _DULL)
        body = _sweep(high, low, fall, t) * np.exp(-4.5 * t / length)
        overtone = 0.35 * _sweep(1.62 * high, 1.59 * low, fall, t) * np.exp(-10 * t / length)
        stick = band(noise(len(t), random), _DULL, 800, 7000) * np.exp(-t / 0.004)
        wires = band(noise(len(t), random), _DULL, 1500, 9500, slope=2) * np.exp(-6 * t / length)
        signal = (1 - 0.7 * snap) * (body + overtone) + slap * stick + 1.3 * snap * wires
        return Sound(faded(signal, _DULL, 0.0008, 0.3 * length), _DULL)

    return drum


def metal(
    length: float, low: float, ring: float = 0.5, tone: float = 320.0, slow: float = 0.0, noisy: float = 0.6
) -> Drum:
    """A cymbal: inharmonic squares and noise above `low` Hz; `ring` is the share of the length it sounds."""

    def drum(random: Random) -> Sound:
        t = time(length, _BRIGHT)
        squares = sum(
            np.sign(np.sin(2 * np.pi * tone * ratio * t + random.uniform(0, 6.28)))
            for ratio in (2.0, 3.01, 4.16, 5.43, 6.79, 8.21)
        )
        hiss = noise(len(t), random)
        plate = band((1 - noisy) * 0.45 * np.asarray(squares) + noisy * hiss, _BRIGHT, low, 11500, slope=3)
        fade = np.exp(-t / (0.35 * ring * length)) * (1 - np.exp(-t / (slow + 1e-4)))
        strike = band(hiss, _BRIGHT, 3000, 12000) * np.exp(-t / 0.006) * (0.0 if slow else 0.5)
        return Sound(faded(plate * fade + strike, _BRIGHT, 0.0005, 0.3 * length), _BRIGHT)

    return drum


def tuned(length: float, *partials: tuple[float, float], click: float = 0.2, shimmer: float = 0.0) -> Drum:
    """Wood, bells and blocks: partials of (Hz, strength), with a click."""

    def drum(random: Random) -> Sound:
        t = time(length, _DULL)
        tones = sum(level * np.sin(2 * np.pi * hertz * t) for hertz, level in partials)
        tick = band(noise(len(t), random), _DULL, 1500, 8000) * np.exp(-t / 0.003)
        wobble = 1 + shimmer * np.sin(2 * np.pi * 27 * t)
        signal = np.asarray(tones) * np.exp(-5 * t / length) * wobble + click * tick
        return Sound(faded(signal, _DULL, 0.0006, 0.25 * length), _DULL)

    return drum


def grains(length: float, low: float, high: float, bursts: Sequence[float], each: float) -> Drum:
    """Noise in bursts at the given seconds, each dying in `each`: claps, shakers, scrapers."""

    def drum(random: Random) -> Sound:
        t = time(length, _BRIGHT)
        hiss = band(noise(len(t), random), _BRIGHT, low, high, slope=3)
        shape = np.zeros_like(t)
        for start in bursts:
            after = np.maximum(t - start, 0)
            shape = np.maximum(
                shape, np.where(t >= start, np.exp(-after / each) * (1 - np.exp(-after / 4e-4)), 0)
            )
        return Sound(faded(hiss * shape, _BRIGHT, 0.0005, 0.2 * length), _BRIGHT)

    return drum


def slide(length: float, first: float, last: float) -> Drum:
    """A tone that slides: whistles and cuicas."""

    def drum(random: Random) -> Sound:
        t = time(length, _DULL)
        hertz = first + (last - first) * t / length
        signal = np.sin(2 * np.pi * np.cumsum(hertz) / _DULL) * np.exp(-2 * t / length)
        return Sound(faded(signal, _DULL, 0.005, 0.3 * length), _DULL)

    return drum


_SCRAPE = tuple(np.linspace(0, 0.22, 18))

KIT: tuple[Stroke, ...] = (
    Stroke("Slap", grains(0.1, 800, 5000, (0,), 0.02), 27, 28, 27, 0.10),
    Stroke("Scratch", grains(0.12, 1000, 6000, (0, 0.05), 0.02), 29, 30, 29, 0.10),
    Stroke("Sticks", tuned(0.06, (2100, 1.0), (3300, 0.5)), 31, 32, 31, 0.10),
    Stroke("Click", tuned(0.03, (1600, 1.0)), 33, 33, 33, 0.08),
    Stroke("Bell", tuned(0.5, (1400, 0.6), (3730, 0.4), click=0.0), 34, 34, 34, 0.08),
    Stroke("Kick 2", skin(0.34, 150, 46, 0.045, 0.1), 35, 35, 35, 0.34),
    Stroke("Kick", skin(0.30, 175, 52, 0.035, 0.2), 36, 36, 36, 0.34),
    Stroke("Side stick", tuned(0.09, (430, 0.6), (1720, 0.9), click=0.9), 37, 37, 37, 0.14, 0.05),
    Stroke("Snare", skin(0.26, 240, 182, 0.02, 0.5, 0.62), 38, 38, 38, 0.24, 0.05),
    Stroke("Clap", grains(0.22, 700, 4200, (0, 0.011, 0.022, 0.033), 0.035), 39, 39, 39, 0.20, -0.1),
    Stroke("Snare 2", skin(0.2, 300, 225, 0.015, 0.6, 0.75), 40, 40, 40, 0.24, 0.05),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 41, 41, 46, 0.26, 0.45),
    Stroke("Closed hat", metal(0.09, 6000, 0.8), 42, 42, 42, 0.11, 0.3, 1),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 43, 43, 46, 0.26, 0.35),
    Stroke("Pedal hat", metal(0.08, 4800, 0.6), 44, 44, 44, 0.09, 0.3, 1),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 45, 45, 46, 0.26, 0.15),
    Stroke("Open hat", metal(0.42, 5600, 1.0), 46, 46, 46, 0.11, 0.3, 1),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 47, 47, 46, 0.26, 0.0),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 48, 48, 46, 0.26, -0.15),
    Stroke("Crash", metal(1.1, 3300, 1.0), 49, 49, 53, 0.15, -0.35),
    Stroke("Tom", skin(0.42, 190, 118, 0.06, 0.25), 50, 50, 46, 0.26, -0.3),
    Stroke("Ride", metal(0.75, 5200, 1.0, 410, noisy=0.35), 51, 51, 55, 0.10, -0.4),
    Stroke("China", metal(0.7, 1900, 0.8, 260, noisy=0.75), 52, 52, 52, 0.15, 0.4),
    Stroke("Ride bell", tuned(0.7, (1630, 0.5), (2660, 0.5), (4110, 0.35)), 53, 53, 53, 0.12, -0.4),
    Stroke("Tambourine", metal(0.22, 6500, 0.8, 610), 54, 54, 54, 0.11, 0.2),
    Stroke("Splash", metal(0.55, 4300, 0.8), 55, 55, 55, 0.13, 0.15),
    Stroke("Cowbell", tuned(0.28, (562, 0.9), (845, 1.0), (1690, 0.3)), 56, 56, 56, 0.14, 0.1),
    Stroke("Crash", metal(1.1, 3300, 1.0), 57, 57, 57, 0.15, 0.4),
    Stroke("Vibraslap", grains(0.5, 1800, 6000, tuple(np.arange(0, 0.45, 0.021)), 0.008), 58, 58, 58, 0.10),
    Stroke("Ride", metal(0.75, 5200, 1.0, 410, noisy=0.35), 59, 59, 55, 0.10, -0.45),
    Stroke("Bongo", skin(0.18, 420, 375, 0.01, 0.6), 60, 61, 60, 0.20, 0.3),
    Stroke("Conga", skin(0.28, 270, 235, 0.015, 0.5), 62, 64, 63, 0.22, -0.25),
    Stroke("Timbale", skin(0.3, 360, 300, 0.02, 0.7, 0.15), 65, 66, 65, 0.20, 0.25),
    Stroke("Agogo", tuned(0.3, (880, 1.0), (2390, 0.5)), 67, 68, 67, 0.12, -0.2),
    Stroke("Cabasa", grains(0.1, 5000, 11500, (0, 0.02), 0.02), 69, 69, 69, 0.09, 0.35),
    Stroke("Maracas", grains(0.08, 5500, 12000, (0.01,), 0.02), 70, 70, 70, 0.09, -0.35),
    Stroke("Whistle", slide(0.3, 2350, 2250), 71, 72, 71, 0.09, 0.1),
    Stroke("Guiro", grains(0.3, 1800, 6000, _SCRAPE, 0.006), 73, 74, 73, 0.10, 0.2),
    Stroke("Claves", tuned(0.1, (2480, 1.0)), 75, 75, 75, 0.12, 0.1),
    Stroke("Wood block", tuned(0.12, (830, 1.0), (1710, 0.4)), 76, 77, 76, 0.14, -0.1),
    Stroke("Cuica", slide(0.25, 420, 640), 78, 79, 78, 0.12),
    Stroke(
        "Triangle", tuned(0.6, (4020, 0.5), (6610, 0.4), (9100, 0.3), shimmer=0.1), 80, 81, 80, 0.08, -0.3
    ),
    Stroke("Shaker", grains(0.12, 4500, 12000, (0.015,), 0.03), 82, 82, 82, 0.09, 0.3),
    Stroke("Jingle", metal(0.5, 7000, 0.9, 700), 83, 84, 83, 0.09, 0.2),
    Stroke("Castanets", tuned(0.07, (1450, 0.7), (2850, 0.8), click=0.8), 85, 85, 85, 0.12),
    Stroke("Surdo", skin(0.5, 95, 72, 0.05, 0.1), 86, 87, 86, 0.28),
)
