"""Who holds a clinic, and who reads its requests: whatever is called, in any order, by anybody."""
