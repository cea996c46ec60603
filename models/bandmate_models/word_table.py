"""The musical words that Bandmate understands, as tables; docs/controls.md is printed from them.

A word is written in lower case, with blanks for hyphens, in the singular where its plural only adds an s.
"""

from __future__ import annotations

from typing import NamedTuple

from .score import Role

MOODS: dict[str, tuple[int, int]] = {
    "neutral": (2, 2), "happy": (4, 3), "joyful": (4, 3), "cheerful": (4, 3), "merry": (4, 3),
    "bright": (4, 2), "sunny": (4, 2), "uplifting": (4, 3), "playful": (4, 3), "funny": (4, 3),
    "hopeful": (3, 2), "optimistic": (4, 2), "triumphant": (4, 4), "euphoric": (4, 4), "festive": (4, 4),
    "heroic": (3, 4), "exciting": (3, 4), "energetic": (3, 4), "lively": (3, 4), "upbeat": (4, 4),
    "driving": (2, 4), "high energy": (3, 4), "low energy": (2, 0), "powerful": (2, 4), "epic": (2, 4),
    "intense": (1, 4), "groovy": (3, 3), "danceable": (3, 3), "calm": (3, 0), "peaceful": (3, 0),
    "relaxed": (3, 1), "relaxing": (3, 0), "chill": (3, 1), "gentle": (3, 1), "tender": (3, 1),
    "romantic": (3, 1), "warm": (3, 1), "dreamy": (3, 1), "soothing": (3, 0), "serene": (3, 0),
    "meditative": (2, 0), "nostalgic": (2, 1), "bittersweet": (2, 1), "mellow": (3, 1), "sad": (0, 1),
    "melancholic": (1, 1), "melancholy": (1, 1), "mournful": (0, 0), "gloomy": (0, 1), "lonely": (0, 1),
    "wistful": (1, 1), "sombre": (0, 1), "somber": (0, 1), "solemn": (1, 1), "dark": (0, 2),
    "mysterious": (1, 1), "eerie": (0, 1), "haunting": (1, 1), "ominous": (0, 2), "tense": (0, 3),
    "dramatic": (1, 3), "suspenseful": (0, 3), "scary": (0, 3), "angry": (0, 4), "aggressive": (0, 4),
    "furious": (0, 4), "frantic": (1, 4), "restless": (1, 3), "anxious": (0, 3),
}  # fmt: skip
"""Valence 0-4 (dark to bright) and arousal 0-4 (calm to excited); several moods are averaged."""

GENRE_WORDS: dict[str, tuple[str, ...]] = {
    "pop": (
        "pop", "indie pop", "britpop", "j pop", "k pop", "schlager", "singer songwriter",
    ),
    "rock": (
        "rock", "punk", "punk rock", "grunge", "indie rock", "hard rock", "soft rock", "surf rock", "prog",
        "progressive rock", "classic rock", "folk rock", "country rock", "rock and roll", "rock n roll",
        "rockabilly", "indie", "alternative",
    ),
    "metal": (
        "metal", "heavy metal", "thrash", "thrash metal", "death metal", "black metal", "metalcore",
    ),
    "jazz": (
        "jazz", "bebop", "bop", "hard bop", "cool jazz", "modal jazz", "big band", "dixieland", "ragtime",
        "fusion", "jazz fusion", "latin jazz", "acid jazz", "gypsy jazz", "swing jazz", "smooth jazz",
        "jazzy",
    ),
    "blues": (
        "blues", "boogie", "boogie woogie", "delta blues", "bluesy",
    ),
    "funk": (
        "funk", "funky", "soul", "neo soul", "r&b", "rnb", "rhythm and blues", "disco", "motown",
    ),
    "latin": (
        "latin", "salsa", "samba", "tango", "mambo", "rumba", "cha cha", "merengue", "bachata", "cumbia",
        "reggaeton", "bolero", "flamenco", "afro cuban", "calypso", "reggae", "ska",
    ),
    "electronic": (
        "electronic", "electronica", "edm", "dance", "techno", "house", "deep house", "trance", "dubstep",
        "drum and bass", "drum n bass", "dnb", "jungle", "hip hop", "trap", "lo fi", "lofi", "lo fi hip hop",
        "lofi hip hop", "synthwave", "synth pop", "synthpop", "electro", "breakbeat", "trip hop",
        "downtempo", "garage", "idm",
    ),
    "ambient": (
        "ambient", "drone", "new age", "soundscape", "meditation",
    ),
    "country": (
        "country", "bluegrass", "honky tonk", "americana", "western",
    ),
    "folk": (
        "folk", "folky", "celtic", "irish", "scottish", "klezmer", "sea shanty", "shanty", "reel",
        "traditional",
    ),
    "classical": (
        "classical", "baroque", "fugue", "sonata", "minuet", "orchestral", "symphonic", "chamber music",
        "counterpoint",
    ),
    "romantic": (
        "romantic era", "romantic period", "nocturne", "mazurka", "impressionist", "late romantic", "etude",
    ),
    "hymn": (
        "hymn", "gospel", "chorale", "church", "spiritual", "worship", "carol",
    ),
    "film": (
        "film", "film music", "cinematic", "soundtrack", "movie", "film score", "trailer",
    ),
    "game": (
        "game", "video game", "chiptune", "8 bit", "16 bit", "arcade",
    ),
}  # fmt: skip
"""Of words side by side the last counts (folk rock is rock's), of others the first."""

TEMPO_WORDS: dict[str, int] = {
    "grave": 40, "largo": 50, "lento": 54, "adagio": 68, "larghetto": 62, "slow": 70, "ballad": 70,
    "andante": 84, "laid back": 85, "andantino": 92, "moderato": 108, "medium": 110, "mid tempo": 110,
    "medium tempo": 110, "allegretto": 116, "allegro": 132, "up tempo": 150, "uptempo": 150, "fast": 150,
    "quick": 150, "vivace": 160, "presto": 180, "prestissimo": 200,
}  # fmt: skip
"""Quarter notes per minute; a number in the text wins."""

METRE_WORDS: dict[str, str] = {
    "waltz": "3/4", "in three": "3/4", "in four": "4/4", "in five": "5/4", "in seven": "7/8",
    "common time": "4/4", "cut time": "2/2", "in 3": "3/4", "in 4": "4/4", "in 5": "5/4", "in 7": "7/8",
    "march": "2/4", "polka": "2/4",
}  # fmt: skip

SWING_WORDS: dict[str, int] = {
    "straight": 0, "straight eighths": 0, "light swing": 1, "lightly swung": 1, "swing": 2, "swung": 2,
    "swinging": 2, "hard swing": 3, "heavy swing": 3, "shuffle": 3, "shuffled": 3,
}  # fmt: skip

DENSITY_WORDS: dict[str, int] = {
    "sparse": 1, "minimal": 1, "minimalist": 1, "simple": 2, "open": 2, "steady": 3, "busy": 5, "active": 5,
    "dense": 6, "complex": 6, "frenetic": 7,
}  # fmt: skip
"""Steps 0-7. Density, register, loudness and polyphony are those of the part that the word stands before."""

REGISTER_WORDS: dict[str, int] = {"deep": 1, "low": 2, "middle": 4, "high": 6, "very high": 7, "very low": 1}
"""Steps 0-7; of a bass low, very low and deep are step 0, and high and very high step 2."""

BASS_REGISTERS: dict[int, int] = {1: 0, 2: 0, 4: 1, 6: 2, 7: 2}

LOUDNESS_WORDS: dict[str, int] = {
    "ppp": 0, "pp": 1, "pianissimo": 1, "very soft": 1, "very quiet": 1, "soft": 2, "quiet": 2, "delicate": 2,
    "mp": 3, "mezzo piano": 3, "mf": 4, "mezzo forte": 4, "forte": 5, "loud": 6, "ff": 6, "fortissimo": 6,
    "very loud": 7, "fff": 7,
}  # fmt: skip

POLYPHONY_WORDS: dict[str, int] = {"monophonic": 1, "single note": 1, "two part": 2}

CREATIVITY_WORDS: dict[str, float] = {
    "conservative": 0.2,
    "faithful": 0.2,
    "adventurous": 0.8,
    "experimental": 0.9,
}


class Say(NamedTuple):
    """One thing that a word says: a control, its value, and the role that it is for.

    A "part" is a role with a General MIDI program; an "extra" part is one more of its role.
    """

    control: str
    value: object
    role: Role | None = None


_TRIO = (Say("part", None, "chords"), Say("part", None, "bass"), Say("part", None, "drums"))
STYLES: dict[str, tuple[Say, ...]] = {
    "bossa": (Say("genre", "latin"), Say("swing", 0)),
    "bossa nova": (Say("genre", "latin"), Say("swing", 0)),
    "jig": (Say("genre", "folk"), Say("metre", "6/8")),
    "jazz waltz": (Say("genre", "jazz"), Say("metre", "3/4")),
    "walking bass": (Say("part", 32, "bass"), Say("density", 3, "bass")),
    "jazz trio": (Say("genre", "jazz"), *_TRIO),
    "piano trio": (Say("part", 0, "chords"), *_TRIO[1:]),
    "power trio": (Say("part", None, "guitar"), *_TRIO[1:]),
    "string quartet": (Say("genre", "classical"), *(Say("extra", None, "strings"),) * 4),
}
"""Words that say several things; what they say of time gives way to what the text says itself."""

KEY_MODES: dict[str, str] = {
    "major": "major", "maj": "major", "ionian": "major", "lydian": "major", "mixolydian": "major",
    "minor": "minor", "min": "minor", "m": "minor", "aeolian": "minor", "dorian": "minor",
    "phrygian": "minor",
}  # fmt: skip
"""Modes are read as the nearer of major and minor."""

NUMBERS: dict[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "twenty four": 24, "thirty two": 32,
}  # fmt: skip

NEGATIONS = frozenset(
    ("no", "don't", "dont", "without", "minus", "not", "never", "sans", "w/o", "drop", "mute", "except")
)
"""They take away the parts that follow, up to a comma or another word, and swing."""

FILLERS = frozenset(
    (
        "a", "an", "the", "of", "in", "with", "and", "or", "for", "at", "on", "to", "from", "by", "some",
        "make", "made", "it", "its", "that", "this", "is", "are", "be", "as", "very", "really", "quite",
        "rather", "somewhat", "bit", "little", "more", "most", "feel", "feeling", "style", "styled", "kind",
        "sort", "mood", "vibe", "sound", "sounding", "piece", "song", "track", "tune", "theme", "music",
        "musical", "loop", "groove", "beat", "part", "line", "section", "solo", "playing", "play", "me",
        "please", "want", "like", "i", "give", "write", "my", "our", "your", "time", "signature", "tempo",
        "key", "bar", "each", "just", "only", "over", "under", "plus", "also", "featuring", "feat", "band",
        "progression", "riff", "pattern", "backing", "accompaniment", "instrumental", "scale", "something",
        "let", "us", "we", "create", "generate", "compose", "about", "around", "into", "then", "but", "so",
        "too", "register", "tone", "rhythm", "using", "use", "add", "keep", "nice", "good", "great", "cool",
        "short", "long", "duo",
    )
)  # fmt: skip
"""Words without a meaning of their own here."""
