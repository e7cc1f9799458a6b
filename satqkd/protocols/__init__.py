"""How much key the received light is: finite-key lengths, their asymptotic limits, leakage and optimisation."""
