"""What is said: rooms, messages, and who is here."""
