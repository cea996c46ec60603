"""The Live device end to end: a clip in a stand-in for Live, the script, UDP, the real daemon, new clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bandmate.library import Library
from bandmate_bridge.osc_client import OscClient
from bandmate_models.score import Score
from device_script_kit import Daemon, Device, in_clip, needs_node, rows, until
from live_plan import TUNE, Plan, band, clip, live_set, note, track

pytestmark = needs_node

Make = Callable[..., Device]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def make(daemon: Daemon, tmp_path: Path) -> Iterator[Make]:
    """Makes devices that know the daemon; their faults fail the test."""
    made: list[Device] = []

    def device(plan: Plan, kind: str = "main", port: int | None = None) -> Device:
        made.append(Device(tmp_path, plan, kind))
        return made[-1].ready(port or daemon.port)

    yield device
    try:
        for one in made:
            one.close()
    finally:
        for one in made:
            one.kill()


def takes(daemon: Daemon, count: int) -> list[Score]:
    """The library's newest takes as a client of our own fetches them, oldest first."""
    with OscClient(daemon.port) as client:
        ids = [str(answer.values[0]) for answer in client.ask("takes", count) if answer.name == "take"]
        return [client.notes(take) for take in reversed(ids)]


def phrase_of(daemon: Daemon) -> Score:
    """The phrase of the newest take, as the daemon had it."""
    library = Library(daemon.folder / "library")
    phrase = library.get("last").phrase
    assert phrase is not None
    return phrase


def test_continue_writes_the_daemons_notes_into_the_next_empty_slot(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=2)
    assert device.done("continue") == "Ready"
    [take] = takes(daemon, 1)
    new = device.slot("Lead", 1)
    assert new is not None
    assert in_clip(new) == rows(take, "melody")
    assert in_clip(new)
    phrase = phrase_of(daemon)
    assert rows(phrase, "melody") == sorted(TUNE)


ROLE_TRACK = {"melody": "Lead", **{role: f"Bandmate {role.title()}" for role in
              ("drums", "bass", "chords", "guitar", "strings")}}  # fmt: skip


TASKS = ("continue", "vary", "humanise", "harmonise", "drumify", "accompany", "generate")


@pytest.mark.parametrize("task", TASKS)
def test_every_task_writes_each_role_into_its_track_in_one_row(daemon: Daemon, make: Make, task: str) -> None:
    device = make(band())
    device.put(bars=2, takes=2)
    if task == "generate":
        device.put(want_bass=1, want_drums=1, want_melody=1)
    assert device.done(task) == "Ready"
    for row, take in enumerate(takes(daemon, 2), 1):  # the phrase is in row 0
        roles = {part.role for part in take.parts if part.notes}
        assert roles
        for role, name in ROLE_TRACK.items():
            new = device.slot(name, row)
            if role not in roles:
                assert new is None
                continue
            assert new is not None, (role, row)
            assert in_clip(new) == rows(take, role)
            assert new["loop_end"] == 8.0
    live = device.live
    assert [len(step) > 3 for step in live["undo"]] == [True, True], "each take is one step of undo"
    assert device.slot("Lead", 0)["notes"] == [list(row) for row in TUNE]  # type: ignore[index]


def test_infill_writes_the_bars_of_the_selected_notes_and_keeps_others(daemon: Daemon, make: Make) -> None:
    later = tuple((start + 8.0, *rest) for start, *rest in TUNE)
    tune = clip((*TUNE, *later), 16.0, selected=[4, 5])
    device = make(band(tune))
    assert device.done("infill", 120) == "Ready"
    [take] = takes(daemon, 1)
    new = device.slot("Lead", 1)
    assert new is not None
    inside = [(start + 4.0, *rest) for start, *rest in rows(take, "melody")]
    outside = [row for row in (*TUNE, *later) if not 4.0 <= row[0] < 8.0]
    assert inside
    assert in_clip(new) == sorted([*inside, *outside])
    assert new["loop_end"] == 16.0


def test_infill_takes_the_loop_brace_where_no_note_is_selected(daemon: Daemon, make: Make) -> None:
    """The gap may be empty: then there is nothing to select."""
    tune = clip(
        [*TUNE[:4], *((start + 8.0, *rest) for start, *rest in TUNE[:4])], 16.0,
        markers={"loop_start": 4.0, "loop_end": 8.0, "end_marker": 12.0, "start_marker": 0.0},
    )  # fmt: skip
    device = make(band(tune))
    assert device.done("infill", 120) == "Ready"
    [take] = takes(daemon, 1)
    new = device.slot("Lead", 1)
    assert new is not None
    assert [row for row in in_clip(new) if 4.0 <= row[0] < 8.0] == [
        (start + 4.0, *rest) for start, *rest in rows(take, "melody")
    ]


def test_infill_says_what_to_select_where_nothing_says_which_bars(make: Make) -> None:
    device = make(band())
    device.press("infill")
    assert device.status.startswith("Select notes of the bars")


def test_the_phrase_is_what_live_would_sound(daemon: Daemon, make: Make) -> None:
    """A loop brace with the start marker inside it; muted and unlikely notes; notes that outlast it."""
    phrase = clip((), 16.0, markers={"loop_start": 4.0, "loop_end": 12.0, "start_marker": 6.0})
    phrase["notes"] = [
        note((0.0, 1.0, 40, 90)),  # before the brace
        note((4.0, 1.0, 60, 90)),  # in the brace before the marker: sounds at the end
        note((5.5, 4.0, 62, 90)),  # the same, and outlasts the marker
        note((6.0, 1.0, 64, 91)),
        note((7.0, 1.0, 65, 92), mute=1),
        note((8.0, 1.0, 67, 93), probability=0.4),
        note((9.0, 1.0, 69, 94), probability=0.5),
        note((10.0, 8.0, 71, 95)),  # outlasts the brace
        note((12.0, 1.0, 41, 90)),  # behind it
    ]
    device = make(band(phrase))
    device.put(bars=1)
    assert device.done("continue") == "Ready"
    assert rows(phrase_of(daemon), "melody") == [
        (0.0, 1.0, 64, 91), (3.0, 1.0, 69, 94), (4.0, 2.0, 71, 95), (6.0, 1.0, 60, 90), (7.5, 0.5, 62, 90),
    ]  # fmt: skip


def test_a_clip_that_does_not_loop_sounds_from_marker_to_marker(daemon: Daemon, make: Make) -> None:
    device = make(band(clip(looping=False, markers={"start_marker": 1.0, "end_marker": 5.0})))
    device.put(bars=1)
    assert device.done("continue") == "Ready"
    assert rows(phrase_of(daemon), "melody") == [
        (start - 1.0, duration, pitch, velocity) for start, duration, pitch, velocity in TUNE[1:5]
    ]


def test_in_seven_eight_the_answer_has_the_phrases_bars(daemon: Daemon, make: Make) -> None:
    seven = [(0.5 * step, 0.5, 60 + step % 5, 90) for step in range(14)]
    device = make(band(clip(seven, 7.0, metre=(7, 8)), song={"metre": (7, 8)}))
    device.put(bars=2)
    assert device.done("continue") == "Ready"
    [take] = takes(daemon, 1)
    new = device.slot("Lead", 1)
    assert new is not None
    assert (take.metres[0].numerator, take.metres[0].denominator) == (7, 8)
    assert in_clip(new) == rows(take, "melody")
    assert (new["loop_end"], new["signature_numerator"], new["signature_denominator"]) == (7.0, 7, 8)


def test_a_clip_inherits_colour_launch_and_is_named_with_source_and_number(make: Make) -> None:
    device = make(band(clip(color=0x33AA55, launch=4, name="Verse")))
    device.put(bars=1)
    for number in (1, 2):
        device.done("continue")
        new = device.slot("Lead", number)
        assert new is not None
        assert (new["color"], new["launch_quantization"]) == (0x33AA55, 4)
        assert new["name"] == f"Verse continue {number}"


def test_the_device_does_not_care_what_is_selected_while_it_works(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=4)
    device.press("continue")
    device.look_elsewhere()
    until(lambda: device.light == 2, "the answer")
    [take] = takes(daemon, 1)
    assert in_clip(device.slot("Lead", 1) or {}) == rows(take, "melody")


def test_what_is_generated_has_the_sets_tempo_and_metre(daemon: Daemon, make: Make) -> None:
    device = make(live_set([track("Piano")], song={"tempo": 97.0, "metre": (3, 4)}))
    device.put(bars=2, want_melody=1)
    assert device.done("generate") == "Ready"
    [take] = takes(daemon, 1)
    assert (take.tempos[0].bpm, take.metres[0].numerator, take.metres[0].denominator) == (97.0, 3, 4)
    new = device.slot("Piano", 0)
    assert new is not None
    assert (new["loop_end"], new["signature_numerator"]) == (6.0, 3)
    assert in_clip(new) == rows(take, "melody")


def test_takes_are_numbered_on_from_what_the_set_remembers(make: Make) -> None:
    device = make(band())
    device.say("saved", "takes", "Count", 6)
    device.put(bars=1)
    device.done("continue")
    assert device.slot("Lead", 1)["name"] == "Riff continue 7"  # type: ignore[index]
    assert device.said(1, "saved")[-1] == ["takes", "Count", 7]


def test_a_full_column_makes_a_scene_and_nothing_is_written_over(daemon: Daemon, make: Make) -> None:
    plan = band(scenes=2)
    plan["tracks"][2]["clips"] = {"1": clip(name="Mine")}
    device = make(plan)
    device.put(bars=1, takes=2, want_bass=1, want_melody=1)
    assert device.done("accompany") == "Ready"
    live = device.live
    assert live["scenes"] == 4
    assert device.slot("Bandmate Bass", 1)["name"] == "Mine"  # type: ignore[index]
    for number, take in enumerate(takes(daemon, 2), 2):
        new = device.slot("Bandmate Bass", number)
        assert new is not None
        assert in_clip(new) == rows(take, "bass")


def test_a_missing_track_is_made_on_request_and_the_take_is_written_then(daemon: Daemon, make: Make) -> None:
    device = make(live_set([track("Lead", clips={"0": clip(detail=True)})]))
    device.put(want_bass=1)
    status = device.done("accompany")
    assert status == "No track for bass: choose one, or press Make tracks"
    assert [one["name"] for one in device.live["tracks"]] == ["Lead"]
    device.press("make_tracks")
    assert device.status == "Written"
    [take] = takes(daemon, 1)
    new = device.slot("Bandmate Bass", 1)
    assert new is not None
    assert in_clip(new) == rows(take, "bass")
    assert device.said(1, "menu")[-1][1] == "set"


def test_a_menu_sends_a_role_elsewhere_or_nowhere_and_is_remembered(daemon: Daemon, make: Make) -> None:
    plan = band()
    plan["tracks"].append(track("Other Bass"))
    plan["tracks"].insert(1, track("Audio", midi=False))
    device = make(plan)
    until(lambda: device.said(1, "menu"), "the menus")
    items = [words[2] for words in device.said(1, "menu") if words[:2] == ["target_bass", "append"]]
    assert items[:3] == ["Auto", "Skip", "Lead"]
    assert "Audio" not in items
    device.say("menu", "target_bass", items.index("Other Bass"))
    device.say("menu", "target_drums", 1)
    device.put(want_bass=1, want_drums=1)
    assert device.done("accompany") == "Ready"
    [take] = takes(daemon, 1)
    assert in_clip(device.slot("Other Bass", 1) or {}) == rows(take, "bass")
    assert rows(take, "drums")
    assert device.slot("Bandmate Drums", 1) is None

    saved = device.said(1, "saved")[-1]
    again = make(plan)
    again.say("saved", *saved)
    again.put(want_bass=1)
    assert again.done("accompany") == "Ready"
    assert again.slot("Other Bass", 1) is not None


def test_into_the_arrangement_behind_the_phrase_and_never_over_anything(daemon: Daemon, make: Make) -> None:
    lead = track("Lead", arrangement=[clip(at=8.0, detail=True), clip(at=24.0, name="Mine")])
    for without in ((), ("midi_clip",)):
        device = make(live_set([lead], without=without))
        device.choose("destination", "Arrange")
        device.put(bars=2)
        for at in (16.0, 32.0):  # the first place is free, the second is not
            assert device.done("continue") == "Ready"
            [take] = takes(daemon, 1)
            [new] = [one for one in device.live["tracks"][0]["arrangement"] if one["start_time"] == at]
            assert in_clip(new) == rows(take, "melody")
        assert [slot for slot in device.live["tracks"][0]["slots"] if slot] == []
    device = make(live_set([lead], without=("midi_clip", "duplicate")))
    device.choose("destination", "Arrange")
    assert "cannot write into the Arrangement" in device.done("continue")


def test_an_older_live_without_undo_steps_scale_or_json_works_the_same(daemon: Daemon, make: Make) -> None:
    device = make(band(without=("undo", "scale", "json")))
    device.put(bars=1)
    assert device.done("continue") == "Ready"
    [take] = takes(daemon, 1)
    assert in_clip(device.slot("Lead", 1) or {}) == rows(take, "melody")


def card(daemon: Daemon) -> Any:
    library = Library(daemon.folder / "library")
    return library.get("last").card


def test_the_key_follows_lives_scale_or_the_phrase_or_the_knobs(daemon: Daemon, make: Make) -> None:
    device = make(band(song={"scale": "Dorian", "root": 2}))
    device.put(bars=1)
    device.done("continue")
    assert card(daemon).controls["key"] == "D minor"
    device.choose("key_source", "Here")
    device.choose("key_root", "Eb")
    device.put(scale_lock=1)
    device.done("continue")
    assert card(daemon).controls["key"] == "Eb major"
    assert card(daemon).controls["scale_lock"] is True
    [take] = takes(daemon, 1)
    assert {pitch % 12 for _, _, pitch, _ in rows(take, "melody")} <= {3, 5, 7, 8, 10, 0, 2}
    device.choose("key_source", "Phrase")
    device.done("continue")
    assert card(daemon).controls.get("key") is None


def test_the_knobs_become_controls_and_the_seed_can_be_locked(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=1, creativity=0.25, seed_lock=1, seed=77)
    device.choose("density", "5")
    device.choose("mood", "sad")
    device.choose("genre", "jazz")
    device.done("continue")
    controls = card(daemon).controls
    assert (controls["bars"], controls["temperature"], controls["density"]) == (1, 0.75, "5")
    assert (controls["mood"], controls["genre"], card(daemon).seed) == ("sad", "jazz", 77)
    [first] = takes(daemon, 1)
    device.done("continue")
    [second] = takes(daemon, 1)
    assert first == second
    device.put(seed_lock=0)
    device.done("continue")
    assert device.said(1, "set")[-2] == ["seed", card(daemon).seed]


@pytest.mark.parametrize("kind", ["GM", "Rack", "User"])
def test_drums_are_written_in_the_tracks_own_keys_and_read_from_them(
    daemon: Daemon, make: Make, kind: str
) -> None:
    pads = [[60, "Kick Deep"], [61, "Snare Tight"], [62, "Hihat Closed"], [63, "Open Hat"], [64, "Crash"]]
    plan = band()
    plan["tracks"][1]["rack"] = pads
    device = make(plan)
    device.choose("drum_map", kind)
    device.say("drum_table", "36 72", "38 73 42 74")
    assert device.done("drumify") == "Ready"
    [take] = takes(daemon, 1)
    to_rack = {36: 60, 35: 60, 38: 61, 40: 61, 37: 61, 39: 61, 42: 62, 44: 62, 46: 63, 49: 64, 57: 64,
               55: 64, 52: 64, 51: 64, 54: 62, 69: 62, 70: 62}  # fmt: skip
    keys = {"GM": {}, "Rack": to_rack, "User": {36: 72, 38: 73, 42: 74}}[kind]
    wanted = {(start, keys.get(pitch, pitch)) for start, _, pitch, _ in rows(take, "drums")}
    written = in_clip(device.slot("Bandmate Drums", 1) or {})
    assert {(start, pitch) for start, _, pitch, _ in written} == wanted
    assert len(written) == len(wanted)


def test_a_drum_clips_own_keys_are_general_midi_to_the_daemon(daemon: Daemon, make: Make) -> None:
    beat = [(float(step), 0.25, 60 + step % 2, 100) for step in range(8)]
    kit = track("Kit", rack=[[60, "Kick"], [61, "Snare"]], clips={"0": clip(beat, detail=True)})
    device = make(live_set([track("Lead"), kit]))
    device.put(bars=1)
    assert device.done("continue") == "Ready"
    assert [pitch for _, _, pitch, _ in rows(phrase_of(daemon), "drums")] == [36, 38] * 4
    [take] = takes(daemon, 1)
    written = in_clip(device.slot("Kit", 1) or {})
    assert len(written) <= len(rows(take, "drums"))
    assert {pitch for _, _, pitch, _ in written} & {60, 61}


def test_what_was_played_is_a_phrase_with_and_without_the_transport(daemon: Daemon, make: Make) -> None:
    device = make(live_set([track("Piano")]))
    device.choose("source", "Played")
    device.choose("phrase_bars", "1")
    device.put(bars=1)
    device.press("continue")
    assert device.status == "Nothing was played into this track yet"
    for step in range(4):  # at rest: half a second a beat
        device.say("played", 0.0, 1000.0 + 500 * step, 60 + step, 90, 1)
        device.say("played", 0.0, 1250.0 + 500 * step, 60 + step, 0, 1)
    assert device.done("continue") == "Ready"
    assert rows(phrase_of(daemon), "chords") == [(float(step), 0.5, 60 + step, 90) for step in range(4)]
    assert device.slot("Piano", 0) is not None

    device.say("moved", "start", 0.0, 120.0)
    for step in range(12):
        device.say("played", 2.0 + step, 5000.0 + 500 * step, 70 + step, 80, 1)
        device.say("played", 2.5 + step, 5250.0 + 500 * step, 70 + step, 0, 1)
    assert device.done("continue") == "Ready"  # beats 2 to 13.5: the last bar is 12 to 16
    assert rows(phrase_of(daemon), "chords") == [(0.0, 0.5, 80, 80), (1.0, 0.5, 81, 80)]


def test_what_was_played_over_lives_loop_is_in_the_order_of_playing(daemon: Daemon, make: Make) -> None:
    """Two rounds of a loop of four beats: the last two bars are both."""
    device = make(live_set([track("Piano")]))
    device.choose("source", "Played")
    device.choose("phrase_bars", "2")
    device.put(bars=1)
    device.say("moved", "start", 8.0, 120.0)
    for step in range(8):
        beat, ms = 8.0 + step % 4, 1000.0 + 500 * step + 3 * (step % 2)
        device.say("played", beat, ms, 60 + step, 90, 1)
        device.say("played", beat + 0.5, ms + 250, 60 + step, 0, 1)
    assert device.done("continue") == "Ready"
    assert rows(phrase_of(daemon), "chords") == [(float(step), 0.5, 60 + step, 90) for step in range(8)]


def test_a_take_is_held_heard_rated_and_written_when_asked(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=1, hold=1, takes=2)
    assert device.done("continue") == "Ready"
    assert device.slot("Lead", 1) is None
    assert device.said(1, "take_line")[-1][0].endswith("held")
    device.put(take=2)
    take = takes(daemon, 1)[0]
    device.press("audition")
    heard = [tuple(atoms) for atoms in device.said(2, "here")]
    assert heard == [
        (start * 500, long * 500, pitch, velocity) for start, long, pitch, velocity in rows(take, "melody")
    ]
    device.press("audition")
    assert device.said(2, "clear")
    device.press("write")
    assert in_clip(device.slot("Lead", 1) or {}) == rows(take, "melody")
    for button, rating in (("up", 5), ("down", 1)):
        device.press(button)
        until(lambda rating=rating: card(daemon).rating == rating, "the rating")  # type: ignore[misc]


def test_stems_are_exported_and_their_folder_is_shown(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=1)
    device.done("continue")
    status = device.done("stems")
    assert status.startswith("Stems in ")
    folder = Path(status.removeprefix("Stems in "))
    assert any(folder.iterdir())
    assert device.said(1, "open") == [[folder.as_uri()]]


def test_a_request_is_cancelled(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=32, takes=8)
    device.press("continue")
    until(lambda: device.said(1, "progress"), "progress")
    device.press("cancel")
    until(lambda: device.light == 2, "the end")
    assert device.status == "Cancelled"


@pytest.mark.parametrize(("tracks", "status"), [
    ([track("Lead")], "No clip: click a MIDI clip, or set Phrase From to Played"),
    ([track("Lead", clips={"0": clip(audio=True, detail=True)})], "No clip: "),
    ([track("Lead", clips={"0": clip((), detail=True)})], "The clip has no notes that sound"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said_with_what_to_do(make: Make, tracks: list[Plan], status: str) -> None:
    device = make(live_set(tracks))
    device.press("continue")
    assert device.status.startswith(status)


def test_what_the_daemon_refuses_is_shown_in_its_words(make: Make) -> None:
    device = make(band(clip([(0.0, 0.25, 36, 100), (2.0, 0.25, 38, 100)])))
    device.choose("source_role", "drums")
    assert "drums" in device.done("harmonise")
