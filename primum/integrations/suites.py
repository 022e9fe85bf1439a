"""Which expectation suites bind a rollout, and the digest of each file."""

import hashlib
from pathlib import Path

from primum.roadmap.rollout import Rollout
from primum.settings import shipped


def suite_files(rollout: Rollout, *, base: Path) -> tuple[Path, ...]:
    """Return the shipped suite of each evidence kind in use and the rollout's own suites."""
    kinds = sorted({evidence.kind for evidence in rollout.evidence})
    own = sorted({name for evidence in rollout.evidence for name in evidence.suites})
    return tuple(shipped("expectations") / f"{kind}.json" for kind in kinds) + tuple(base / name for name in own)


def suite_digests(rollout: Rollout, *, base: Path) -> tuple[str, ...]:
    """Return the SHA-256 of each suite file that binds this rollout; an absent file counts as absent."""
    return tuple(_digest(path) for path in suite_files(rollout, base=base))


def _digest(path: Path) -> str:
    if not path.is_file():
        return f"absent:{path.name}"
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
