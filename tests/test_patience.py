"""How often a server is asked again that is busy, and one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError, ConnectionError

from esqual.patience import Patience

NODE = NodeConfig("http", "127.0.0.1", 9200)
BUSY = ApiError("busy", ApiResponseMeta(429, "1.1", HttpHeaders(), 0.0, NODE), {})
GONE = ConnectionError("refused")


def failing(*errors: Exception) -> Callable[[], int]:
    """Raises these in turn, then answers with the number of the attempt."""
    turns = enumerate(chain(errors, repeat(None)), 1)

    def call() -> int:
        number, error = next(turns)
        if error is not None:
            raise error
        return number

    return call


def patience() -> Patience:
    return Patience(retries=5, first_wait_s=0.0)


@pytest.mark.parametrize("error", [BUSY, GONE])
def test_it_ends_after_its_retries(error: Exception) -> None:
    assert patience().ask(failing(*[error] * 5)) == 6
    with pytest.raises(type(error)):
        patience().ask(failing(*[error] * 6))


def test_a_server_of_which_nothing_is_heard_is_given_up_sooner_than_a_busy_one() -> None:
    assert patience().ask(failing(GONE, GONE), unheard=2) == 3
    with pytest.raises(ConnectionError):
        patience().ask(failing(GONE, GONE, GONE), unheard=2)
    assert patience().ask(failing(*[BUSY] * 5), unheard=2) == 6
    # it is there, it has said so
    assert patience().ask(failing(BUSY, GONE, GONE, GONE, GONE), unheard=2) == 6
