"""What every record of config.yaml is made of: the base class, and values with bounds."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from company.work.argv import parse_argv

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Seconds = Annotated[float, Field(gt=0, le=30 * 24 * 3600)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Hours = Annotated[float, Field(gt=0, le=87_600)]
Gigabytes = Annotated[float, Field(gt=0, le=1_000_000)]
Usd = Annotated[float, Field(ge=0)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
TeamId = Annotated[str, StringConstraints(pattern=r"^team-[a-z0-9][a-z0-9-]{0,62}$")]
AgentId = Annotated[str, StringConstraints(pattern=r"^agent-[a-z0-9][a-z0-9-]{0,62}$")]
UserName = Annotated[str, StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,31}\$?)?$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Argv = Annotated[tuple[str, ...], BeforeValidator(parse_argv)]


class Record(BaseModel):
    """Base of all: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
