"""What a flow may be told: ids, because Prefect keeps parameters in clear."""

from typing import Annotated

from pydantic import Field

RolloutId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
PersonId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
GateId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.G[0-3SU]\.[0-9]+$", max_length=80)]
ChangeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.[a-z0-9][a-z0-9.-]*$", max_length=170)]
