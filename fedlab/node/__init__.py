"""Everything that touches the world: store, network, search, pages, commands."""
