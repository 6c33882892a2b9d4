"""Rewards: points for patrols, merchants and their offers, vouchers and their redemption."""
