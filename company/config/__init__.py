"""config.yaml and the environment, read once into frozen records; nothing else reads either."""

from company.config.loading import load_config, secret
from company.config.places import find_config, shipped
from company.config.records import (
    AgentConfig,
    CheckConfig,
    Config,
    ModelPrice,
    RepositoryConfig,
    ScheduleConfig,
    TeamConfig,
)
from company.config.salvage import salvage_config
from company.config.service_env import take_service_env
from company.config.watch import ConfigWatch

__all__ = [
    "AgentConfig",
    "CheckConfig",
    "Config",
    "ConfigWatch",
    "ModelPrice",
    "RepositoryConfig",
    "ScheduleConfig",
    "TeamConfig",
    "find_config",
    "load_config",
    "salvage_config",
    "secret",
    "shipped",
    "take_service_env",
]
