"""Reading one step ahead: the next batch is decoded while this one is counted."""

from collections.abc import Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

BATCHES_AHEAD = 2
SECONDS_TO_LOOK_UP = 0.2


class _Ended:
    """What follows the last item; ``error`` is what ended the stream, if it was not its end."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(stream: Iterator[T]) -> Iterator[T]:
    """
    Yield the items of a stream that another thread reads, never more than a few ahead.

    What the stream raises is raised here; a consumer that leaves stops the thread.
    """
    items: Queue[T | _Ended] = Queue(maxsize=BATCHES_AHEAD)
    left = Event()
    reader = Thread(target=_read, args=(stream, items, left), daemon=True)
    reader.start()
    try:
        while not isinstance(item := items.get(), _Ended):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        left.set()
        reader.join()


def _read(stream: Iterator[T], items: "Queue[T | _Ended]", left: Event) -> None:
    error: BaseException | None = None
    try:
        for item in stream:
            if not _handed_over(item, items, left):
                return
    except BaseException as raised:  # noqa: BLE001 -- it is raised again where it is waited for
        error = raised
    _handed_over(_Ended(error), items, left)


def _handed_over(item: T, items: "Queue[T]", left: Event) -> bool:
    while not left.is_set():
        try:
            items.put(item, timeout=SECONDS_TO_LOOK_UP)
        except Full:
            continue
        return True
    return False
