"""Patches as text, one box or cord a line.

## Played notes                      a heading: what follows is laid out as a block of its own
heard       : midiparse              an object box called heard
stop        = clear                  a message box
heard.6 -> note.4                    a cord from outlet 6 to inlet 4; a number that is left out is 0
heard -> first -> second             several cords
# anything                           a remark, for readers of the source alone
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from bandmate_device.patch import Box, Clash, Patch

_BOX = re.compile(r"(\w+)\s+([:=])\s(.*)")
_END = re.compile(r"(\w+)(?:\.(\d+))?")


class BadPatchText(ValueError):
    """A line that is neither box nor cord; the message says which."""


def read_patch_texts(sources: Mapping[str, str], patch: Patch) -> list[list[str]]:
    """Adds boxes and cords to a patch: the text of each source, by its file's name.

    Cords may join boxes of all sources, and those that the patch has already. Answers the names of the boxes
    under each heading. Raises BadPatchText.
    """
    blocks: list[list[str]] = []
    cords: list[tuple[str, list[str]]] = []
    for file, text in sources.items():
        for number, line in enumerate(text.splitlines(), 1):
            words, where = line.strip(), f"{file}:{number}"
            if words.startswith("## "):
                name = f"heading_{len(blocks)}"
                patch.add(Box(name, "comment", words[3:]))
                blocks.append([name])
            elif not words or words.startswith("#"):
                continue
            elif "->" in words:
                cords.append((where, [end.strip() for end in words.split("->")]))
            elif (found := _BOX.fullmatch(words)) and blocks:
                name, sign, content = found.groups()
                _add(patch, name, sign, content.strip(), where)
                blocks[-1].append(name)
            else:
                raise BadPatchText(f"{where}: neither a box under a heading nor a cord: {words}")
    for where, ends in cords:
        for begin, end in pairwise(ends):
            _connect(patch, begin, end, where)
        if any("." in end for end in ends[1:-1]):
            raise BadPatchText(f"{where}: a number between two cords could be an inlet or an outlet")
    return blocks


def _add(patch: Patch, name: str, sign: str, content: str, where: str) -> None:
    try:
        (patch.object if sign == ":" else patch.message)(name, content)
    except Clash as clash:
        raise BadPatchText(f"{where}: {clash}") from clash


def _connect(patch: Patch, begin: str, end: str, where: str) -> None:
    source, target = _END.fullmatch(begin), _END.fullmatch(end)
    if source is None or target is None:
        raise BadPatchText(f"{where}: no end of a cord: {begin if source is None else end}")
    try:
        patch.connect(source[1], target[1], int(source[2] or 0), int(target[2] or 0))
    except Clash as clash:
        raise BadPatchText(f"{where}: {clash}") from clash
