"""What the house is checked and documented with; none of it ships."""
