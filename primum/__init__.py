"""Primum takes a health AI through the WHO roadmap, one gate at a time, and can stop it in one call."""
