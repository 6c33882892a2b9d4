"""Incidents: what happened in a district, imported once and read by planning."""
