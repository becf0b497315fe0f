"""The people of one lab, private to its node: who they are and what they may do."""
