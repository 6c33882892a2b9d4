"""Alerts (协查): two people send one, those on duty nearby get it, and when it is over everyone's copy is taken back."""
