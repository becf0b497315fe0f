"""Backups of a lab, and how it comes back from one: docs/reference/backup.md."""
