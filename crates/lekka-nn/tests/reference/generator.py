"""The generator of `lekka_nn::random`, for inputs that need not be stored."""

import numpy as np


def splitmix(seed, count):
    """Outputs of SplitMix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(seed, count):
    return (splitmix(seed, count) >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def spread(seed, shape, low, high):
    low, high = np.float32(low), np.float32(high)
    return (low + (high - low) * uniform(seed, int(np.prod(shape)))).reshape(shape)
