"""Hotspots: where and when a district's coming week asks for patrols, how sure that is, and whom the patrols reach."""
