"""Rating a take over OSC: the library remembers what a client thinks of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate_bridge.osc_client import OscClient
from bandmate_models.errors import BandmateError
from test_serve import PHRASE, House, takes_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.engine.stop()


def test_a_take_is_rated_and_the_rating_is_taken_away_again(house: House) -> None:
    with OscClient(house.engine.address[1]) as client:
        [take] = takes_of(client.ask("continue", client.upload(PHRASE), "bars", 1))
        for rating, kept in ((5, 5), (1, 1), (0, None)):
            assert client.ask("rate", take, rating)[-1].name == "ok"
            assert house.library.get(take).card.rating == kept
        for name, rating, code in ((take, 6, "bad_value"), ("nothing", 3, "no_take")):
            with pytest.raises(BandmateError) as refused:
                client.ask("rate", name, rating)
            assert refused.value.code == code
