"""Group-sequential designs: boundaries, futility, power, what an interim figure is worth."""
