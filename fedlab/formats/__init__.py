"""What other programs read and write: bytes in, values out."""
