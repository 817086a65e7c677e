"""What the public pages show beside their words: cards, filters, a small map."""
