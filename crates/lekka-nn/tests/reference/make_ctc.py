"""Makes the reference numbers of CTC in this folder with PyTorch.

    pip install torch==2.15.0
    python make_ctc.py

Logits come from the generator of `lekka_nn::random`, so only results are stored.
"""

import json
from pathlib import Path

import torch

from generator import spread

HERE = Path(__file__).parent
# (seed, steps, classes, blank, labels)
CASES = [
    (1, 1, 3, 0, [2]),
    (2, 6, 3, 0, [1, 2]),
    (3, 5, 3, 2, [1, 1, 0]),
    (4, 7, 11, 10, []),
    (5, 40, 11, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (6, 40, 11, 10, [7, 7, 7, 0, 0, 3]),
    (7, 160, 11, 10, [4, 1, 8, 8, 0, 2, 5, 5, 5, 9, 6, 3]),
    (8, 4, 11, 0, [1, 1, 2]),
    (9, 3, 11, 10, [1, 1, 2]),  # one step too few
]


def case(seed, steps, classes, blank, labels):
    logits = torch.tensor(spread(seed, (steps, classes), -4, 4), dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.ctc_loss(
        torch.log_softmax(logits, dim=1)[:, None], torch.tensor([labels], dtype=torch.int64), torch.tensor([steps]),
        torch.tensor([len(labels)]), blank=blank, reduction="sum")
    result = {"seed": seed, "steps": steps, "classes": classes, "blank": blank, "labels": labels, "loss": None}
    if torch.isfinite(loss):
        loss.backward()
        result["loss"] = loss.item()
        # Every seventh number of the gradient is enough: an error would not miss them all.
        result["gradient"] = [round(value, 9) for value in logits.grad.flatten()[::7].tolist()]
    return result


(HERE / "ctc.json").write_text(json.dumps([case(*values) for values in CASES]).replace("}, ", "},\n") + "\n")
print(f"made with PyTorch {torch.__version__}")
