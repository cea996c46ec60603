"""Builds Bandmate's Max for Live devices: patches as data, checked, drawn, packed into `.amxd` files."""
