"""Tasks: what there is to do tonight, who has taken a seat, and how it went."""
