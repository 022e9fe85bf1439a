from primum.roadmap.checklist import ITEMS, spirit_ai
from primum.roadmap.protocol_parts import MissingPlan, Planning, SiteVolume
from tests import factories
from tests.evidence_factories import with_looks


def test_the_checklist_is_filled_from_what_the_rollout_says_and_lists_the_rest():
    planned = with_looks(200, planned=400).model_copy(
        update={
            "planning": Planning(control="20/100", intervention="15/100"),
            "missing": MissingPlan(primary="complete-case", sensitivity=("tipping-point",)),
            "sites": (SiteVolume(site="north", per_month=10),),
        }
    )

    items = {item.id: item for item in spirit_ai(factories.rollout(protocol=planned))}

    assert list(items) == [id_ for id_, _, _ in ITEMS]
    assert (
        items["14"].said == "400 patients; 20/100 under control against 15/100, power 80/100, one-sided alpha 25/1000"
    )
    assert items["16a"].said == "permuted blocks of 4 and 6, from a secret seed"
    assert items["20c"].said == "complete-case; sensitivity: tipping-point"
    assert items["21b"].said == "looks at 200, 400 patients by lan-demets-obrien-fleming"
    assert items["9"].said == "1 sites; the service at https://llm.example"
    assert items["24"].missing


def test_a_rollout_without_a_protocol_leaves_its_items_open():
    assert {item.id for item in spirit_ai(factories.rollout()) if item.missing} >= {"7", "8", "12", "14", "16a", "21b"}
