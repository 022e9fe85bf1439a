"""The release bundle: the content-hashed set that is promoted (design.md section 2)."""

from primum.roadmap.digests import digest
from primum.roadmap.policy import Part
from primum.roadmap.rollout import Rollout


class ReleaseBundle(Part):
    """Model, prompt, corpus, guidelines, policy, suites, protocol and model card, each by version or digest."""

    model: str
    prompt: str
    retrieval_corpus: str
    guidelines: tuple[str, ...]
    policy_digest: str
    suite_digests: tuple[str, ...]
    protocol_digest: str
    card_digest: str
    analysis_version: str
    # A gate that was signed under another tier is opened again (P2.10); older bundles did not say theirs.
    tier: str = ""

    @property
    def digest(self) -> str:
        """The digest that is signed and promoted."""
        return digest(self.model_dump(mode="json"))


def bundle_of(
    *, rollout: Rollout, policy_digest: str, suite_digests: tuple[str, ...], analysis_version: str
) -> ReleaseBundle:
    """Return the bundle that this rollout would promote."""
    protocol = rollout.protocol.model_dump(mode="json") if rollout.protocol else {}
    return ReleaseBundle(
        model=digest(rollout.model.model_dump(mode="json")),
        prompt=rollout.release.prompt,
        retrieval_corpus=rollout.release.retrieval_corpus,
        guidelines=rollout.release.guidelines,
        policy_digest=policy_digest,
        suite_digests=tuple(sorted(suite_digests)),
        protocol_digest=digest(protocol),
        card_digest=digest(rollout.card.model_dump(mode="json")),
        analysis_version=analysis_version,
        tier=str(rollout.risk_tier),
    )
