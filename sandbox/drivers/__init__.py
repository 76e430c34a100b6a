"""Ways to give the carrier a clock and a network."""
