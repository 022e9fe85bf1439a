"""The point of care: may this encounter see LMM output? OpenFeature's remote evaluation protocol (OFREP 0.3)."""
