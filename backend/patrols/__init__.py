"""Patrols: starting one, positions while it runs, finishing it, and the review that earns points."""
