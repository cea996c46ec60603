"""The pitched voices: struck, plucked, sustained. Each maker takes a character and returns a Voice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bandmate_bridge.audio.soundfont.sounds import (
    Random,
    Signal,
    Sound,
    Voice,
    band,
    faded,
    noise,
    time,
    turned_to_rest,
)

_HIGHEST = 0.42  # of the sampling rate: no partial lies above, so that a key two tones up does not alias
_RUN_UP = 64  # frames before a loop, which a player's resampler spoils


def struck_string(rate: float, length: float) -> Voice:
    """A piano: stretched partials of two strings that drift apart, a hammer, a decay in two stages."""

    def voice(frequency: float, random: Random) -> Sound:
        seconds = float(np.clip(length * (262 / frequency) ** 0.45, 0.7, 1.5 * length))
        t = time(seconds, rate)
        stretch = 0.00035 * (frequency / 262) ** 0.9
        signal = np.zeros_like(t)
        for k in range(1, 46):
            partial = k * frequency * np.sqrt(1 + stretch * (k * k - 1))
            if partial > _HIGHEST * rate:
                break
            strength = (abs(np.sin(np.pi * k / 8.2)) + 0.12) * k**-1.05 * np.exp(-partial / 3800)
            fast = 0.55 * (262 / frequency) ** 0.5 / (1 + 0.16 * k)
            decay = 0.65 * np.exp(-t / fast) + 0.35 * np.exp(-t / (4.5 * fast))
            drift = 1 + 0.00022 * random.uniform(0.6, 1.4)
            phase = random.uniform(0, 2 * np.pi)
            strings = np.sin(2 * np.pi * partial * t + phase) + 0.8 * np.sin(
                2 * np.pi * partial * drift * t + phase
            )
            signal += strength * decay * strings
        hammer = band(noise(len(t), random), rate, 120, min(2.5 * frequency + 500, 3500)) * np.exp(-t / 0.012)
        signal += 0.12 * np.abs(signal).max() * hammer / np.abs(hammer).max()
        return Sound(faded(signal, rate, 0.0015, 0.25 * seconds), rate)

    return voice


def tine(rate: float, length: float, index: float = 1.4) -> Voice:
    """An electric piano: one sine bends another, less and less, and a bright tine rings at first."""

    def voice(frequency: float, random: Random) -> Sound:
        t = time(length * (262 / frequency) ** 0.2, rate)
        bend = index * np.exp(-t / 0.35) + 0.15
        body = np.sin(2 * np.pi * frequency * t + bend * np.sin(2 * np.pi * frequency * t))
        ring = np.sin(2 * np.pi * min(14 * frequency, 0.3 * rate) * t) * np.exp(-t / 0.05)
        signal = body * np.exp(-t / (0.45 * length)) + 0.12 * index * ring
        return Sound(faded(signal, rate, 0.001, 0.3 * length), rate)

    return voice


def bar(rate: float, length: float, partials: Sequence[tuple[float, float, float]]) -> Voice:
    """A struck bar or bell: partials of (ratio, strength, share of the length that it rings)."""

    def voice(frequency: float, random: Random) -> Sound:
        t = time(length, rate)
        signal = np.zeros_like(t)
        for ratio, strength, ringing in partials:
            if ratio * frequency < _HIGHEST * rate:
                decay = np.exp(-4 * t / (length * ringing))
                signal += strength * decay * np.sin(2 * np.pi * ratio * frequency * t)
        return Sound(faded(signal, rate, 0.001, 0.25 * length), rate)

    return voice


def plucked_string(rate: float, length: float, bright: float, pick: float = 0.2, depth: float = 0.0) -> Voice:
    """A Karplus-Strong string. `bright` 0-1, `pick`: where it is plucked, `depth`: bare fundamental."""

    def voice(frequency: float, random: Random) -> Sound:
        fine = 2 * rate
        period = max(4, round(fine / frequency))
        seconds = float(np.clip(length * (196 / frequency) ** 0.3, 0.5, 1.4 * length))
        frames = int(seconds * fine)
        burst = noise(period, random)
        spectrum = np.fft.rfft(burst)
        k = np.arange(len(spectrum))
        spectrum *= np.exp(-k * frequency / (800 + 6500 * bright)) * (abs(np.sin(np.pi * k * pick)) + 0.05)
        spectrum[0] = 0
        burst = np.fft.irfft(spectrum / (np.abs(spectrum) + 1e-3) ** 0.5, period)
        damping = 0.06 + 0.4 * (1 - bright) * min(1.0, 300 / frequency)
        loss = 10 ** (-3 * period / fine / (1.6 * seconds))
        signal = _rung(burst, frames, loss, damping)
        pitch = fine / (period + damping)
        t = np.arange(frames) / fine
        fundamental = np.sin(2 * np.pi * pitch * t) * np.exp(-t / (0.35 * seconds))
        signal = signal / np.abs(signal).max() + depth * fundamental
        halved = band(signal, fine, low=0.6 * frequency, high=_HIGHEST * rate, slope=8)[::2]
        return Sound(faded(halved, rate, 0.001, 0.35 * seconds), rate * frequency / pitch)

    return voice


def _rung(burst: Signal, frames: int, loss: float, damping: float) -> Signal:
    """A delay line of the burst's length, fed back through a two-point average."""
    period = len(burst)
    signal = np.zeros(frames + period + 1)
    signal[1 : period + 1] = burst
    for start in range(period + 1, frames + period + 1, period):
        end = min(start + period, len(signal))
        behind = signal[start - period : end - period]
        before = signal[start - period - 1 : end - period - 1]
        signal[start:end] = loss * ((1 - damping) * behind + damping * before)
    return signal[1 : frames + 1]


def sustained(
    rate: float,
    strength: Callable[[int, float], float],
    *,
    attack: float = 0.08,
    vibrato: float = 0.0,
    tremolo: float = 0.0,
    breath: float = 0.0,
) -> Voice:
    """One player who holds a note: partials of `strength(k, Hz)`, brightening through the attack (seconds).

    `vibrato` in cents and `tremolo` (0-1) turn once in the loop's fifth of a second; `breath` is noise.
    """

    def voice(frequency: float, random: Random) -> Sound:
        cycle = int(0.2 * rate)
        cycles = max(1, round(frequency * cycle / rate))
        pitch = cycles * rate / cycle
        lead = int(attack * rate)
        t = (np.arange(lead + cycle) - lead) / rate
        turn = np.sin(2 * np.pi * t * rate / cycle)
        swing = (2 ** (vibrato / 1200) - 1) * pitch / (2 * np.pi * rate / cycle)
        phase = 2 * np.pi * (pitch * t - swing * np.cos(2 * np.pi * t * rate / cycle))
        signal = np.zeros_like(t)
        for k in range(1, 60):
            if k * pitch > _HIGHEST * rate:
                break
            opening = np.clip(1 + t / max(attack, 1e-3), 0, 1) ** (0.4 + 0.25 * k)
            signal += strength(k, k * pitch) * opening * np.sin(k * phase + 2.4 * k * k)
        air = band(np.tile(noise(cycle, random), 3), rate, pitch, 5000)[cycle : 2 * cycle]
        signal += breath * signal.std() * np.tile(air, len(t) // cycle + 1)[-len(t) :] / air.std()
        signal *= 1 + tremolo * turn
        return turned_to_rest(Sound(signal, rate * frequency / pitch, lead))

    return voice


def ensemble(rate: float, width: float, strength: Callable[[int, float], float]) -> Voice:
    """Many players on one note: a partial is a band, `width` cents wide, of random phases; all is loop."""

    def voice(frequency: float, random: Random) -> Sound:
        frames = int(0.7 * rate)
        bins = np.fft.rfftfreq(frames, 1 / rate)
        spectrum = np.zeros(len(bins))
        for k in range(1, 60):
            centre = k * frequency
            if centre > _HIGHEST * rate:
                break
            spread = max(centre * (2 ** (width / 1200) - 1) * k / (k + 1), 0.6)
            spectrum += strength(k, centre) * np.exp(-(((bins - centre) / spread) ** 2)) / np.sqrt(spread)
        phases = random.uniform(0, 2 * np.pi, len(bins))
        signal = np.fft.irfft(spectrum * np.exp(1j * phases), frames)
        lead = signal[-_RUN_UP:]
        return turned_to_rest(Sound(np.concatenate([lead, signal]), rate, len(lead)))

    return voice


def drawbars(levels: Mapping[int, float]) -> Callable[[int, float], float]:
    """Partial number -> strength."""
    return lambda k, hertz: levels.get(k, 0.0)


def rolled(power: float, corner: float, even: float = 1.0) -> Callable[[int, float], float]:
    """Partials that fall by a power of their number and above a corner in Hz; `even` weighs every second."""
    return lambda k, hertz: float(k**-power * np.exp(-hertz / corner) * (even if k % 2 == 0 else 1.0))


def vowel(*formants: tuple[float, float, float]) -> Callable[[int, float], float]:
    """Partials under formants of (Hz, width in Hz, strength)."""

    def strength(k: int, hertz: float) -> float:
        resonance = sum(gain / (1 + ((hertz - centre) / width) ** 2) for centre, width, gain in formants)
        return float((resonance + 0.1) * k**-0.6)

    return strength
