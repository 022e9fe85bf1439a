"""Every estimate once more, by hand: formula, steps, paper."""
