"""The store: logs, details and private tables on disk."""
