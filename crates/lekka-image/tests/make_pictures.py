"""Makes the small pictures in pictures/ that tests/decode.rs reads. Needs Pillow (made with 13.0).

The first word of a name says what the picture shows, and so which of the .pgm files it must decode to:
bilevel (black and white), gray, color (its luma), alpha (its luma over white), half (gray with 128 of 255 as its
opacity).
"""

import struct
import zlib
from pathlib import Path

from PIL import Image, ImageChops

HERE = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 29, 19


def gray_at(x, y):
    return 20 if (x - 9) ** 2 + (y - 9) ** 2 < 30 else 120 + 4 * x + y


gray = Image.new("L", (WIDTH, HEIGHT))
color = Image.new("RGB", (WIDTH, HEIGHT))
alpha_band = Image.new("L", (WIDTH, HEIGHT))
for y in range(HEIGHT):
    for x in range(WIDTH):
        gray.putpixel((x, y), gray_at(x, y))
        color.putpixel((x, y), (8 * x, 13 * y, 255 - 5 * x))
        alpha_band.putpixel((x, y), 0 if x < 5 else 255 if y > 5 else 160)
bilevel = gray.point(lambda v: 255 if v > 100 else 0).convert("1", dither=Image.Dither.NONE)
alpha = color.convert("RGBA")
alpha.putalpha(alpha_band)
white = Image.new("RGBA", (WIDTH, HEIGHT), "white")


def save(image, name, **options):
    image.save(HERE / name, **options)


# What the others must decode to.
save(bilevel.convert("L"), "bilevel.pgm")
save(gray, "gray.pgm")
save(color.convert("L"), "color.pgm")
save(Image.alpha_composite(white, alpha).convert("RGB").convert("L"), "alpha.pgm")

# PNG.
save(bilevel, "bilevel-1bit.png")
indices = bilevel.convert("L").point(lambda v: 0 if v else 1).convert("P")
indices.putpalette([255, 255, 255, 0, 0, 0])
save(indices, "bilevel-palette.png", bits=1)
save(gray, "gray-8bit.png")
save(gray.convert("P"), "gray-palette.png")
save(gray.convert("I;16").point(lambda v: v * 257), "gray-16bit.png")
save(color, "color.png")
save(alpha, "alpha.png")
save(gray.convert("LA"), "gray-alpha.png")


def png(name, bit_depth, color_type, rows_of_passes, extra=b"", interlace=0):
    """A PNG from rows that are packed already, for what Pillow does not write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bit_depth, color_type, 0, 0, interlace)
    data = b"".join(b"\0" + row for row in rows_of_passes)
    (HERE / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
                              + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))
    return chunk


def pack_bits(values):
    values = list(values) + [0] * (-len(values) % 8)
    return bytes(sum(v << (7 - i) for i, v in enumerate(values[k:k + 8])) for k in range(0, len(values), 8))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
passes = [[(x, y) for x in range(x0, WIDTH, dx)] for x0, y0, dx, dy in ADAM7 for y in range(y0, HEIGHT, dy)]
png("gray-interlaced.png", 8, 0, [bytes(gray.getpixel(p) for p in row) for row in passes if row], interlace=1)
png("bilevel-interlaced.png", 1, 0, [pack_bits([bilevel.getpixel(p) // 255 for p in row]) for row in passes if row],
    interlace=1)
png("color-16bit.png", 16, 2, [b"".join(struct.pack(">3H", *(257 * v for v in color.getpixel((x, y))))
                                        for x in range(WIDTH)) for y in range(HEIGHT)])


def trns(data):
    return struct.pack(">I", len(data)) + b"tRNS" + data + struct.pack(">I", zlib.crc32(b"tRNS" + data))


# Black is transparent, so that all is white: the ink of these is lost by their own wish.
png("white-transparent-black.png", 1, 0, [pack_bits([bilevel.getpixel((x, y)) // 255 for x in range(WIDTH)])
                                          for y in range(HEIGHT)], extra=trns(b"\0\0"))
png("white-transparent-rgb.png", 8, 2, [bytes([1, 2, 3] * WIDTH) for y in range(HEIGHT)], extra=trns(b"\0\1\0\2\0\3"))
png("white-transparent-16bit.png", 16, 0, [bytes([1, 2] * WIDTH) for y in range(HEIGHT)], extra=trns(b"\1\2"))
save(Image.new("L", (WIDTH, HEIGHT), 255), "white.pgm")

# JPEG: smooth enough to come back within a few values.
smooth = gray.resize((WIDTH * 2 + 1, HEIGHT * 2 + 1), Image.Resampling.BICUBIC)
save(smooth, "smooth.pgm")
save(smooth, "smooth-gray.jpg", quality=95)
tinted = ImageChops.multiply(smooth.convert("RGB"), Image.new("RGB", smooth.size, (255, 240, 200)))
save(tinted.convert("L"), "tinted.pgm")
for name, options in {
    "444": {"subsampling": 0},
    "422": {"subsampling": 1},
    "420": {"subsampling": 2},
    "progressive": {"subsampling": 2, "progressive": True},
    "restarts": {"subsampling": 2, "restart_marker_blocks": 3},
    "rgb": {"keep_rgb": True},
}.items():
    save(tinted, f"tinted-{name}.jpg", quality=95, **options)
save(tinted.convert("CMYK"), "tinted-cmyk.jpg", quality=95)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = orientation
    save(smooth, f"turned-{orientation}.jpg", quality=95, exif=exif)
exif = Image.Exif()
exif[0x112] = 6
save(gray, "turned-6.png", exif=exif)
save(gray, "turned-6.webp", exif=exif, lossless=True)
save(gray, "turned-6.tif", tiffinfo={0x112: 6})

# TIFF.
save(bilevel, "bilevel-plain.tif")
save(bilevel, "bilevel-group4.tif", compression="group4")
save(bilevel, "bilevel-group4-endless.tif", compression="group4", tiffinfo={278: 0xFFFFFFFF})
save(bilevel, "bilevel-packbits.tif", compression="packbits")
save(gray, "gray-plain.tif")
save(gray, "gray-lzw.tif", compression="tiff_lzw")
save(gray, "gray-deflate-predicted.tif", compression="tiff_adobe_deflate", tiffinfo={317: 2})
save(gray, "gray-strips.tif", compression="tiff_lzw", tiffinfo={278: 4})
save(gray.convert("P"), "gray-palette.tif")
save(gray.convert("LA"), "gray-alpha.tif")
save(gray.convert("I;16").point(lambda v: v * 257), "gray-16bit.tif")
wide = struct.pack(f">{WIDTH * HEIGHT}H", *(257 * gray_at(x, y) for y in range(HEIGHT) for x in range(WIDTH)))
save(Image.frombytes("I;16B", (WIDTH, HEIGHT), wide), "gray-16bit-big-endian.tif")
save(color, "color-lzw.tif", compression="tiff_lzw")
save(color, "color-big.tif", big_tiff=True)
save(alpha, "alpha.tif", compression="tiff_lzw")
save(color.convert("CMYK"), "color-cmyk.tif")
save(tinted, "tinted-jpeg.tif", compression="jpeg", quality=95)
save(gray, "pages.tif", save_all=True, append_images=[bilevel, color], compression="tiff_lzw")
palette_pages = [gray.convert("P"), color.convert("P", palette=Image.Palette.ADAPTIVE)]
save(palette_pages[0], "palette-pages.tif", save_all=True, append_images=palette_pages[1:])


def tiled_planar(name, tile):
    """Colour planes in tiles, which Pillow does not write."""
    across, down = -(-WIDTH // tile), -(-HEIGHT // tile)
    tiles = []
    for band in color.split():
        for ty in range(down):
            for tx in range(across):
                part = Image.new("L", (tile, tile))
                part.paste(band.crop((tx * tile, ty * tile, min(WIDTH, (tx + 1) * tile), min(HEIGHT, (ty + 1) * tile))))
                tiles.append(zlib.compress(part.tobytes()))
    data, offsets = b"", []
    for t in tiles:
        offsets.append(8 + len(data))
        data += t
    lists = [struct.pack("<3H", 8, 8, 8), struct.pack(f"<{len(tiles)}I", *offsets),
             struct.pack(f"<{len(tiles)}I", *map(len, tiles))]
    places = []
    for part in lists:
        places.append(8 + len(data))
        data += part
    data += b"\0" * (len(data) % 2)
    entries = [(256, 4, 1, WIDTH), (257, 4, 1, HEIGHT), (258, 3, 3, places[0]), (259, 3, 1, 8), (262, 3, 1, 2),
               (277, 3, 1, 3), (284, 3, 1, 2), (322, 4, 1, tile), (323, 4, 1, tile),
               (324, 4, len(tiles), places[1]), (325, 4, len(tiles), places[2])]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + b"\0" * 4
    (HERE / name).write_bytes(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory)


tiled_planar("color-planar-tiles.tif", 16)

# The rest.
save(bilevel, "bilevel.bmp")
save(gray, "gray.bmp")
save(color, "color.bmp")
save(bilevel, "bilevel.pbm")
save(color, "color.ppm")
(HERE / "gray-ascii.pgm").write_text(
    f"P2\n# a comment\n{WIDTH} {HEIGHT}\n255\n"
    + "\n".join(" ".join(str(gray_at(x, y)) for x in range(WIDTH)) for y in range(HEIGHT)) + "\n")
(HERE / "gray-16bit.pgm").write_bytes(
    f"P5 {WIDTH} {HEIGHT} 65535\n".encode()
    + b"".join(struct.pack(">H", 257 * gray_at(x, y)) for y in range(HEIGHT) for x in range(WIDTH)))
(HERE / "alpha.pam").write_bytes(
    f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n".encode() + alpha.tobytes())
save(gray, "gray.gif")
save(bilevel, "bilevel-interlaced.gif", interlace=1)
transparent = bilevel.convert("L").point(lambda v: 0 if v else 1).convert("P")
transparent.putpalette([200, 0, 0, 0, 0, 0])
save(transparent, "bilevel-transparent.gif", transparency=0)
save(gray, "gray-frames.gif", save_all=True, append_images=[ImageChops.invert(gray)])
save(color, "color-lossless.webp", lossless=True)
save(alpha, "alpha-lossless.webp", lossless=True, exact=True)
save(smooth, "smooth-lossy.webp", quality=95)
