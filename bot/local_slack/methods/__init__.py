"""The Web API, one file a family; importing them fills ``registry.METHODS``."""

from . import chat, conversations, files, people, reactions, views
from .registry import METHODS, Method

__all__ = ["METHODS", "Method", "chat", "conversations", "files", "people", "reactions", "views"]
