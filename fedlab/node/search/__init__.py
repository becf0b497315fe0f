"""Full-text search over every item that the node knows."""
