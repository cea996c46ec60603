"""Ask a running `bandmate serve` over OSC to go on from four notes, and print what it plays.

bandmate serve          (in another terminal)
python examples/osc_client.py
"""

from bandmate_bridge.osc_client import OscClient
from bandmate_models.score import Note, Part, Score, Tempo

PHRASE = Score(
    parts=(Part("melody", (Note(0, 1, 62, 90), Note(1, 1, 65, 84), Note(2, 1, 69, 92), Note(3, 1, 67, 80))),),
    tempos=(Tempo(0, 96),),
)

with OscClient(7400, name="example") as band:
    phrase = band.upload(PHRASE)
    for answer in band.answers("continue", phrase, "bars", 4, "takes", 2, "key", "D minor", timeout=60):
        print(answer.name, *answer.values)
        if answer.name == "take":
            for part in band.notes(str(answer.values[0])).parts:
                for note in part.notes:
                    print(
                        f"  {part.role}: beat {note.start:6.2f}  pitch {note.pitch}, {note.duration:.2f} long"
                    )
