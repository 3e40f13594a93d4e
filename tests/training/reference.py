"""The optimizers' formulas in plain loops: what ours are held against."""

import numpy as np

RATE = 0.1


class Reference:
    """One array under the formulas of the papers, an element at a time and in float64."""

    def __init__(self, kind: str, weights: np.ndarray) -> None:
        self.kind, self.w = kind, weights.astype(np.float64)
        self.a = np.full(weights.shape, 0.1)
        self.b, self.t = np.zeros(weights.shape), 0
        if kind in ("adam", "adamw", "momentum", "momentumw"):
            self.a = np.zeros(weights.shape)
        if kind == "rms_prop":
            self.a = np.ones(weights.shape)

    def step(self, gradient: np.ndarray, rows: list[int] | None = None) -> None:
        self.t += 1
        for row in range(len(self.w)) if rows is None else rows:
            for column in range(self.w.shape[1]):
                self._element((row, column), float(gradient[row, column]))

    def _element(self, at: tuple[int, int], g: float) -> None:
        if self.kind == "sgd":
            self.w[at] -= RATE * g
        elif self.kind in ("momentum", "momentumw"):
            self.a[at] = 0.8 * self.a[at] + g
            self._decay(at)
            self.w[at] -= RATE * self.a[at]
        elif self.kind == "adagrad":
            self.a[at] += g * g
            self.w[at] -= RATE * g / np.sqrt(self.a[at])
        elif self.kind == "rms_prop":
            self.a[at] = 0.9 * self.a[at] + 0.1 * g * g
            self.b[at] = 0.8 * self.b[at] + RATE * g / np.sqrt(self.a[at] + 0.5)
            self.w[at] -= self.b[at]
        elif self.kind in ("adam", "adamw"):
            self.a[at] = 0.9 * self.a[at] + 0.1 * g
            self.b[at] = 0.999 * self.b[at] + 0.001 * g * g
            rate = RATE * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
            self._decay(at)
            self.w[at] -= rate * self.a[at] / (np.sqrt(self.b[at]) + 1e-7)
        else:
            new = self.a[at] + g * g
            sigma = (np.sqrt(new) - np.sqrt(self.a[at])) / RATE
            shrinking = 2 * 0.05 * self.w[at] if self.kind == "shrinking_ftrl" else 0.0
            self.b[at] += g + shrinking - sigma * self.w[at]
            self.a[at] = new
            if abs(self.b[at]) <= 0.01:
                self.w[at] = 0.0
            else:
                self.w[at] = (np.sign(self.b[at]) * 0.01 - self.b[at]) / (np.sqrt(new) / RATE + 2 * 0.02)

    def _decay(self, at: tuple[int, int]) -> None:
        if self.kind.endswith("w"):
            self.w[at] *= 1 - 0.05
