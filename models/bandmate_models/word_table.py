"""The musical words that Bandmate understands, as tables. docs/controls.md is printed from them."""

from __future__ import annotations

MOODS: dict[str, tuple[int, int]] = {
    "neutral": (2, 2),
    "happy": (4, 3), "joyful": (4, 3), "cheerful": (4, 3), "merry": (4, 3), "bright": (4, 2), "sunny": (4, 2),
    "uplifting": (4, 3), "playful": (4, 3), "funny": (4, 3), "hopeful": (3, 2), "optimistic": (4, 2),
    "triumphant": (4, 4), "euphoric": (4, 4), "festive": (4, 4), "heroic": (3, 4), "exciting": (3, 4),
    "energetic": (3, 4), "lively": (3, 4), "upbeat": (4, 4), "driving": (2, 4), "powerful": (2, 4),
    "epic": (2, 4), "intense": (1, 4), "groovy": (3, 3), "danceable": (3, 3),
    "calm": (3, 0), "peaceful": (3, 0), "relaxed": (3, 1), "relaxing": (3, 0), "chill": (3, 1),
    "gentle": (3, 1),
    "tender": (3, 1), "romantic": (3, 1), "warm": (3, 1), "dreamy": (3, 1), "soothing": (3, 0),
    "serene": (3, 0), "meditative": (2, 0), "nostalgic": (2, 1), "bittersweet": (2, 1), "mellow": (3, 1),
    "sad": (0, 1), "melancholic": (1, 1), "melancholy": (1, 1), "mournful": (0, 0), "gloomy": (0, 1),
    "lonely": (0, 1), "wistful": (1, 1), "sombre": (0, 1), "somber": (0, 1), "solemn": (1, 1),
    "dark": (0, 2), "mysterious": (1, 1), "eerie": (0, 1), "haunting": (1, 1), "ominous": (0, 2),
    "tense": (0, 3), "dramatic": (1, 3), "suspenseful": (0, 3), "scary": (0, 3), "angry": (0, 4),
    "aggressive": (0, 4), "furious": (0, 4), "frantic": (1, 4), "restless": (1, 3), "anxious": (0, 3),
}  # fmt: skip
"""Valence 0-4 (dark to bright) and arousal 0-4 (calm to excited) of each mood, after Russell's circle."""
