"""How long a synth takes here and with the tools one would use instead: `make bench`."""
