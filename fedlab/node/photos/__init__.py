"""Photos of items: made safe in a process of their own, kept by the hash of what is in them."""
