"""The one double-entry ledger: what moves value, and what says whether it may."""
