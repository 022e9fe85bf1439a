"""JSON Schemas of the files that people write, for their editors; generated from the models."""

import json
from pathlib import Path

from pydantic import BaseModel

from primum.roadmap.conversations import Conversations
from primum.roadmap.guideline_versions import Guideline
from primum.roadmap.jurisdictions import Jurisdiction
from primum.roadmap.monitors import Watch
from primum.roadmap.people import People, Sites
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Rollout

MODELS: dict[str, type[BaseModel]] = {
    "conversations": Conversations,
    "monitors": Watch,
    "guideline": Guideline,
    "jurisdiction": Jurisdiction,
    "people": People,
    "policy": Policy,
    "protocol": Protocol,
    "rollout": Rollout,
    "sites": Sites,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
STALE = "Run `make docs` and commit what it writes."


def schema_texts() -> dict[str, str]:
    """Return the text of each schema by its file name."""
    return {f"{name}.schema.json": _text(name, model) for name, model in MODELS.items()}


def write_schemas(directory: Path) -> tuple[Path, ...]:
    """Write the schemas into a folder, over older ones, and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_texts().items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def schema_differences(directory: Path) -> tuple[str, ...]:
    """Return a sentence for each schema in a folder that is missing or not what the models say."""
    return tuple(
        f"{name} is {'out of date' if (directory / name).is_file() else 'missing'}. {STALE}"
        for name, text in schema_texts().items()
        if not (directory / name).is_file() or (directory / name).read_text(encoding="utf-8") != text
    )


def _text(name: str, model: type[BaseModel]) -> str:
    # Docstrings mark code with two backticks, editors with one.
    schema = {"$schema": DIALECT, **model.model_json_schema(), "title": f"{name}.yaml"}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False).replace("``", "`") + "\n"
