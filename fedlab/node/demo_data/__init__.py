"""Inventories of the demonstration: invented, and kept the way labs keep theirs."""
