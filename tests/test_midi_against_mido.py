"""The reader hears in a sound file what mido hears in it."""

from __future__ import annotations

from io import BytesIO

import mido
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models.midi import read_midi

channels, values, pitches = st.integers(0, 15), st.integers(0, 127), st.integers(60, 62)
payloads, blobs = st.lists(values, max_size=200), st.lists(st.integers(0, 255), max_size=9)
texts = st.text(st.characters(max_codepoint=255), max_size=200)
messages = st.one_of(
    st.builds(
        mido.Message, st.sampled_from(("note_on", "note_off")), channel=channels, note=st.integers(60, 62)
    ),
    st.builds(mido.Message, st.just("polytouch"), channel=channels, value=values),
    st.builds(mido.Message, st.just("sysex"), data=payloads),
    st.builds(
        mido.MetaMessage, st.just("lyrics"), text=st.text(st.characters(max_codepoint=255), max_size=200)
    ),
    st.builds(
        mido.MetaMessage, st.just("sequencer_specific"), data=st.lists(st.integers(0, 255), max_size=9)
    ),
)
timed = st.builds(lambda message, time: message.copy(time=time), messages, st.integers(0, 40_000))
tracks = st.lists(timed, max_size=30).map(mido.MidiTrack)


def heard_by_mido(file: mido.MidiFile) -> list[tuple[float, float, int]]:
    """(start, end, pitch) of every note, in beats."""
    found = []
    for track in file.tracks:
        tick, sounding = 0, []
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                sounding.append((message.channel, message.note, tick))
            elif message.type in ("note_on", "note_off"):
                same = [one for one in sounding if one[:2] == (message.channel, message.note)]
                if same:
                    sounding.remove(same[0])
                    found.append((same[0][2], max(tick, same[0][2] + 1), message.note))
        found += [(start, max(tick, start + 1), pitch) for _, pitch, start in sounding]
    beat = file.ticks_per_beat
    return sorted((start / beat, end / beat, pitch) for start, end, pitch in found)


@settings(max_examples=200, deadline=None)
@given(st.lists(tracks, max_size=4), st.sampled_from((96, 480, 32767)))
def test_the_same_notes(tracks: list[mido.MidiTrack], ticks_per_beat: int) -> None:
    buffer = BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat, tracks=tracks).save(file=buffer)
    score = read_midi(buffer.getvalue(), silent=True)
    expected = heard_by_mido(mido.MidiFile(file=BytesIO(buffer.getvalue())))
    found = sorted((note.start, note.end, note.pitch) for part in score.parts for note in part.notes)
    assert [pitch for *_, pitch in found] == [pitch for *_, pitch in expected]
    for (start, end, _), (first, last, _) in zip(found, expected, strict=True):
        assert abs(start - first) < 1e-9
        assert abs(end - last) < 1e-9
