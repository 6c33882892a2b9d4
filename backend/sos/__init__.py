"""Calls for help: raised on any phone, told to the team, the nearest patrols and the station, until somebody comes."""
