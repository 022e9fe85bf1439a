"""How a person meets Primum in a terminal."""
