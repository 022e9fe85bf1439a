"""``/metrics``: what an operator watches, in the text that Prometheus reads; no person's id and no patient's value."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response

from primum.actions.measurements import Measurements, measure
from primum.web.desk import AtDesk, Desk
from primum.web.visitors import Scope, may, signed_in

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        HTTPStatus.OK: {
            "description": "The text format of Prometheus.",
            "content": {"text/plain": {"example": 'primum_gates{state="awaiting-seats"} 2.0\n'}},
        }
    },
)
def metrics(request: Request, desk: AtDesk) -> Response:
    """
    Give the numbers an operator watches: gates, rollouts, seats, monitors, outbox, Slack, people signed in.

    Served on the machine itself without a token while the console is reached there alone; otherwise to a token
    with the scope `read`. Everything is counted over all rollouts, so that no label names one.
    """
    if not is_at_home(request, desk=desk):
        may(signed_in(request), Scope.READ)
    registry = CollectorRegistry()
    registry.register(Measured(measure(at=desk.clock(), workplace=desk.workplace)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def is_at_home(request: Request, *, desk: Desk) -> bool:
    """
    True if the asker is on this machine and nothing stands between.

    Where people reach the console at another address there is a proxy, and everybody seems to be at home; a
    page elsewhere that leads a browser here comes under its own name.
    """
    names = (urlsplit(desk.address).hostname, request.url.hostname)
    if any(name in request.headers for name in FORWARDED) or not all(map(_is_loopback, names)):
        return False
    return request.client is not None and _is_loopback(request.client.host)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class Measured(Collector):
    """Measurements as Prometheus wants them."""

    def __init__(self, measurements: Measurements) -> None:
        self._found = measurements

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return each number with its labels and what it means."""
        found, people = self._found, self._found.people
        yield _by("primum_gates", "Gates by state.", "state", found.gates)
        yield _by("primum_rollouts", "Rollouts by stage of the roadmap.", "stage", found.rollouts)
        yield _by("primum_exposures", "Rollouts by who may receive output now.", "exposure", found.exposures)
        yield _one("primum_rollouts_suspended", "Rollouts that are suspended.", found.suspended)
        yield _by(
            "primum_gate_working_seconds",
            "Time that gates spent collecting, held or ready, before their seats were asked.",
            "gate",
            found.working,
        )
        yield _by(
            "primum_seat_waiting_seconds",
            "Time that gates waited for a seat, until it signed or they were decided.",
            "seat",
            found.seats.waiting,
        )
        yield _by("primum_seats_open", "Chairs that nobody has taken at gates that wait.", "seat", found.seats.empty)
        yield _one("primum_sessions", "Sessions in force at the console.", people.sessions)
        yield _one("primum_accounts", "Accounts that have not ended.", people.accounts)
        yield _one("primum_accounts_locked", "Accounts locked after failures to sign in.", people.locked)
        yield _one(
            "primum_sign_in_failures", "Failures to sign in since each account's last success.", people.failed_sign_ins
        )
        yield _one("primum_monitors", "Monitors that watch rollouts in use.", found.watch.monitors)
        yield _one("primum_monitors_silent", "Monitors that did not read when they were due.", found.watch.silent)
        yield _by("primum_alarms_open", "Alarms that stand, by what they led to.", "action", found.watch.alarms)
        yield from _messages(found)


def _messages(found: Measurements) -> Iterator[GaugeMetricFamily]:
    yield _one("primum_outbox_waiting", "Messages that wait to be delivered.", found.outbox.waiting)
    yield _one("primum_outbox_parked", "Messages given up after many tries.", found.outbox.parked)
    yield _one("primum_outbox_age_seconds", "Age of the oldest waiting message.", found.outbox.oldest.total_seconds())
    yield _one("primum_slack_receipts_waiting", "Clicks and forms from Slack not worked off.", found.receipts_waiting)
    if found.slack_age is not None:
        yield _one("primum_slack_socket_age_seconds", "Time since Slack was heard.", found.slack_age.total_seconds())


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=float(value))


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    pairs: Iterable[tuple[str, float]] = sorted(values.items())
    for value, number in pairs:
        family.add_metric([value], float(number))
    return family
