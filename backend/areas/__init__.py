"""Areas: the tree of district, street and community, their boundaries, streets and base maps."""
