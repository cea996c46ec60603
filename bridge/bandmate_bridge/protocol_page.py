"""docs/protocol.md, printed from the table."""

from __future__ import annotations

from bandmate_bridge import protocol
from bandmate_bridge.protocol import CODES, TABLE
from bandmate_bridge.protocol_schema import KINDS, MAX_ID, TICKS, Message

_HEAD = f"""# The OSC protocol, version {protocol.VERSION}

<!-- Printed by `python -m bandmate_bridge.protocol > docs/protocol.md`: edit the table instead. -->

OSC 1.0 over UDP, on 127.0.0.1, port {protocol.PORT} unless the configuration says otherwise. Messages
carry 32-bit ints, 32-bit floats and short strings only: no blobs, no time tags. Bundles are unpacked; the
daemon sends none. A number may come as an int, or as a float where it is whole, so that clients which know
floats alone (Pure Data) can speak it; or as a 64-bit float, from those that send no others (Bitwig's
scripts).

## A conversation

```
-> /bandmate/hello    1 {protocol.VERSION} 9000 "my client"       I listen at UDP port 9000
<- /bandmate/welcome  1 {protocol.VERSION} 3 "0.1.0" "bandmate-5m" …   I am client 3
-> /bandmate/begin    2 4 1 1 1 4.0            a phrase: 4 notes in 1 chunk, 1 part, 1 change, 4 beats
-> /bandmate/part     2 0 "melody" 0 "lead"
-> /bandmate/change   2 0 0.0 "tempo" 96.0 0.0
-> /bandmate/chunk    2 0  0 0.0 1.0 60 90  0 1.0 1.0 62 90  0 2.0 1.0 64 90  0 3.0 1.0 65 90
-> /bandmate/end      2 13178
<- /bandmate/received 2 4
-> /bandmate/continue 3 2 "bars" 4 "takes" 1 "seed" 7
<- /bandmate/accepted 3 0
<- /bandmate/progress 3 1 4                    …
<- /bandmate/take     3 "6adjz8bs6ex" 1 1 31 16.0 "my song"
<- /bandmate/done     3 1
-> /bandmate/notes    4 "6adjz8bs6ex"
<- /bandmate/begin    4 31 1 1 2 16.0          then part, change, chunk, end
-> /bandmate/received 4 31
-> /bandmate/bye      5
<- /bandmate/ok       5
```

From a shell, with liblo's tools:

```
oscdump 9000 &
oscsend 127.0.0.1 {protocol.PORT} /bandmate/hello iiis 1 {protocol.VERSION} 9000 shell
        /bandmate/welcome iiisss… 1 {protocol.VERSION} 1 "0.1.0" …                   I am client 1
oscsend 127.0.0.1 {protocol.PORT} /bandmate/1/takes ii 2 5
```

In Python: `examples/osc_client.py`. In Pure Data: `tests/pd/client.pd`.

## Rules

- **Ids.** Every request begins with an id that its client chooses: a whole number from 1 to {MAX_ID:,},
  new each time. Every answer begins with the id of what it answers. A list that is uploaded takes an id in
  the same way. A request that comes twice with one id, because its answer was lost, is done once and
  answered again.
- **Clients.** A client is known by the address its datagrams come from; it is answered at the port its hello
  named. Several clients at once are each answered for themselves, and share nothing but the library and the
  live session. The 65th takes the place of the one longest silent.
- **Addresses.** A client that sends every datagram from another port, as `oscsend` does, writes its number
  into the address: `/bandmate/3/continue`. Without it such a datagram comes from a stranger.
- **Refusals.** What cannot be done is refused by its id, with a code and a sentence. A client gets at most 20
  refusals a second; what a stranger sends that is no packet of this protocol is counted and dropped.
- **Loss.** UDP may lose a datagram. A request without an answer within half a second may be sent again, with
  its id. Lists have their own way, below.

## Controls

A request for music may end in keys and values: `"bars" 8 "roles" "bass,drums" "density" "drums:5,bass:2"`.
The keys are the names of the command line's flags with `_` for `-`, and mean the same: bars, takes, seed,
temperature, top_p, tempo, metre, key, roles, genre, mood, density, chords, form, scale_lock and so on
(`docs/command-line.md`). A value is a number, or a text as the flag takes it; 1 and 0 are on and off. What is
not said is as the daemon's settings have it. Controls that make no sense are refused with `bad_value`.
With `"stream" 1` notes are told as they are written, so no bar is written again for being too like the
training music.

The notes of a take begin at beat 0: that is the phrase's end for `continue` and `interpolate`, the first bar
of the span for `infill`, and the phrase's own beat 0 for all others.

## Note lists

A list travels in one frame, either way: `begin`, its `part` and `change` messages, its `chunk`s, `end`. A
chunk holds up to 40 notes of five numbers (part, start, duration, pitch, velocity), about 1 kB. Beats are
multiples of 1/{TICKS}. Pedal and bends are in the take's MIDI file only.

The receiver keeps what comes, in any order. When `end` has come, or nothing for 200 ms, it asks for each
missing chunk with `resend`, and for the rest of the frame with `resend list -1`; when all is there, and count
and checksum are right, it says `received`. Until then the sender repeats `end` every half second, ten
times, and then gives up. Of the lists that came whole, the newest 16 of each client are kept.

**The checksum.** Start with 1. For each note in order, and for each of its five numbers (start and duration
times {TICKS}, rounded to a whole number): multiply by 31, add the number, keep the remainder by 65521.
No step leaves the whole numbers that a 32-bit float holds exactly. A list without notes has checksum 1.

"""


def page() -> str:
    """The whole page as Markdown."""
    sections = [_HEAD, "## Kinds of argument\n\n| kind | OSC type | what it is |\n|---|---|---|"]
    sections += [f"| {name} | {_types(name)} | {kind.doc} |" for name, kind in KINDS.items()]
    for direction, title in (
        ("ask", "What a client asks"),
        ("tell", "What the daemon tells"),
        ("both", "What travels both ways"),
    ):
        sections.append(f"\n## {title}\n\n| message | arguments | meaning | answers |\n|---|---|---|---|")
        sections += [_row(message) for message in TABLE if message.direction == direction]
    sections.append("\n## Codes of refusal\n\n| code | meaning |\n|---|---|")
    sections += [f"| `{code}` | {doc} |" for code, doc in CODES.items()]
    return "\n".join(sections) + "\n"


def _types(name: str) -> str:
    return {"any": "i, f or s", "text": "s"}.get(name, "i or f")


def _row(message: Message) -> str:
    fixed = [f"{argument.name}: {argument.kind}" for argument in message.arguments]
    again = [f"{argument.name}: {argument.kind}" for argument in message.group]
    arguments = ", ".join(fixed + ([f"({', '.join(again)}) …"] if again else []))
    return f"| `{message.address}` | {arguments} | {message.doc} | {', '.join(message.answers)} |"
