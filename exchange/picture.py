"""A picture of one digit as the network takes it."""

import numpy as np


def picture(path):
    """[1, 28, 28, 1], 0 to 1, ink 1. Only scales: `lekka read` also finds and centres the digit."""
    from PIL import Image

    grey = np.asarray(Image.open(path).convert("L").resize((28, 28)), np.float32) / 255
    # Paper is what there is more of.
    ink = 1 - grey if np.median(grey) > 0.5 else grey
    return ink[None, :, :, None]
