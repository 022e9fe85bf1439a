"""The ledger's stage shown in MLflow: a model version's alias follows the last promotion, and is watched."""

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.tracking_models import alias_now, register_lmm, set_stage_alias
from primum.ledger import reading
from primum.ledger.tables import Exposure, Promotion
from primum.roadmap.stages import Stage


def project_alias(*, submission: Submission, workplace: Workplace) -> None:
    """
    Point the alias of the stage that was reached at the model that was promoted.

    :raises TrackingUnreachable: if MLflow does not answer; the promotion stands and this is repeated
    """
    last = _last(submission.rollout.rollout, workplace)
    if last is None:
        return
    lmm = register_lmm(rollout=submission.rollout, settings=workplace.settings)
    set_stage_alias(lmm=lmm, stage=Stage(last[0].stage_to), settings=workplace.settings)


def repair_alias(*, submission: Submission, workplace: Workplace) -> None:
    """
    Project again when the last projection was lost; an alias that somebody moved is left for the gate to notice.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    last = _last(submission.rollout.rollout, workplace)
    if (
        last is None
        or _model_of(last[1]) != register_lmm(rollout=submission.rollout, settings=workplace.settings).model_digest
    ):
        return
    stage = Stage(last[0].stage_to)
    if alias_now(rollout=submission.rollout.rollout, stage=stage, settings=workplace.settings) is None:
        project_alias(submission=submission, workplace=workplace)


def why_alias_moved(*, rollout: str, workplace: Workplace) -> str | None:
    """
    Return how the alias of the stage reached differs from where we left it, if it does.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    last = _last(rollout, workplace)
    if last is None:
        return None
    promotion, exposure = last
    actual = alias_now(rollout=rollout, stage=Stage(promotion.stage_to), settings=workplace.settings)
    found = actual.model_digest if actual else "no version"
    if found == _model_of(exposure):
        return None
    return (
        f"The MLflow alias '{promotion.stage_to}' was left at model {_model_of(exposure)[:19]} and is at "
        f"{found[:19]} now. Somebody moved it outside Primum; find out who and why, then evaluate again."
    )


def _last(rollout: str, workplace: Workplace) -> tuple[Promotion, Exposure] | None:
    with workplace.ledger.reading() as session:
        done = reading.promotions(session, rollout=rollout)
        exposure = reading.exposure_of(session, cause=done[-1].id) if done else None
    return (done[-1], exposure) if exposure else None


def _model_of(exposure: Exposure) -> str:
    return str((exposure.conditions or {}).get("model", ""))
