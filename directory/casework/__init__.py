"""Questions that wait for a person of the staff, and the files shown for them."""
