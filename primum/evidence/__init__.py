"""Pure numbers: counts in, estimates with intervals out."""
