"""Other systems: keys they read with, and webhooks that tell them what happened."""
