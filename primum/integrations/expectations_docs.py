"""The Data Docs of Great Expectations for one table: its own pages, with counts only and nothing from outside."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from primum.integrations.expectations_run import COUNTS_ONLY, built_expectation, context_in_memory, in_silence
from primum.integrations.expectations_suites import Expectation

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult as Report
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

SITE = "data-docs"
COUNTS = frozenset({"element_count", "unexpected_count", "missing_count"})
SHARES = frozenset(
    {"unexpected_percent", "missing_percent", "unexpected_percent_total", "unexpected_percent_nonmissing"}
)
# Of these the observed value is a count or a share of rows; of all others it may be a patient's value.
COUNTING = frozenset(
    {"expect_table_row_count_to_be_between", "expect_column_proportion_of_non_null_values_to_be_between"}
)
OUTSIDE = re.compile(
    r"""<script\b[^>]*\bsrc=["']https?:[^>]*>\s*</script>"""
    r"""|<(?:link|img)\b[^>]*\b(?:href|src)=["']https?:[^>]*>"""
    r"""|[\w-]+:\s*url\(["']?https?:[^)]*\)[^;}]*;?""",
    re.IGNORECASE,
)


def write_docs(
    *, name: str, expectations: Sequence[Expectation], frame: "pd.DataFrame", out: Path, at: datetime
) -> Path:
    """
    Write the Data Docs of one table and return their first page.

    Values are taken out of the results before a page is made of them, and links to style sheets and
    scripts of other hosts out of the pages, so that opening one asks nobody.
    """
    import great_expectations as gx

    with in_silence():
        context = context_in_memory()
        asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        suite = context.suites.add(gx.ExpectationSuite(name=name))
        for one in expectations:
            suite.add_expectation(built_expectation(one))
        report = batch.validate(suite, result_format=COUNTS_ONLY)
        _without_values(report)
        _store(report, context=context, name=name, at=at)
        _build(context, out)
    for page in out.rglob("*.html"):
        page.write_text(OUTSIDE.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    return out / "index.html"


def _without_values(report: "Report") -> None:
    for result in report.results:
        asked = result.expectation_config
        counting = asked is not None and asked.type in COUNTING
        kept = COUNTS | SHARES | ({"observed_value"} if counting else set())
        result.result = {key: value for key, value in result.result.items() if key in kept}
        if result.exception_info and not _is_quiet(result.exception_info):
            words = "The engine failed on this table; its own words may quote a value and are left out."
            result.exception_info = {"raised_exception": True, "exception_message": words, "exception_traceback": ""}
    report.meta = {key: value for key, value in report.meta.items() if key == "great_expectations_version"}


def _is_quiet(info: object) -> bool:
    return isinstance(info, dict) and info.get("raised_exception") is False


def _store(report: "Report", *, context: "AbstractDataContext", name: str, at: datetime) -> None:
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    suite = ExpectationSuiteIdentifier(name)
    run = RunIdentifier(run_name=name, run_time=at)
    report.meta["run_id"] = run
    context.validation_results_store.store_validation_results(
        suite_validation_result=report,
        suite_validation_result_identifier=ValidationResultIdentifier(
            expectation_suite_identifier=suite, run_id=run, batch_identifier="table"
        ),
        expectation_suite_identifier=suite,
    )


def _build(context: "AbstractDataContext", out: Path) -> None:
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(out.absolute())},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    context.build_data_docs(site_names=[SITE])
