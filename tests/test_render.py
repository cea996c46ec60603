"""Scores as sound: when, how loud, from where, and as a WAV file."""

import io
import wave

import numpy as np
import numpy.typing as npt
import pytest

from bandmate_bridge.audio.plain_mix import PLACES
from bandmate_bridge.audio.render import SAMPLE_RATE, render, wav_bytes
from bandmate_bridge.audio.room import decay, reverberate
from bandmate_models.errors import BandmateError
from bandmate_models.score import Control, Note, Part, Role, Score, Tempo

Audio = npt.NDArray[np.float32]


def one(note: Note, role: Role = "melody", program: int = 0, *controls: Control) -> Audio:
    return render(Score(parts=(Part(role, (note,), program, controls),)))


def loudness(sound: Audio, start: float = 0.0, end: float = 0.5) -> float:
    """Decibels between two seconds."""
    piece = sound[:, int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
    return 20 * float(np.log10(np.sqrt((piece.astype(np.float64) ** 2).mean()) + 1e-12))


def cc(beat: float, number: int, value: int) -> Control:
    return Control(beat, "cc", number, value)


def test_notes_sound_when_the_tempo_map_says() -> None:
    score = Score(
        parts=(Part("drums", (Note(0.0, 0.1, 37, 100), Note(4.0, 0.1, 37, 100), Note(6.0, 0.1, 37, 100))),),
        tempos=(Tempo(0.0, 120.0), Tempo(4.0, 60.0)),
    )
    envelope = np.abs(render(score)).max(axis=0)
    loud = np.flatnonzero(envelope > 0.3 * envelope.max()) / SAMPLE_RATE
    starts = [loud[0], *loud[1:][np.diff(loud) > 0.5]]
    assert starts == pytest.approx([0.0, 2.0, 4.0], abs=0.005)


def test_a_stronger_note_is_louder() -> None:
    levels = [loudness(one(Note(0.0, 1.0, 60, velocity))) for velocity in (20, 50, 90, 127)]
    assert levels == sorted(levels)
    assert 25 < levels[-1] - levels[0] < 40


def test_velocities_of_one_chord_are_kept_apart() -> None:
    """The synthesiser takes notes of one key and length for one note; here they are two."""
    soft_then_loud = render(Score(parts=(Part("chords", (Note(0.0, 1.0, 60, 20), Note(4.0, 1.0, 60, 120))),)))
    assert loudness(soft_then_loud, 2.0, 2.4) - loudness(soft_then_loud, 0.0, 0.4) > 20


def test_volume_and_expression_are_heard() -> None:
    full = one(Note(0.0, 1.0, 60, 90), "melody", 48)
    for number in (7, 11):
        quiet = one(Note(0.0, 1.0, 60, 90), "melody", 48, cc(0.0, number, 40))
        assert loudness(quiet) < loudness(full) - 12
    assert np.abs(one(Note(0.0, 1.0, 60, 90), "melody", 48, cc(0.0, 7, 0))).max() == 0


def test_a_part_stands_where_it_is_panned() -> None:
    left, right = one(Note(0.0, 1.0, 60, 90), "melody", 0, cc(0.0, 10, 0))
    assert np.abs(left).max() > 5 * np.abs(right).max()
    left, right = one(Note(0.0, 1.0, 60, 90), "guitar", 25)
    assert np.abs(right).max() > np.abs(left).max()


def test_the_pedal_holds_notes_until_it_rises() -> None:
    note = Note(0.0, 0.5, 60, 90)
    dry = one(note, "melody", 48)
    held = one(note, "melody", 48, cc(0.0, 64, 127), cc(4.0, 64, 0))
    assert loudness(dry, 1.4, 1.9) < loudness(held, 1.4, 1.9) - 20
    assert loudness(held, 3.2, 3.6) < loudness(held, 1.4, 1.9) - 20


def test_a_pedal_that_never_rises_ends_all_the_same() -> None:
    held = one(Note(0.0, 0.5, 60, 90), "melody", 48, cc(0.0, 64, 127))
    assert held.shape[1] < 8 * SAMPLE_RATE


def test_a_program_change_changes_the_sound() -> None:
    organ = one(Note(0.0, 1.0, 60, 90), "melody", 16)
    changed = one(Note(0.0, 1.0, 60, 90), "melody", 0, Control(0.0, "program", 0, 16))
    assert np.array_equal(organ, changed)


def test_every_role_is_placed_and_drums_play_the_kit() -> None:
    assert loudness(one(Note(0.0, 1.0, 36, 100), "drums")) > -60
    for role in PLACES:
        assert loudness(one(Note(0.0, 1.0, 48, 100), role)) > -60


def test_pressure_does_no_harm() -> None:
    plain = one(Note(0, 1, 60, 90))
    assert np.array_equal(plain, one(Note(0, 1, 60, 90), "melody", 0, Control(0.5, "pressure", 0, 64)))


def pitch(sound: Audio, start: float, end: float) -> float:
    """The strongest frequency between two seconds."""
    piece = sound[0, int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 18))
    return float(spectrum.argmax()) * SAMPLE_RATE / (1 << 18)


@pytest.mark.parametrize("semitones", [-2, -1, 1, 2])
def test_the_wheel_bends_the_pitch_by_two_semitones_at_most(semitones: int) -> None:
    wheel = Control(2.0, "bend", 0, round(4096 * semitones))
    bent = one(Note(0.0, 4.0, 69, 90), "melody", 80, wheel)
    unbent = pitch(bent, 0.2, 0.9)
    assert unbent == pytest.approx(440, rel=0.002)
    assert pitch(bent, 1.2, 1.9) == pytest.approx(unbent * 2 ** (semitones / 12), rel=0.001)


def test_the_reach_of_the_wheel_is_the_players() -> None:
    reach = (cc(0.0, 101, 0), cc(0.0, 100, 0), cc(0.0, 6, 12))
    bent = one(Note(0.0, 4.0, 57, 90), "melody", 80, *reach, Control(0.0, "bend", 0, 8191))
    assert pitch(bent, 0.2, 1.8) == pytest.approx(440, rel=0.002)


def test_a_bent_note_ends_when_it_should() -> None:
    straight = one(Note(0.0, 2.0, 69, 90), "melody", 80)
    bent = one(Note(0.0, 2.0, 69, 90), "melody", 80, Control(0.0, "bend", 0, 8191))
    assert loudness(bent, 0.9, 0.98) > loudness(straight, 0.9, 0.98) - 3
    assert loudness(bent, 1.4, 1.6) < loudness(bent, 0.5, 0.9) - 25


def test_an_expression_pedal_swells_within_a_note() -> None:
    swell = [cc(0.1 * step, 11, min(127, 3 * step)) for step in range(40)]
    sound = one(Note(0.0, 4.0, 60, 90), "strings", 48, *swell)
    levels = [loudness(sound, start, start + 0.2) for start in (0.2, 0.6, 1.0, 1.6)]
    assert levels == sorted(levels) and levels[-1] > levels[0] + 15


def test_a_closed_hat_silences_an_open_one() -> None:
    hats = (Note(0.0, 0.1, 46, 100), Note(0.5, 0.1, 42, 1))
    choked, ringing = (render(Score(parts=(Part("drums", hats[:n]),))) for n in (2, 1))
    assert loudness(choked, 0.3, 0.4) < loudness(ringing, 0.3, 0.4) - 10


def test_the_sound_rings_out_after_the_last_note() -> None:
    sound = one(Note(0.0, 1.0, 60, 100))
    assert sound.shape[1] > 1.0 * SAMPLE_RATE
    assert np.abs(sound[:, -50:]).max() < 1e-3 * np.abs(sound).max()


def test_the_same_score_gives_the_same_sound() -> None:
    score = Score(parts=(Part("chords", tuple(Note(0.5 * i, 0.4, 50 + i, 60 + i) for i in range(20))),))
    assert np.array_equal(render(score), render(score))


def test_silence_is_silence() -> None:
    assert np.abs(render(Score())).max() == 0
    assert set(wav_bytes(render(Score()))[44:]) <= {0}


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(BandmateError) as refusal:
        one(Note(0.0, 100_000.0, 60, 90))
    assert refusal.value.code == "too_long"


@pytest.mark.parametrize("gain", [0.001, 1.0, 50.0])
def test_the_file_peaks_at_one_decibel_below_full_scale(gain: float) -> None:
    data = wav_bytes(one(Note(0.0, 1.0, 60, 100)) * np.float32(gain))
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44_100)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 20 * np.log10(np.abs(samples).max() / 32767) == pytest.approx(-1.0, abs=0.01)


def test_the_room_answers_after_the_sound_and_dies_away() -> None:
    click = np.zeros((2, 300_000), np.float32)  # longer than one block
    click[:, 140_000] = 1.0
    back = np.zeros((2, 300_000 + decay(SAMPLE_RATE)), np.float32)
    reverberate(click, SAMPLE_RATE, back)
    assert np.abs(back[:, :140_000]).max() < 1e-5
    assert (back**2).sum() == pytest.approx(2.0, rel=0.02)
    assert np.abs(back[:, 140_000 + SAMPLE_RATE :]).max() < 1e-3
    assert not np.allclose(back[0], back[1])
