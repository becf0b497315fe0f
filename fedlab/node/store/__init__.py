"""The store: logs, details and private tables on disk."""

from .base import Store
from .errors import StoreError
from .sqlite import SqliteStore

__all__ = ["SqliteStore", "Store", "StoreError"]
