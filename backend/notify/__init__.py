"""Messages to people: the inbox, the live stream to open apps, and Web Push to closed ones."""
