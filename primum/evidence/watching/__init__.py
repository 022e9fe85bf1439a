"""What is watched at all times: sequences, control charts, safety boundaries."""
