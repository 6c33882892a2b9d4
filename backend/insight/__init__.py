"""Insight: the figures of the desk."""
