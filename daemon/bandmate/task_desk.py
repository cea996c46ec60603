"""The part of the desk that makes music: one message for each task, and `extend`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bandmate.jobs import Job, Jobs
from bandmate.library import Library
from bandmate.requests import Answering, Source
from bandmate.tasks.studio import Request
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import Handler
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score
from bandmate_models.wishes import Range, number

ABOUT_ONE = ("continue", "accompany", "harmonise", "drumify", "infill", "vary", "humanise")
ABOUT_TWO = ("interpolate", "restyle")
_SPAN = ("span_first", "span_last")
_BARS = Range(1, 4096, "bars, counted from 1")


class TaskDesk:
    """Turns messages into requests, and requests into jobs. `played` is what was last played live."""

    def __init__(
        self,
        jobs: Jobs,
        answering: Answering,
        library: Library,
        controls: Controls,
        played: Callable[[], Score | None],
    ) -> None:
        self._jobs = jobs
        self._answering = answering
        self._library = library
        self._controls = controls
        self._played = played

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "generate": self._generate,
            "extend": self._extend,
            **{task: partial(self._about_one, task) for task in ABOUT_ONE},
            **{task: partial(self._about_two, task) for task in ABOUT_TWO},
        }

    def _generate(self, client: Client, request: int, *wishes: Atom) -> None:
        self._submit(client, request, "generate", lambda: Source(Score()), None, wishes)

    def _about_one(self, task: str, client: Client, request: int, list_id: int, *wishes: Atom) -> None:
        source = self._source(client, list_id)
        self._submit(client, request, task, lambda: source, None, wishes)

    def _about_two(
        self, task: str, client: Client, request: int, list_id: int, second: int, *wishes: Atom
    ) -> None:
        """`restyle` may go without its second list, the example."""
        source = self._source(client, list_id)
        example = task == "restyle" and not second
        other = None if example else self._source(client, second).score
        self._submit(client, request, task, lambda: source, other, wishes)

    def _extend(self, client: Client, request: int, take_id: str, *wishes: Atom) -> None:
        def source() -> Source:
            take = self._library.get(take_id)
            whole = take.in_place()
            return Source(whole.score, whole.beats, take.id)

        self._submit(client, request, "continue", source, None, wishes)

    def _source(self, client: Client, list_id: int) -> Source:
        """What a list holds, or what was last played where its id is 0. Raises BandmateError."""
        source = Source(*client.lists.taken(list_id)) if list_id else Source(self._played() or Score())
        if not source.score.note_count:
            raise BandmateError(
                "there are no notes to go by: upload a phrase, or play one into Bandmate In", "silent"
            )
        return source

    def _submit(
        self,
        client: Client,
        request: int,
        task: str,
        source: Callable[[], Source],
        other: Score | None,
        wishes: tuple[Atom, ...],
    ) -> None:
        """Accepts a request whose `source` is looked up on the thread of the jobs."""
        pairs = dict(zip(map(str, wishes[::2]), wishes[1::2], strict=True))
        stream = pairs.pop("stream", 0) not in (0, "0", "off", "false")
        span = _span(pairs) if task == "infill" else None
        controls = Controls.parse(pairs, base=self._controls)
        if "prompt" in pairs and controls.not_understood:
            client.tell("notice", request, "not_understood", controls.not_understood)

        def work(job: Job) -> None:
            given = source()
            phrase = given.score if task != "generate" else None
            end = given.end if task == "continue" else None
            self._answering.run(job, Request(task, phrase, controls, other, span, end), stream, given.parent)

        self._jobs.submit(client, request, work)


def _span(pairs: dict[str, Atom]) -> tuple[int, int]:
    """The bars to fill, from 0, the last left out; their keys are taken away. Raises BandmateError."""
    if not all(name in pairs for name in _SPAN):
        raise BandmateError("infill needs span_first and span_last, bars counted from 1", "bad_value")
    first, last = (int(number(name, pairs.pop(name), _BARS, whole=True)) for name in _SPAN)
    if first > last:
        raise BandmateError(f"span_first {first} is behind span_last {last}", "bad_value")
    return first - 1, last
