"""fedlab: independent workshops pool tools, materials and skills without a central server."""

__version__ = "0.1.0"
