"""Bandmate's OSC protocol in plain Python, without any package: a pattern for scripts in other languages.

bandmate serve                              (in another terminal)
python plain_client.py                      (or: python plain_client.py PORT)

It sends a phrase of four notes, has it continued, fetches the answer whole, and prints it. docs/protocol.md
tells every message; examples/osc_client.py does the same with Bandmate's own client.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import suppress

PHRASE = [(0, 0, 1, 62, 90), (0, 1, 1, 65, 84), (0, 2, 1, 69, 92), (0, 3, 1, 67, 80)]
"""Notes: part, start, duration (beats), pitch, velocity."""

ENDS = ("ok", "done", "refused", "welcome", "received")


class Band:
    """A running daemon. Every request has an id; what is not answered in half a second is sent again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(0.5)
        self.id = 0

    def send(self, name, *atoms):
        tags, body = ",", b""
        for atom in atoms:
            kind = {int: "i", float: "f", str: "s"}[type(atom)]
            tags += kind
            body += padded(atom) if kind == "s" else struct.pack(">" + kind, atom)
        with suppress(ConnectionRefusedError):
            self.socket.send(padded("/bandmate/" + name) + padded(tags) + body)

    def hear(self):
        """One message, its name and atoms; None after half a second of silence."""
        try:
            data = self.socket.recv(65_536)
        except TimeoutError:
            return None
        except OSError:  # nobody listens there yet
            time.sleep(0.5)
            return None
        address, at = text(data, 0)
        tags, at = text(data, at)
        atoms = []
        for tag in tags[1:]:
            if tag == "s":
                atom, at = text(data, at)
            else:
                atom, at = struct.unpack_from(">" + tag, data, at)[0], at + 4
            atoms.append(atom)
        return address.removeprefix("/bandmate/"), atoms

    def ask(self, name, *atoms, patience=60.0):
        """Every answer to a request; SystemExit with its sentence where it is refused."""
        self.id += 1
        asked, until, answers = self.id, time.monotonic() + patience, []
        self.send(name, asked, *atoms)
        while time.monotonic() < until:
            heard = self.hear()
            if heard is None and not answers:
                self.send(name, asked, *atoms)
            elif heard is not None and heard[1][0] == asked:
                answers.append(heard)
                if heard[0] == "refused":
                    sys.exit(f"refused: {heard[1][2]}")
                if heard[0] in ENDS:
                    return answers
        sys.exit("no answer: is `bandmate serve` running?")

    def upload(self, notes, beats, bpm):
        """The number of a list that the daemon has received."""
        self.id += 1
        number, chunks = self.id, [notes[at : at + 40] for at in range(0, len(notes), 40)]

        def send(what):
            if what < 0:
                self.send("begin", number, len(notes), len(chunks), 1, 1, float(beats))
                self.send("part", number, 0, "melody", 0, "lead")
                self.send("change", number, 0, 0.0, "tempo", float(bpm), 0.0)
            else:
                rows = [(part, float(start), float(long), *rest) for part, start, long, *rest in chunks[what]]
                self.send("chunk", number, what, *(atom for row in rows for atom in row))

        for what in range(-1, len(chunks)):
            send(what)
        for _ in range(20):
            self.send("end", number, checksum(notes))
            heard = self.hear()
            while heard is not None and heard[1][0] == number:
                if heard[0] == "received":
                    return number
                if heard[0] == "resend":
                    send(heard[1][1])
                heard = self.hear()
        sys.exit("the phrase was not received: is `bandmate serve` running?")

    def notes(self, take):
        """The notes of a take: chunk by chunk, what is missing asked for again, the checksum compared."""
        self.id += 1
        number, begin, chunks, end = self.id, None, {}, None
        self.send("notes", number, take)
        for _ in range(100_000):
            heard = self.hear()
            if heard is None:
                if begin is None:
                    self.send("notes", number, take)
                elif end is None:
                    self.send("resend", number, -1)
                for index in range(begin[2] if begin else 0):
                    if index not in chunks:
                        self.send("resend", number, index)
            elif heard[1][0] == number:
                name, atoms = heard
                begin = atoms if name == "begin" else begin
                end = atoms[1] if name == "end" else end
                if name == "chunk":
                    chunks[atoms[1]] = atoms[2:]
            if begin and end is not None and len(chunks) == begin[2]:
                flat = [atom for index in range(begin[2]) for atom in chunks[index]]
                rows = [tuple(flat[at : at + 5]) for at in range(0, len(flat), 5)]
                if len(rows) != begin[1] or checksum(rows) != end:
                    sys.exit("the notes came damaged")
                self.send("received", number, len(rows))
                return rows
        sys.exit("the notes never came")


def checksum(notes):
    total = 1
    for part, start, duration, pitch, velocity in notes:
        for number in (part, round(start * 960), round(duration * 960), pitch, velocity):
            total = (total * 31 + number) % 65521
    return total


def padded(words):
    raw = words.encode()
    return raw + b"\0" * (4 - len(raw) % 4)


def text(data, at):
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 4 - end % 4


def main(port: int) -> None:
    band = Band(port)
    welcome = band.ask("hello", 1, 0, "plain", patience=5)[-1][1]
    print("connected to Bandmate", welcome[3], "with", welcome[4])
    phrase = band.upload(PHRASE, 4, 96)
    for name, atoms in band.ask("continue", phrase, "bars", 2, "takes", 2, "key", "D minor"):
        if name == "take":
            print("take", atoms[1])
            for part, start, long, pitch, velocity in band.notes(atoms[1]):
                print(f"  {part}: beat {start:6.2f}  pitch {pitch}  {long:.2f} long  velocity {velocity}")
    band.ask("bye", patience=2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7400)
