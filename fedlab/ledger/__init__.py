"""The shared ledger of loans and purchases: pure folds (none yet)."""
