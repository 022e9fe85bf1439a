"""One drawing of each kind with ordinary values, for tests that hold of every figure."""

from primum.integrations import figures_charts, figures_curves, figures_flow, figures_power
from primum.integrations.figures_charts import Chart, ChartPoint
from primum.integrations.figures_curves import Calibration, OperatingPoint, ReliabilityPoint, RocCurve, ScoreBar
from primum.integrations.figures_flow import Flow, FlowArm, Reason
from primum.integrations.figures_power import PowerCurve

LONG = "Universitätsklinikum der Vereinigten Bezirke Nord und Süd, Zentrum für Innere Medizin"


def curve(label: str = "All", **changes) -> RocCurve:
    values = {
        "label": label,
        "points": ((0.0, 0.0), (0.1, 0.6), (0.4, 0.92), (1.0, 1.0)),
        "auroc": 0.884,
        "lower": 0.861,
        "upper": 0.906,
        "with_event": 468,
        "without_event": 389,
        "operating": OperatingPoint(label="threshold 0.26", false_alarms=0.388, found=0.923),
    }
    return RocCurve(**{**values, **changes})


def reliability(label: str = "All", **changes) -> Calibration:
    points = (
        ReliabilityPoint(predicted=0.05, observed=0.06, lower=0.02, upper=0.13, n=85, events=5),
        ReliabilityPoint(predicted=0.5, observed=0.7, lower=0.6, upper=0.79, n=86, events=60),
        ReliabilityPoint(predicted=0.95, observed=None),
    )
    bars = (ScoreBar(start=0.0, end=0.5, n=85), ScoreBar(start=0.5, end=1.0, n=92))
    return Calibration(**{"label": label, "points": points, "bars": bars, **changes})


def path(values=(0.0, 1.0, 3.5, 2.0), **changes) -> Chart:
    points = tuple(ChartPoint(label=f"case {place}", value=value) for place, value in enumerate(values, 1))
    return Chart(**{"points": points, "upper": 3.0, "centre": 0.0, **changes})


def arm(name: str = "LMM", **changes) -> FlowArm:
    lost = (Reason(words="withdrew", n=12), Reason(words="moved away", n=3))
    values = {"name": name, "allocated": 413, "received": 400, "lost": lost, "missing": 6, "analysed": 392}
    return FlowArm(**{**values, **changes})


def people(**changes) -> Flow:
    excluded = (Reason(words="not eligible", n=2314), Reason(words="declined", n=240))
    return Flow(**{"arms": (arm(), arm("control")), "assessed": 3380, "excluded": excluded, **changes})


def power_curve(label: str = "All", **changes) -> PowerCurve:
    points = tuple((float(n), min(1.0, n / 500)) for n in range(0, 1001, 50))
    return PowerCurve(**{"label": label, "points": points, "planned": 300.0, **changes})


def all_figures():
    """Return one figure of each kind, alone and in groups."""
    labels = ("All", "Women", LONG)
    return {
        "roc": figures_curves.roc([curve()], title="Ranking", name="roc"),
        "roc-groups": figures_curves.roc([curve(label) for label in labels], title="Ranking", name="roc-groups"),
        "calibration": figures_curves.calibration([reliability()], title="Predicted and seen"),
        "calibration-groups": figures_curves.calibration(
            [reliability(label) for label in labels], title="Predicted and seen", name="calibration-groups"
        ),
        "chart": figures_charts.chart(path(), title="Missed patients"),
        "flow": figures_flow.flow(people(), title="Participants"),
        "power": figures_power.power([power_curve(label) for label in labels], title="Power"),
    }
