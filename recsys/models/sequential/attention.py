"""SASRec in NumPy: compute scores from trained weights, and the contribution of each item of a history."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

EPSILON = 1e-6  # added to the variance in layer normalization


class Normalized(NamedTuple):
    """Layer normalization of (..., d): the output and the values that its gradient needs."""

    output: np.ndarray
    centred: np.ndarray
    deviation: np.ndarray


class Attended(NamedTuple):
    """Result of one block: the output and the values that its gradient needs; see `Block.forward`."""

    output: np.ndarray
    normed: Normalized
    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    shares: np.ndarray
    second: Normalized
    hidden: np.ndarray


class Norm:
    """Layer normalization with gain and offset."""

    def __init__(self, weights: dict[str, np.ndarray], name: str):
        self.gain, self.offset = weights[f"{name}.gamma"], weights[f"{name}.beta"]

    def forward(self, x: np.ndarray) -> Normalized:
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + EPSILON)
        centred /= deviation
        return Normalized(centred * self.gain + self.offset, centred, deviation)

    def backward(self, slope: np.ndarray, found: Normalized) -> np.ndarray:
        """Gradient with respect to the input, for one (..., d) with respect to the output."""
        slope = slope * self.gain
        along = np.mean(slope * found.centred, axis=-1, keepdims=True)
        return (slope - slope.mean(axis=-1, keepdims=True) - found.centred * along) / found.deviation


class Block:
    """One block of self-attention and a feed-forward layer, each after a normalization and with a residual connection.

    y = x + O softmax(Q(a) K(a)' / sqrt(c)) V(a) with a = norm(x), then z = y + W_2 relu(W_1 norm(y)). Weights of the
    attention have an axis of heads: query, key and value kernels (d, heads, c), output kernel (heads, c, d).
    """

    def __init__(self, weights: dict[str, np.ndarray], name: str):
        def layer(part: str) -> tuple[np.ndarray, np.ndarray]:
            return weights[f"{name}.{part}.kernel"], weights[f"{name}.{part}.bias"]

        self.norm, self.second_norm = Norm(weights, f"{name}.attention_norm"), Norm(weights, f"{name}.hidden_norm")
        self.query, self.key, self.value = (layer(f"attention.{part}") for part in ("query", "key", "value"))
        self.out = layer("attention.attention_output")
        self.first, self.second = layer("hidden"), layer("output")

    def forward(self, x: np.ndarray, rows: np.ndarray, allowed: np.ndarray) -> Attended:
        """Outputs (n, q, d) for q positions of each of n sequences.

        Args:
            x: (n, t, d) inputs.
            rows: (n, q) the positions of the queries.
            allowed: (n, q, t) bool, the positions that each query may attend to.
        """
        own = np.take_along_axis(x, rows[..., None], axis=1)
        normed = self.norm.forward(x)
        asking = np.take_along_axis(normed.output, rows[..., None], axis=1)
        heads, size = self.query[0].shape[1:]
        query = _split(asking, self.query) / np.sqrt(size)  # (n, heads, q, c)
        key, value = _split(normed.output, self.key), _split(normed.output, self.value)  # (n, heads, t, c)
        scores = np.where(allowed[:, None], query @ key.swapaxes(2, 3), -np.inf)
        shares = np.exp(scores - scores.max(axis=3, keepdims=True))
        shares /= shares.sum(axis=3, keepdims=True)  # (n, heads, q, t)
        mixed = (shares @ value).swapaxes(1, 2).reshape(*rows.shape, heads * size)
        middle = own + mixed @ self.out[0].reshape(heads * size, -1) + self.out[1]
        second = self.second_norm.forward(middle)
        hidden = np.maximum(second.output @ self.first[0] + self.first[1], 0)
        output = middle + hidden @ self.second[0] + self.second[1]
        return Attended(output, normed, query, key, value, shares, second, hidden)

    def backward(self, slope: np.ndarray, found: Attended, rows: np.ndarray) -> np.ndarray:
        """Gradients (k, t, d) with respect to the inputs of one sequence, for k of its q outputs (k, q, d).

        `found` is the result of `forward` for that one sequence, `rows` (q,) the positions of its queries.
        """
        hidden = (slope @ self.second[0].T) * (found.hidden[0] > 0)
        second = Normalized(*(part[0] for part in found.second))
        middle = slope + self.second_norm.backward(hidden @ self.first[0].T, second)
        heads, size = self.query[0].shape[1:]
        mixed = middle @ self.out[0].reshape(heads * size, -1).T
        mixed = mixed.reshape(*mixed.shape[:2], heads, size).swapaxes(1, 2)  # (k, heads, q, c)
        shares = found.shares[0]
        on_shares = mixed @ found.value[0].swapaxes(1, 2)  # (k, heads, q, t)
        on_scores = shares * (on_shares - np.sum(on_shares * shares, axis=3, keepdims=True))
        on_query = _join(on_scores @ found.key[0] / np.sqrt(size), self.query)
        on_input = _join(on_scores.swapaxes(2, 3) @ found.query[0], self.key)
        on_input += _join(shares.swapaxes(1, 2) @ mixed, self.value)
        on_input[:, rows] += on_query
        normed = Normalized(*(part[0] for part in found.normed))
        on_input = self.norm.backward(on_input, normed)
        on_input[:, rows] += middle
        return on_input


class Network:
    """The trained network.

    s(h, j) = E_j . norm(z), where z is the output of the last block at the latest item of h, the inputs are
    sqrt(d) E_i + P_p for the item i at position p, and each position attends to itself and earlier positions.

    Args:
        weights: float32 arrays by name: `items` E (n_items, d), `positions` P (length, d), the blocks' and `norm`'s.
    """

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.items, self.positions = weights["items"], weights["positions"]
        self.scale = np.float32(np.sqrt(self.items.shape[1]))
        n_blocks = sum(name.endswith(".hidden.kernel") for name in weights)
        self.blocks = [Block(weights, f"block_{number}") for number in range(n_blocks)]
        self.norm = Norm(weights, "norm")

    @property
    def length(self) -> int:
        """Largest number of items of a history that are used, the latest ones."""
        return len(self.positions)

    def states(self, sequences: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """States (n, d) after the latest item of each sequence; multiplied with `items` they give the scores.

        Args:
            sequences: (n, t) item numbers, oldest first, padded on the right; the padding is ignored.
            lengths: (n,) at least 1.
        """
        *_, last = self._forward(sequences, lengths)
        return self.norm.forward(last.output[:, 0]).output

    def _forward(self, sequences: np.ndarray, lengths: np.ndarray) -> list[Attended]:
        n, size = sequences.shape
        x = self.items[sequences] * self.scale + self.positions[:size]
        everywhere = np.arange(size)
        causal = everywhere[:, None] >= everywhere
        found: list[Attended] = []
        for block in self.blocks[:-1]:
            rows, allowed = np.broadcast_to(everywhere, (n, size)), np.broadcast_to(causal, (n, size, size))
            found.append(block.forward(x, rows, allowed))
            x = found[-1].output
        # in the last block only the state after the latest item is needed
        last = lengths[:, None] - 1
        found.append(self.blocks[-1].forward(x, last, (everywhere <= last)[:, None]))
        return found

    def contributions(self, sequence: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """What each item of one sequence adds to the scores of `numbers`, to first order: (len(numbers), t).

        It is the product of the item's input vector and the gradient of the score by that vector.
        """
        found = self._forward(sequence[None], np.array([len(sequence)]))
        final = self.norm.forward(found[-1].output[0])
        slope = self.norm.backward(self.items[numbers][:, None], final)
        rows = np.array([len(sequence) - 1])
        for block, step in zip(reversed(self.blocks), reversed(found), strict=True):
            slope = block.backward(slope, step, rows)
            rows = np.arange(len(sequence))
        return np.einsum("ktd,td->kt", slope, self.items[sequence] * self.scale)


def _split(x: np.ndarray, layer: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Projections (n, heads, t, c) of (n, t, d) by a kernel (d, heads, c) and a bias (heads, c)."""
    kernel, bias = layer
    size, heads, width = kernel.shape
    found = x @ kernel.reshape(size, heads * width) + bias.reshape(-1)
    return found.reshape(*x.shape[:2], heads, width).swapaxes(1, 2)


def _join(slope: np.ndarray, layer: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Gradient (k, t, d) with respect to the input of `_split`, for one (k, heads, t, c) of its output."""
    kernel, _ = layer
    size, heads, width = kernel.shape
    joined = slope.swapaxes(1, 2).reshape(slope.shape[0], slope.shape[2], heads * width)
    return joined @ kernel.reshape(size, heads * width).T
