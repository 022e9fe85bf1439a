"""One effect each, with its patience."""
