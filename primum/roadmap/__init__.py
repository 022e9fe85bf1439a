"""Pure rules: what the roadmap asks, who must sign, and when a gate opens."""
