"""The batched maximiser on functions whose maxima are known."""

import numpy as np
import pytest

from satqkd.protocols.choice.search import maximize, scatter


def test_scattered_points_fill_the_cube_evenly():
    points = scatter(256, 3)
    assert points.shape == (256, 3)
    assert points.min() >= 0
    assert points.max() < 1
    # Of the 64 cells of side 1/4 chance would leave some 6 with fewer than two of the points; this leaves none.
    cells = np.unique((points * 4).astype(int), axis=0, return_counts=True)[1]
    assert len(cells) == 64
    assert cells.min() >= 2


def test_many_problems_each_with_its_own_maximum():
    # Analytic: narrow, tilted parabolas with their tops inside the cube.
    rng = np.random.default_rng(1)
    tops = rng.uniform(0.1, 0.9, size=(40, 4))
    shapes = rng.normal(size=(40, 4, 4))
    shapes = shapes @ np.swapaxes(shapes, 1, 2) + 0.3 * np.eye(4)

    def objective(points, rows):
        away = points - tops[rows]
        return -np.einsum("bi,bij,bj->b", away, shapes[rows], away)

    points, values = maximize(objective, np.broadcast_to(scatter(16, 4), (40, 16, 4)), tolerance=1e-12)
    np.testing.assert_allclose(points, tops, atol=1e-4)
    np.testing.assert_allclose(values, 0.0, atol=1e-8)


def test_a_curved_valley_is_followed():
    # Analytic: Rosenbrock's function on [-2, 2]^2 has its minimum at (1, 1).
    def objective(points, _):
        x, y = (4 * points - 2).T
        return -((1 - x) ** 2 + 100 * (y - x * x) ** 2)

    points, _ = maximize(objective, scatter(16, 2)[None], iterations=300, tolerance=1e-10)
    np.testing.assert_allclose(4 * points[0] - 2, [1.0, 1.0], atol=0.02)


def test_maxima_on_the_faces_are_reached():
    points, values = maximize(lambda points, _: points @ np.array([1.0, -2.0, 3.0]), scatter(8, 3)[None])
    np.testing.assert_allclose(points, [[1.0, 0.0, 1.0]], atol=1e-4)
    assert values[0] == pytest.approx(4.0, abs=1e-4)


def test_the_higher_of_two_tops_is_taken():
    def objective(points, _):
        low, high = (((points - top) ** 2).sum(axis=1) for top in (0.2, 0.8))
        return np.exp(-low / 0.02) + 1.5 * np.exp(-high / 0.02)

    points, _ = maximize(objective, scatter(32, 2)[None], keep=4)
    np.testing.assert_allclose(points, [[0.8, 0.8]], atol=1e-3)


def test_a_flat_function_ends_where_it_began():
    points, values = maximize(lambda points, _: np.zeros(len(points)), scatter(4, 2)[None])
    assert np.all(np.isfinite(points))
    assert values[0] == 0
