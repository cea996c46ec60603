"""docs/live.md tells the dials as they are."""

from pathlib import Path

from bandmate.band.dials import DIALS, ROLES
from bandmate.band.dials_page import table
from bandmate.band.pace import LEVELS

PAGE = (Path(__file__).parents[1] / "docs" / "live.md").read_text(encoding="utf-8")


def test_the_table_of_dials_is_printed_from_the_dials() -> None:
    assert table() in PAGE, "stale: put what `python -m bandmate.band.dials_page` prints into docs/live.md"
    assert table().count("\n") == len(DIALS) + 1


def test_every_part_and_everything_that_is_given_up_is_told() -> None:
    assert [role for role in ROLES if f"`{role}`" not in PAGE] == []
    assert [level.name for level in LEVELS if level.name and level.name not in PAGE] == []
