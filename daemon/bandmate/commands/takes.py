"""`bandmate takes`: what the library holds."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console
from bandmate.library import Library
from bandmate.take import TakeCard
from bandmate_models.errors import BandmateError

_ANY_TAKE = 'its id, a beginning or end of it that is no other\'s, or "last"'


def add(commands: Commands) -> None:
    command = commands.add_parser("takes", help="list, show, tag, rate, search and export takes")
    add_settings(command, "library")
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="the newest takes")
    listing.add_argument("-n", "--limit", type=int, default=20, metavar="N", help="default: %(default)s")
    listing.set_defaults(run=_list)

    search = actions.add_parser("search", help="takes with some words, tag, part, key or rating")
    search.add_argument("words", nargs="*", metavar="WORD", help="in title, tags, parts, key, task or model")
    for name in ("tag", "role", "key"):
        search.add_argument(f"--{name}")
    search.add_argument("--rating", type=int, metavar="N", help="at least")
    search.set_defaults(run=_search)

    show = _on_one_take(actions, "show", "a take: where it came from, and its piano roll")
    show.set_defaults(run=_show)

    tag = _on_one_take(actions, "tag", "add tags to a take, or remove some")
    tag.add_argument("tags", nargs="*", metavar="TAG")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG")
    tag.set_defaults(run=_tag)

    rate = _on_one_take(actions, "rate", "rate a take from 1 to 5; 0 takes the rating away")
    rate.add_argument("rating", type=int)
    rate.set_defaults(run=_rate)

    rename = _on_one_take(actions, "rename", "give a take a title")
    rename.add_argument("title")
    rename.set_defaults(run=_rename)

    export = _on_one_take(actions, "export", "a take as MIDI files in a folder, or as one file for a DAW")
    export.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="folder of its MIDI files (default: here), or FILE.dawproject or FILE.mid with a track for each "
        "part; then TAKE may be a MIDI file too",
    )
    export.add_argument("--name", help="of the files in the folder; default: the take's title")
    export.add_argument("--phrase", action="store_true", help="one file: the take with its phrase")
    export.add_argument("--force", action="store_true", help="write over files of the same name")
    export.set_defaults(run=_export)


def _on_one_take(actions: Commands, name: str, about: str) -> argparse.ArgumentParser:
    action: argparse.ArgumentParser = actions.add_parser(name, help=about)
    action.add_argument("take", metavar="TAKE", help=_ANY_TAKE)
    return action


def _list(options: argparse.Namespace, config: Config, console: Console) -> int:
    if options.limit < 1:
        raise BandmateError(f"--limit must be 1 or more, not {options.limit}", "bad_value")
    cards = Library(config.library_folder).list(options.limit)
    if not cards:
        console.line("no takes yet; make some with `bandmate generate` or `bandmate continue`")
    _print(cards, console)
    return 0


def _search(options: argparse.Namespace, config: Config, console: Console) -> int:
    cards = Library(config.library_folder).search(
        " ".join(options.words), tag=options.tag, role=options.role, key=options.key, rating=options.rating
    )
    if not cards:
        console.line("no take is like that")
    _print(cards, console)
    return 0


def _show(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.pianoroll import draw

    library = Library(config.library_folder)
    take = library.get(options.take)
    card = take.card
    console.line(console.paint(card.title or card.id, "1") + f"  {_stars(card)}")
    console.line(take.summary())
    facts = {
        "id": card.id,
        "created": card.created,
        "task": card.task,
        "belongs": "" if take.stands_alone else _BELONGS[card.placing],
        "model": card.model,
        "seed": card.seed,
        "controls": ", ".join(
            f"{name}={value}" for name, value in card.controls.items() if value is not None
        ),
        "parent": card.parent,
        "versions": ", ".join(version.id for version in library.versions(card.id) if version.id != card.id),
        "tags": ", ".join(card.tags),
        "folder": library.folder / "takes" / card.id,
    }
    for name, fact in facts.items():
        if fact not in ("", None):
            console.line(f"{name:>9}  {fact}")
    console.line()
    draw(take.score, console, card.bars or None)
    return 0


def _tag(options: argparse.Namespace, config: Config, console: Console) -> int:
    _print([Library(config.library_folder).tag(options.take, options.tags, options.remove)], console)
    return 0


def _rate(options: argparse.Namespace, config: Config, console: Console) -> int:
    _print([Library(config.library_folder).rate(options.take, options.rating or None)], console)
    return 0


def _rename(options: argparse.Namespace, config: Config, console: Console) -> int:
    _print([Library(config.library_folder).rename(options.take, options.title)], console)
    return 0


def _export(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.named_music import is_file, music_named
    from bandmate.project_file import SUFFIXES, write_project

    if options.output.suffix.lower() in SUFFIXES and not options.output.is_dir():
        if options.name:
            raise BandmateError(f"--name is for a folder; {options.output} is a file's name", "bad_value")
        music = music_named(options.take, config, with_phrase=options.phrase)
        for notice in music.notices:
            console.warn(notice)
        console.line(str(write_project(music, options.output, force=options.force)))
        return 0
    if is_file(options.take):
        raise BandmateError(
            f"{options.take} is a file; say what to make of it: -o FILE{' or -o FILE'.join(SUFFIXES)}",
            "bad_value",
        )
    if options.phrase:
        raise BandmateError("--phrase is for one file: -o FILE.dawproject or -o FILE.mid", "bad_value")
    library = Library(config.library_folder)
    for file in library.export(options.take, options.output, name=options.name, force=options.force):
        console.line(str(file))
    return 0


def _print(cards: Iterable[TakeCard], console: Console) -> None:
    """One line a take, cut to the terminal's width."""
    for card in cards:
        date = card.created[:16].replace("T", " ")
        music = f"{card.bars} bar{'s' * (card.bars != 1)} {card.metre} {card.key or '':<9} {card.tempo:g} bpm"
        tags = "".join(f" #{tag}" for tag in card.tags)
        text = f"{card.id}  {date}  {_stars(card):<5}  {music:<32} {card.title}{tags}"
        console.line(text[: max(console.width, 40)].rstrip())


_BELONGS = {
    "after": "after its phrase",
    "beside": "with its phrase",
    "beside_pitched": "with its phrase, for its drums",
    "beside_lead": "with the lead of its phrase",
    "within": "in bars of its phrase",
    "between": "between its phrase and another",
}


def _stars(card: TakeCard) -> str:
    return "*" * (card.rating or 0)
