"""What a lab offers, folded from its log: pure."""
