"""Planning: from a district's incidents to reviewed draft routes for an evening."""
