"""What ends by itself, what falls due, and when a person must look first."""
