import threading
import time

import pytest

from primum.integrations.source_ahead import ahead


def test_items_come_in_their_order():
    assert list(ahead(iter(range(100)))) == list(range(100))


def test_what_the_stream_raises_is_raised_after_what_it_gave():
    def broken():
        yield 1
        raise ValueError("torn")

    seen = []

    with pytest.raises(ValueError, match="torn"):
        seen.extend(ahead(broken()))
    assert seen == [1]


def test_never_more_than_a_few_are_read_ahead():
    given = []

    def watched():
        for number in range(50):
            given.append(number)
            yield number

    stream = ahead(watched())
    next(stream)
    time.sleep(0.1)

    assert len(given) <= 5
    stream.close()


def test_a_consumer_that_leaves_stops_the_reader():
    before = threading.active_count()
    stream = ahead(iter(range(1_000_000)))
    next(stream)

    stream.close()

    assert threading.active_count() == before
