"""The demo district Lewan (乐湾区): a made-up town at sea with its people, shops, incidents and walkers."""
