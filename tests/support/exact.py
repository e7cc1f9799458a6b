"""The formulas of the room once more, in 50-digit decimal arithmetic, to measure what floats lose."""

from decimal import Decimal, getcontext

getcontext().prec = 50
ZERO, ONE, TWO, HALF = Decimal(0), Decimal(1), Decimal(2), Decimal("0.5")
LN2 = TWO.ln()


def entropy_deficit(p):
    if p <= 0 or p >= 1:
        return ONE
    return ONE + (p * p.ln() + (ONE - p) * (ONE - p).ln()) / LN2


def chernoff(n, b):
    lower = n - (b / 2 + (2 * b * n + b * b / 4).sqrt())
    return max(lower, ZERO), n + b + (2 * b * n + b * b).sqrt()


def hoeffding(counts, b):
    deviation = (sum(counts) * b / 2).sqrt()
    return [max(n - deviation, ZERO) for n in counts], [n + deviation for n in counts]


def bounds(counts, b, tail_bound):
    if tail_bound == "hoeffding":
        return hoeffding(counts, b)
    pairs = [chernoff(n, b) for n in counts]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def tail_exponent(v, d, c, phi):
    """Exponent of `satqkd.protocols.bounds.hypergeometric_tail_exponent`."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510")

    def divergence(x, q):
        terms = [x * (x / q).ln() if x > 0 else ZERO, (ONE - x) * ((ONE - x) / (ONE - q)).ln() if x < 1 else ZERO]
        return sum(terms)

    y = c * phi
    q = (v + y) / (c + d)
    ratio = v * (c - y) / ((y + 1) * (d - v + 1))
    if ratio >= 1 or phi <= v / d:
        return -Decimal("Infinity")
    spread = (
        max(2 * pi * v * (1 - v / d), ONE).ln()
        + max(2 * pi * y * (1 - phi), ONE).ln()
        - max(8 * (c + d) * q * (ONE - q), ONE).ln()
    ) / 2
    return d * divergence(v / d, q) + c * divergence(phi, q) + spread + (ONE - ratio).ln()


def phase_error(v, d, c, b):
    """Larger of the printed expansion and the inverted tail, at most 1/2."""
    if d <= 0 or c <= 0 or v >= d / 2:
        return HALF
    rate = v / d
    inverse = ONE / d + ONE / c
    gamma = ZERO
    if rate > 0:
        bits = (inverse / (rate * (1 - rate))).ln() / LN2 + 2 * b / LN2
        gamma = (inverse * rate * (1 - rate) * max(bits, ZERO) / LN2).sqrt()
    printed = min(rate + gamma, HALF)
    if printed == HALF or tail_exponent(v, d, c, printed) >= b:
        return printed
    low, high = printed, HALF
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (low, middle) if tail_exponent(v, d, c, middle) >= b else (middle, high)
    return high


def two_decoys(key, key_errors, test, test_errors, mu, p, eps_sec, eps_cor, f, tail_bound):
    """Every intermediate of `satqkd.protocols.decoy_bb84.secret_key_length`, and the largest term of the length."""
    key, test, wrong, mu, p = ([Decimal(x) for x in values] for values in (key, test, test_errors, mu, p))
    b = (Decimal(21) / Decimal(eps_sec)).ln()
    weights = [pk * (-k).exp() for k, pk in zip(mu, p, strict=True)]
    tau0, tau1 = sum(weights), sum(w * k for k, w in zip(mu, weights, strict=True))
    scale = [k.exp() / pk for k, pk in zip(mu, p, strict=True)]
    m1, m2, m3 = mu

    def photons(counts):
        lower, upper = bounds(counts, b, tail_bound)
        low, high = ([s * n for s, n in zip(scale, side, strict=True)] for side in (lower, upper))
        y0 = max((m2 * low[2] - m3 * high[1]) / (m2 - m3), ZERO)
        squares = m2 * m2 - m3 * m3
        y1 = m1 * (low[1] - high[2] - squares / m1**2 * (high[0] - y0)) / (m1 * (m2 - m3) - squares)
        vacuum = min(tau0 * y0, sum(counts))
        return vacuum, min(max(tau1 * y1, ZERO), sum(counts) - vacuum)

    vacuum, single = photons(key)
    _, test_single = photons(test)
    lower, upper = bounds(wrong, b, tail_bound)
    errors = min(max(tau1 * (scale[1] * upper[1] - scale[2] * lower[2]) / (m2 - m3), ZERO), sum(wrong))
    phase = phase_error(errors, test_single, single, b)
    n = sum(key)
    rate = min(Decimal(key_errors) / n, HALF) if n else ZERO
    leakage = Decimal(f) * n * (ONE - entropy_deficit(rate)) if rate > 0 else ZERO
    overhead = 6 * b / LN2 + (TWO / Decimal(eps_cor)).ln() / LN2
    kept = single * entropy_deficit(phase)
    return {
        "vacuum_events": vacuum,
        "single_photon_events": single,
        "test_single_photon_events": test_single,
        "test_single_photon_errors": errors,
        "phase_error_rate": phase,
        "leakage_bits": leakage,
        "length_bits": vacuum + kept - leakage - overhead,
    }, max(vacuum, kept, leakage, overhead)
