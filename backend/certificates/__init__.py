"""Certificates of service: a year's hours on paper, with a code that anybody can check."""
