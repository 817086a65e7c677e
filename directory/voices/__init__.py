"""What others say about a listing: reports from anybody, and the clinic's own reply."""
