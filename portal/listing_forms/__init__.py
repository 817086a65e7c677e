"""What a clinic fills in about itself: one form for each section of its listing."""
