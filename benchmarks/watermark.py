"""The watermark: found after what befalls a sound, not found where it is not, and how far below hearing.

python benchmarks/watermark.py --midi LIST [--pieces N]

LIST names MIDI files, one a line; of each up to eight bars are sounded with the default soundfont and marked.
An attack counts as survived where the mark is found and its number is right. Noise is white; its level is
the ratio of music to noise. False alarms are counted over unmarked sounds, each searched with many keys.
Audibility is the noise-to-mask ratio of `noise_to_mask.py`, beside that of MP3 in the same run; MP3 and
other rates are ffmpeg's.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.render import SAMPLE_RATE, render
from bandmate_bridge.audio.watermark.code import BITS
from bandmate_bridge.audio.watermark.detecting import folded, likeliest, search
from bandmate_bridge.audio.watermark.marking import marked
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from harness import table, write_result
from noise_to_mask import noise_to_mask

Audio = npt.NDArray[np.float32]
Attack = Callable[[Audio, np.random.RandomState], Audio]

BARS = 8
SHORTEST, LONGEST = 6.0, 40.0  # seconds of music
JUDGED_EVERY = 3  # pieces: the noise-to-mask ratio takes its time
LIMITS = {"survived %": 95.0, "false alarms in 1,000": 1.0}


def attacks() -> dict[str, Attack]:
    return {
        "none": lambda sound, _: sound,
        "MP3 128 kbit/s": lambda sound, _: converted(sound, ["-b:a", "128k", "-f", "mp3"]),
        "44.1 to 48 to 44.1 kHz": lambda sound, _: converted(sound, ["-ar", "48000", "-f", "wav"]),
        "44.1 to 22.05 kHz": lambda sound, _: converted(sound, ["-ar", "22050", "-f", "wav"]),
        "-12 dB, 16 bits": lambda sound, _: np.round(sound * 0.25 * 32767).astype(np.float32) / 32767,
        "+6 dB, clipped": lambda sound, _: np.clip(2 * sound, -1, 1),
        "white noise, 20 dB": lambda sound, chance: noisy(sound, 20.0, chance),
        "white noise, 10 dB": lambda sound, chance: noisy(sound, 10.0, chance),
        "white noise, 3 dB": lambda sound, chance: noisy(sound, 3.0, chance),
        "second half": lambda sound, chance: sound[:, sound.shape[1] // 2 + chance.randint(SAMPLE_RATE) :],
        "5 s from anywhere": five_seconds,
        "MP3 of a cut, 6 dB down": lambda sound, chance: converted(
            0.5 * sound[:, chance.randint(2 * SAMPLE_RATE) :], ["-b:a", "128k", "-f", "mp3"]
        ),
    }


def noisy(sound: Audio, ratio: float, chance: np.random.RandomState) -> Audio:
    """With white noise `ratio` dB below the music, both as powers of the whole sound."""
    power = float((sound**2).mean()) / 10 ** (ratio / 10)
    return sound + chance.standard_normal(sound.shape).astype(np.float32) * np.float32(np.sqrt(power))


def five_seconds(sound: Audio, chance: np.random.RandomState) -> Audio:
    begin = chance.randint(max(1, sound.shape[1] - 5 * SAMPLE_RATE))
    return sound[:, begin : begin + 5 * SAMPLE_RATE]


def converted(sound: Audio, options: list[str]) -> Audio:
    """To a file and back to 44.1 kHz by ffmpeg, 16 bits on either side."""
    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "2"]
    data = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").T.tobytes()
    file = _ffmpeg([*raw, "-i", "-", *options, "-"], data)
    back = np.frombuffer(_ffmpeg(["-i", "-", *raw, "-"], file), "<i2").reshape(-1, 2)
    return back.T.astype(np.float32) / 32767


def _ffmpeg(options: list[str], data: bytes) -> bytes:
    return subprocess.run(
        ["ffmpeg", "-v", "error", *options], input=data, capture_output=True, check=True
    ).stdout


def sounds(listed: Path, count: int) -> Iterator[Audio]:
    """Pieces of files of the list, in an order that is always the same."""
    files = [Path(line) for line in listed.read_text(encoding="utf-8").splitlines() if line]
    random.Random(1).shuffle(files)
    given = 0
    for file in files:
        if given == count:
            return
        try:
            score = read_midi(file)
            bars = list(score.bars())
            first = random.Random(file.name).randrange(max(1, len(bars) - BARS))
            piece = score.excerpt(bars[first].start, bars[min(first + BARS, len(bars)) - 1].end)
            sound = render(piece)
        except (BandmateError, IndexError):
            continue
        peak = float(np.abs(sound).max(initial=0.0))
        if SHORTEST * SAMPLE_RATE <= sound.shape[1] <= LONGEST * SAMPLE_RATE and peak > 0.0:
            given += 1
            yield np.asarray(sound / peak * 0.89, np.float32)


def aligned(sound: Audio, late: Audio) -> Audio:
    """`late` from where it is most like `sound`."""
    size = 1 << (sound.shape[1] + late.shape[1]).bit_length()
    alike = np.fft.irfft(np.fft.rfft(late[0], size) * np.fft.rfft(sound[0], size).conj())
    return late[:, int(alike[: SAMPLE_RATE // 2].argmax()) :]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--midi", type=Path, required=True, metavar="LIST", help="text file, a MIDI file a line"
    )
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--keys", type=int, default=100, help="with which each unmarked sound is searched")
    options = parser.parse_args()
    chance = np.random.RandomState(5)
    scores: dict[str, list[float]] = {name: [] for name in attacks()}
    survived: dict[str, int] = dict.fromkeys(scores, 0)
    heard: dict[str, list[tuple[float, float]]] = {}
    ratios, alarms, searches, highest, seconds = [], 0, 0, 0.0, []
    for sound in sounds(options.midi, options.pieces):
        number = int(chance.randint(1 << BITS))
        mine = marked(sound, number)
        seconds.append(sound.shape[1] / SAMPLE_RATE)
        ratios.append(float(10 * np.log10((sound**2).mean() / ((mine - sound) ** 2).mean())))
        for name, attack in attacks().items():
            finding = search(attack(mine, chance))
            scores[name].append(finding.score)
            survived[name] += finding.found and finding.number == number
        plain = folded(sound)
        for index in range(options.keys):
            finding = likeliest(plain, f"key {index}".encode())
            alarms, searches, highest = alarms + finding.found, searches + 1, max(highest, finding.score)
        if len(seconds) % JUDGED_EVERY:
            continue
        others = {"watermark": mine}
        for rate in ("128k", "192k", "320k"):
            others[f"MP3 {rate[:-1]} kbit/s"] = aligned(sound, converted(sound, ["-b:a", rate, "-f", "mp3"]))
        for name, other in others.items():
            heard.setdefault(name, []).append(noise_to_mask(sound[0], other[0], SAMPLE_RATE))
    count = len(seconds)
    rows = [
        {
            "attack": name,
            "survived %": 100.0 * survived[name] / count,
            "limit %": LIMITS["survived %"],
            "score, lowest": min(found),
            "score, 5th percentile": float(np.percentile(found, 5)),
            "score, median": float(np.median(found)),
        }
        for name, found in scores.items()
    ]
    audible = [
        {
            "change": name,
            "noise to mask dB, median": float(np.median([ratio for ratio, _ in figures])),
            "worst piece dB": max(ratio for ratio, _ in figures),
            "disturbed frames %, median": 100 * float(np.median([share for _, share in figures])),
            "worst piece %": 100 * max(share for _, share in figures),
        }
        for name, figures in heard.items()
    ]
    data = {
        "pieces": count,
        "seconds, median": float(np.median(seconds)),
        "seconds, shortest": min(seconds),
        "music to watermark dB, median": float(np.median(ratios)),
        "music to watermark dB, lowest": min(ratios),
        "searches of unmarked sound": searches,
        "false alarms": alarms,
        "false alarms in 1,000, at most (95 % sure)": 1000.0 * (3.0 + 1.6 * alarms) / searches,
        "limit, false alarms in 1,000": LIMITS["false alarms in 1,000"],
        "highest score of unmarked sound": highest,
        "attacks": rows,
        "audibility": audible,
    }
    print(table(rows), "", table(audible), sep="\n")
    print(f"written to {write_result('watermark', data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
