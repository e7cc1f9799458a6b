"""How much light arrives: beam, pointing, atmosphere, turbulence, background, detector, and their sum, the budget."""

from satqkd.link import atmosphere, background, beam, budget, detector, gaussian, pointing, receiver, turbulence

__all__ = ["atmosphere", "background", "beam", "budget", "detector", "gaussian", "pointing", "receiver", "turbulence"]
