"""The OSC protocol as one table: the server dispatches from it, the client speaks from it, docs/protocol.md
is printed from it (`python -m bandmate_bridge.protocol`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from bandmate_bridge.protocol_schema import TICKS, Message, message

VERSION = 1
PORT = 7400

CODES: dict[str, str] = {
    "bad_packet": "the datagram is no OSC packet of ints, floats and strings",
    "unknown_address": "no such message",
    "wrong_arity": "too few or too many arguments",
    "wrong_type": "an argument is of another type than the table says",
    "bad_value": "an argument is out of range, not a number, or makes no sense",
    "bad_version": "the client speaks another version of the protocol",
    "hello_first": "only hello and ping are answered before a hello",
    "busy": "too many requests or lists are waiting: ask again later",
    "unknown_list": "no list of that id came whole, or it is kept no more",
    "bad_list": "the list contradicts itself: its counts, the order of its messages or its checksum",
    "incomplete": "messages of a list were asked for again and never came",
    "too_big": "more notes, parts or beats than a list may have",
    "silent": "there are no notes to go by, or none of the kind that the task needs",
    "bad_metre": "the phrase is in a metre that the model does not know",
    "context_full": "phrase and answer are longer than the model's memory",
    "unknown_job": "no request of that id waits or runs",
    "cancelled": "the request was cancelled",
    "no_take": "the library has no such take",
    "bad_take": "the take's files are damaged",
    "library_full": "the disk is full",
    "library_readonly": "the library's folder cannot be written",
    "library_unusable": "the library's folder cannot be used",
    "clock_follows": "the clock that is followed says this itself",
    "not_host": "the clock is not the host's, or another client is the host",
    "no_link": "Ableton Link is not installed",
    "no_conductor": "the process that holds the MIDI ports does not answer",
    "bad_path": "the folder cannot be written, or its disk is full",
    "bad_soundfont": "the soundfont is missing, damaged or none",
    "too_long": "more than two hours of sound",
    "no_band": "this daemon plays without a live band",
    "nothing_played": "nothing was played in the bars that are to be kept",
    "failed": "the daemon made a mistake; its log says which",
}

_TAKES = "notice accepted progress note take done refused"

# fmt: off
TABLE: tuple[Message, ...] = (
    message(
        "ask", "hello", "id:id version:int port:int name:text",
        "Who I am, which version I speak, and the UDP port I listen at (0: the port this came "
        "from). With the same id it is the same hello; with another the client begins anew.",
        "welcome refused",
    ),
    message(
        "ask", "bye", "id:id",
        "I am going: forget me, cancel what I asked for.",
        "ok",
    ),
    message(
        "ask", "ping", "id:id",
        "Are you there? Answered to anyone, without a hello.",
        "pong",
    ),
    message(
        "ask", "status", "id:id",
        "How are you? Answered in keys and values.",
        "status",
    ),
    message(
        "ask", "panic", "id:id",
        "Silence everything now, and stop the live answer.",
        "ok",
    ),
    message(
        "ask", "tempo", "id:id bpm:float",
        "Set the clock, 20 to 400 quarter notes a minute, where it is internal or the player's.",
        "ok refused",
    ),
    message(
        "ask", "tap", "id:id",
        "Tap the tempo: from the fourth tap on the clock takes it, and its beat where it runs.",
        "ok refused",
    ),
    message(
        "ask", "metre", "id:id beats:count unit:count",
        "Set the time signature, where the clock that is followed does not say it.",
        "ok refused",
    ),
    message(
        "ask", "clock", "id:id source:text",
        "What keeps time from now on: internal, midi, host, link or player. What sounds ends.",
        "ok refused",
    ),
    message(
        "ask", "host",
        "id:id playing:int beat:float bpm:float beats:count unit:count loop:int loop_start:float "
        "loop_length:float",
        "The host's transport, where the clock is host: at every change, and about ten times a second while "
        "it plays. The beat is where the host is at the moment of sending, in quarter notes; then its tempo, "
        "its time signature, whether it loops (1), and where. Not answered, but where it is refused.",
        "refused",
    ),
    message(
        "ask", "ports", "id:id",
        "Which MIDI ports are there?",
        "port done",
    ),
    message(
        "ask", "continue", "id:id list:id (key:text value:any)",
        "Go on from a phrase: a list uploaded before, or 0 for what was last played into Bandmate "
        "In. Keys are the controls (see Controls), and stream: 1 has every note told as it is written.",
        _TAKES,
    ),
    message(
        "ask", "generate", "id:id (key:text value:any)",
        "Make music from nothing but the controls.",
        _TAKES,
    ),
    message(
        "ask", "accompany", "id:id list:id (key:text value:any)",
        "Write parts to play with a phrase (roles, lag); the list and keys are those of continue.",
        _TAKES,
    ),
    message(
        "ask", "harmonise", "id:id list:id (key:text value:any)",
        "Put chords under a melody.",
        _TAKES,
    ),
    message(
        "ask", "drumify", "id:id list:id (key:text value:any)",
        "Put drums to a phrase, for those that it has.",
        _TAKES,
    ),
    message(
        "ask", "infill", "id:id list:id (key:text value:any)",
        "Write bars of a phrase anew: the keys span_first and span_last say which, counted from 1, both "
        "inside.",
        _TAKES,
    ),
    message(
        "ask", "vary", "id:id list:id (key:text value:any)",
        "Play a phrase otherwise (creativity).",
        _TAKES,
    ),
    message(
        "ask", "humanise", "id:id list:id (key:text value:any)",
        "Play stiff notes as a person would.",
        _TAKES,
    ),
    message(
        "ask", "interpolate", "id:id list:id second:id (key:text value:any)",
        "Write the bars that lead from one phrase to the second.",
        _TAKES,
    ),
    message(
        "ask", "restyle", "id:id list:id style:id (key:text value:any)",
        "Write a new band around the melody of a phrase, in the style of another list; 0: in that of the "
        "controls.",
        _TAKES,
    ),
    message(
        "ask", "extend", "id:id take:text (key:text value:any)",
        "Go on from the end of a take, as it is in its place, with the same keys.",
        _TAKES,
    ),
    message(
        "ask", "stems", "id:id take:text folder:text (key:text value:any)",
        "Write every part of a take as sound and MIDI into a new folder among the exports: of that name, or "
        "of the take's where it is empty. Keys: format (wav, flac, ogg, mp3), bits (16, 24, 32f), rate "
        "(44100, 48000), mix (plain, dry, none or a preset), lufs and binaural (of a preset's mix), phrase "
        "(1: the take in its place with its phrase).",
        "accepted progress stems done refused",
    ),
    message(
        "ask", "band", "id:id (key:text value:any)",
        "Lead the live band: keys are its dials (see live.md: play, energy, fill, bass.density, drums.mute "
        "...), roles (drums,bass,chords ...), wishes as in Controls (key, genre, mood ...), and listen: 1 "
        "has its notes told to this client.",
        "ok refused",
    ),
    message(
        "ask", "learn", "id:id dial:text",
        "Bind the controller that is moved next, or for a switch or cue the key that is pressed, to a dial "
        "of the live band; an empty name: not after all. A notice, learnt, says what it was.",
        "ok refused",
    ),
    message(
        "ask", "play_note", "id:id beat:place pitch:midi velocity:midi channel:count",
        "The player plays in the host: a key goes down, or up (velocity 0). Not answered where it is right.",
        "refused",
    ),
    message(
        "ask", "keep", "id:id bars:count",
        "Keep the last bars of the live session, the player's and the band's, as a take.",
        "take done refused",
    ),
    message(
        "ask", "cancel", "id:id request:id",
        "Stop that request of mine; it ends as refused, cancelled.",
        "ok refused",
    ),
    message(
        "ask", "takes", "id:id limit:count",
        "The newest takes of the library, newest first.",
        "take done",
    ),
    message(
        "ask", "notes", "id:id take:text",
        "Send me a take's notes, as a list with this id.",
        "begin part change chunk end refused",
    ),
    message(
        "ask", "file", "id:id take:text",
        "Where is the MIDI file of that take's answer?",
        "file refused",
    ),
    message(
        "ask", "rate", "id:id take:text rating:count",
        "How good that take is, 1 to 5, for the library to remember; 0 takes the rating away.",
        "ok refused",
    ),
    message(
        "tell", "welcome", "id:id version:int client:count daemon:text model:text (capability:text)",
        "The protocol's version, the client's number (see Addresses), the daemon's version, the "
        "model, what it can do.",
    ),
    message(
        "tell", "ok", "id:id",
        "Done.",
    ),
    message(
        "tell", "pong", "id:id",
        "I am here.",
    ),
    message(
        "tell", "accepted", "id:id ahead:count",
        "The request waits behind so many others, or runs (0).",
    ),
    message(
        "tell", "progress", "id:id done:count total:count",
        "How far it is, at most ten times a second.",
    ),
    message(
        "tell", "note",
        "id:id number:count part:count start:beat duration:beat pitch:midi velocity:velocity",
        "A note of take `number` as it is written, in beats from the answer's start, part by the "
        "number that it has in the list. A preview: what is lost is not sent again.",
    ),
    message(
        "tell", "take", "id:id take:text number:count takes:count notes:count beats:float title:text",
        "A take, on disk before it is announced: number (from 1) of how many. Id 0: the live "
        "session made it.",
    ),
    message(
        "tell", "done", "id:id count:count",
        "The request is answered, with so many takes, ports or lines.",
    ),
    message(
        "tell", "refused", "id:id code:text sentence:text",
        "The request of that id fails, with one of the codes below and one sentence. Id 0: what "
        "came had none.",
    ),
    message(
        "tell", "status", "id:id (key:text value:any)",
        "Keys and values; more may be added.",
    ),
    message(
        "tell", "port", "id:id number:count ports:count direction:text name:text",
        "A MIDI port: in or out; bandmate_in and bandmate_out are the daemon's own.",
    ),
    message(
        "tell", "file", "id:id take:text path:text",
        "The take's MIDI file.",
    ),
    message(
        "tell", "stems", "id:id take:text folder:text files:count seconds:float",
        "The take's stems are whole, in this folder: how many files, and how long each sound is.",
    ),
    message(
        "tell", "session", "id:id state:text beat:float",
        "The live session, told to every client with id 0: waiting, listening, answering.",
    ),
    message(
        "tell", "band_notes",
        "plan:id role:text (start:place duration:beat pitch:midi velocity:velocity)",
        "Notes of one part of the live band, on the beats of the clock, some hundred milliseconds before "
        "they sound, to those who listen. They stand, unless band_cancel takes them back.",
    ),
    message(
        "tell", "band_cancel", "plan:id role:text beat:place",
        "Nothing is played of what was told of a part (every part where it is empty) from this beat on, and "
        "what sounds there ends: it was muted, its harmony has changed, or the clock has stopped or jumped.",
    ),
    message(
        "tell", "band_state", "id:id state:text bar:count level:text in_time:float",
        "The live band, to those who listen, at changes and every bar: resting, counting, playing or "
        "ending; what it has given up to keep up (empty: nothing); the share of notes that left within 5 ms "
        "of their beat.",
    ),
    message(
        "tell", "notice", "id:id code:text sentence:text",
        "Something every client should know, with id 0: a port vanished, the conductor was started "
        "again. Or, with a request's id, what of its prompt was not understood (not_understood).",
    ),
    message(
        "tell", "bye", "id:id",
        "The daemon is stopping, told to every client with id 0.",
    ),
    message(
        "both", "begin", "list:id notes:count chunks:count parts:count changes:count beats:beat",
        "A note list begins: how many notes, chunks, part and change messages it has, and its length.",
    ),
    message(
        "both", "part", "list:id index:count role:text program:midi name:text",
        "Part `index` (from 0): melody, chords, guitar, bass, drums, strings or other; its MIDI "
        "program.",
    ),
    message(
        "both", "change", "list:id index:count beat:beat what:text a:float b:float",
        "Change `index` (from 0): tempo (a: quarter notes a minute), metre (a/b), key (a: tonic "
        "0-11, C = 0; b: 0 major, 1 minor).",
    ),
    message(
        "both", "chunk",
        "list:id index:count (part:count start:beat duration:beat pitch:midi velocity:velocity)",
        "Chunk `index` (from 0) of the notes, 40 at most, in order of start.",
    ),
    message(
        "both", "end", "list:id checksum:count",
        "The list is sent. See Note lists for the checksum.",
        "resend received refused",
    ),
    message(
        "both", "resend", "list:id index:int",
        "Chunk `index` is missing; -1: everything but the chunks is asked for again.",
        "chunk end refused",
    ),
    message(
        "both", "received", "list:id notes:count",
        "The list is whole and its checksum right.",
    ),
)
# fmt: on

ASKS: dict[str, Message] = {m.name: m for m in TABLE if m.direction in ("ask", "both")}
TELLS: dict[str, Message] = {m.name: m for m in TABLE if m.direction in ("tell", "both")}


CHECKSUM_FACTOR, CHECKSUM_MODULUS = 31, 65521


def checksum(rows: Iterable[tuple[int, float, float, int, int]], total: int = 1) -> int:
    """The list's checksum over its notes (part, start, duration, pitch, velocity), 0 to 65,520."""
    for part, start, duration, pitch, velocity in rows:
        for number in (part, round(start * TICKS), round(duration * TICKS), pitch, velocity):
            total = (total * CHECKSUM_FACTOR + number) % CHECKSUM_MODULUS
    return total


def checksum_of_pieces(pieces: Iterable[tuple[int, int]]) -> int:
    """The same of a list in pieces, each as (notes, its checksum from total 0), in order."""
    total = 1
    for notes, piece in pieces:
        total = (total * pow(CHECKSUM_FACTOR, 5 * notes, CHECKSUM_MODULUS) + piece) % CHECKSUM_MODULUS
    return total


def main() -> None:
    from bandmate_bridge.protocol_page import page

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(), end="")


if __name__ == "__main__":
    main()
