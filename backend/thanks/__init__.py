"""Thanks that are not points: badges, words to a team."""
