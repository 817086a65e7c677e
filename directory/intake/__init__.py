"""Clinics we have heard of, and how they come to us."""
