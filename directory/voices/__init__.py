"""What others say about a listing: reports from anybody, a wish to be taken down, and the clinic's own reply."""
