"""The counting model and key length of SatQuMA 2, for comparison: Sidhu et al., npj Quantum Inf. 8, 18 (2022).

doi:10.1038/s41534-022-00525-3. Written anew from its description; what differs from the package is in the note of
tests/reference/satquma_cases.json. Rows of parameters in, rows of intermediates out.
"""

import numpy as np
from scipy.special import bdtrik

ZERO = 1e-10


def entropy(p):
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def efficiency(table, inputs):
    """Transmittance of every slot of the window, extra loss included."""
    half = inputs["dt_s"]
    extra = 10 ** (-inputs["ls_dB"] / 10)
    if inputs["loss"].startswith("constant"):
        return np.full(2 * half + 1, 10 ** (-float(inputs["loss"].split()[1]) / 10)) * extra
    centre = inputs["time0pos"]
    return np.array(table["eff"])[centre - half : centre + half + 1] * extra


def expected_counts(x, eta, inputs):
    """Intensities, probabilities, counts, shared errors, own errors, each (rows, 3), for a basis always chosen."""
    mu = np.stack([x[:, 3], x[:, 4], np.full(len(x), inputs["mu3"])], axis=1)
    p = np.stack([x[:, 1], x[:, 2], 1 - x[:, 1] - x[:, 2]], axis=1)
    dark = np.exp(-mu[:, :, None] * eta)
    click = (1 + inputs["Pap"]) * (1 - (1 - 2 * inputs["Pec"]) * dark)
    wrong = inputs["Pec"] + inputs["Pap"] * click / 2 + inputs["QBER_I"] * (1 - dark)
    pulses = inputs["rep_rate_Hz"] * inputs["NoPass"]
    clicks = p[:, :, None] * click
    errors = (p[:, :, None] * wrong).sum(axis=1, keepdims=True)
    shared = clicks / clicks.sum(axis=1, keepdims=True) * errors
    own = p[:, :, None] * wrong
    return mu, p, pulses * clicks.sum(axis=2), pulses * shared.sum(axis=2), pulses * own.sum(axis=2)


def key_length(x, eta, inputs):
    """Intermediates of rows of (basis bias, P1, P2, mu1, mu2), key basis X; the length is not clipped."""
    mu, p, counts, shared, _ = expected_counts(x, eta, inputs)
    bias = x[:, :1]
    key, test = counts * bias**2, counts * (1 - bias) ** 2
    test_errors, key_errors = shared * (1 - bias) ** 2, (shared * bias**2).sum(axis=1)
    b = np.log(21 / inputs["eps_s"])
    scale = np.exp(mu) / p

    def bounds(n):
        if inputs["bounds"] == "Chernoff":
            down = 0.5 * b + np.sqrt(2 * n * b + 0.25 * b * b)
            up = b + np.sqrt(2 * n * b + b * b)
        else:
            total = n.sum(axis=1, keepdims=True)
            down = up = np.sqrt(0.5 * total * b) if inputs["bounds"] == "Hoeffding" else 0.0
        return scale * (n - down), scale * (n + up)

    m1, m2, m3 = mu.T
    weight = p * np.exp(-mu)
    tau0, tau1 = weight.sum(axis=1), (weight * mu).sum(axis=1)

    def photons(n):
        low, up = bounds(n)
        vacuum = np.maximum(tau0 * (m2 * low[:, 2] - m3 * low[:, 1]) / (m2 - m3), ZERO)
        single = low[:, 1] - up[:, 2] - (m2**2 - m3**2) / m1**2 * (up[:, 0] - vacuum / tau0)
        return vacuum, tau1 * m1 * single / (m1 * (m2 - m3) - m2**2 + m3**2)

    vacuum, single = photons(key)
    _, test_single = photons(test)
    low, up = bounds(test_errors)
    wrong = np.maximum(tau1 * (up[:, 1] - low[:, 2]) / (m2 - m3), ZERO)
    wrong = np.minimum(wrong, test_errors.sum(axis=1))
    n, s, t = key.sum(axis=1), np.maximum(single, ZERO), np.maximum(test_single, ZERO)
    ratio = np.minimum(wrong / t, 1 - np.finfo(float).eps)
    bits = np.log2(np.maximum((s + t) * (21 / inputs["eps_s"]) ** 2 / (s * t * (1 - ratio) * ratio), 1.0))
    spread = np.sqrt((s + t) * (1 - ratio) * ratio / (s * t * np.log(2)) * bits)
    finite = inputs["bounds"] != "Asymptotic"
    phase = np.minimum(ratio + spread * finite, 0.5)
    qber = key_errors / n
    overhead = 6 * np.log2(21 / inputs["eps_s"]) + np.log2(2 / inputs["eps_c"])
    leakage = _leakage(n, qber, key_errors, inputs)
    length = vacuum + s * (1 - entropy(phase)) - leakage - overhead * finite
    return {
        "SKL": length / (inputs["NoPass"] if finite else 1),
        "QBER_x": qber,
        "phi_x": phase,
        "nX": n,
        "nZ": test.sum(axis=1),
        "mX": key_errors,
        "lambdaEC": leakage,
        "sX0": vacuum,
        "sX1": s,
        "vZ1": wrong,
        "sZ1": t,
        "missing": (wrong - 0.5 * test_single) / test.sum(axis=1) + np.maximum(-single, 0) / n,
        "paid": leakage + overhead,
    }


def _leakage(n, qber, errors, inputs):
    if inputs["errcorr"] == "None":
        return np.zeros_like(n)
    if inputs["errcorr"] == "mXtot":
        return inputs["fEC"] * errors
    shannon = inputs["fEC"] * n * entropy(qber)
    if inputs["errcorr"] == "block":
        return shannon
    whole = np.floor(n)
    quantile = np.ceil(bdtrik(inputs["eps_c"] * (1 + 1 / np.sqrt(whole)), whole, 1 - qber))
    # Natural logarithms in the second and later terms of a formula in bits: as it has them.
    code = n * entropy(qber) + (n * (1 - qber) - quantile - 1) * np.log((1 - qber) / qber)
    code -= 0.5 * np.log(n) + np.log(1 / inputs["eps_c"])
    return np.maximum(code, shannon)


def objective(x, eta, inputs):
    """Something to climb: the logarithm of the length where there is any, else how near there is one."""
    found = key_length(x, eta, inputs)
    length, paid = found["SKL"], found["paid"]
    want = np.minimum(length / paid, 0.0) - np.where(found["phi_x"] < 0.5, 0.0, np.maximum(found["missing"], 0.0))
    return np.where(length > 0, np.log1p(np.maximum(length, 0.0) / 200.0), want)
