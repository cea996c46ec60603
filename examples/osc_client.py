"""Ask a running `bandmate serve` over OSC to go on from four notes, and print what it plays.

bandmate serve                     (in another terminal)
python examples/osc_client.py      (or: python examples/osc_client.py PORT)
"""

import sys

from bandmate_bridge.osc_client import OscClient
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Score, Tempo

PHRASE = Score(
    parts=(Part("melody", (Note(0, 1, 62, 90), Note(1, 1, 65, 84), Note(2, 1, 69, 92), Note(3, 1, 67, 80))),),
    tempos=(Tempo(0, 96),),
)


def main(port: int) -> None:
    with OscClient(port, name="example") as band:
        phrase = band.upload(PHRASE)
        for answer in band.answers("continue", phrase, "bars", 4, "takes", 2, "key", "D minor", timeout=60):
            print(answer.name, *answer.values)
            if answer.name == "take":
                tell(band.notes(str(answer.values[0])))


def tell(score: Score) -> None:
    for part in score.parts:
        for note in part.notes:
            print(f"  {part.role}: beat {note.start:6.2f}  pitch {note.pitch}, {note.duration:.2f} long")


try:
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7400)
except BandmateError as error:
    sys.exit(f"osc_client: {error}")
