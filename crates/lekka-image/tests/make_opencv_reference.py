"""Writes opencv.txt, what OpenCV makes of a small picture, for tests/opencv.rs.

Needs opencv-python-headless (made with 4.11.0). Each line is a name, a width, a height and the pixels.
"""

from pathlib import Path

import cv2
import numpy as np

lines = []


def put(name, image):
    height, width = image.shape
    lines.append(" ".join(map(str, [name, width, height, *image.ravel().tolist()])))


source = np.random.default_rng(5).integers(0, 256, (13, 17), dtype=np.uint8)
source[3:9, 4:12] //= 4
put("source", source)
for width, height in [(28, 28), (20, 7), (5, 5), (34, 26), (8, 13), (1, 1), (9, 20), (17, 6)]:
    put(f"linear-{width}x{height}", cv2.resize(source, (width, height)))
even = source[:12, :16].copy()
put("even", even)
put("halved", cv2.resize(even, (8, 6)))
for width, height in [(7, 5), (3, 13), (8, 6), (1, 1)]:
    put(f"area-{width}x{height}", cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA))
corners = np.float32([[1, 2], [14, 1], [15, 11], [2, 10]])
square = np.float32([[0, 0], [19, 0], [19, 15], [0, 15]])
put("warped", cv2.warpPerspective(source, cv2.getPerspectiveTransform(corners, square), (20, 16)))
put("otsu", cv2.threshold(source, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1])
put("median", cv2.medianBlur(source, 3))
(Path(__file__).parent / "opencv.txt").write_text("\n".join(lines) + "\n")
