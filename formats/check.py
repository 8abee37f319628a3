"""Checks Lekka against other programs: PDFs that they write, ALTO and hOCR that they read.

    python3 formats/check.py --lekka target/release/lekka [--schema alto.xsd]

PDFs are written by img2pdf (JPEG, Flate, CCITT), by ReportLab (pictures in strips, text streams), by Pillow, by
LibreOffice where it is installed, and by hand around JBIG2 data. A page that is one scan must be read exactly like the
picture in it, box by box; others must give the same digits. ALTO must follow its schema, hOCR the rules of hocr-spec.
"""

import argparse
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import img2pdf
import pikepdf
from lxml import etree
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

ROOT = pathlib.Path(__file__).resolve().parent.parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--lekka", type=pathlib.Path, required=True)
parser.add_argument("--schema", type=pathlib.Path, help="ALTO's schema, alto-4-2.xsd; xlink.xsd may stand beside it")
arguments = parser.parse_args()
work = pathlib.Path(tempfile.mkdtemp())
failures = []


def lekka(*words, status=0):
    command = [arguments.lekka, "read", *map(str, words)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != status or "panicked" in run.stderr:
        failures.append(f"{words}: status {run.returncode}, not {status}: {run.stderr.strip()}")
    return run


def readings(path, *words):
    lines = lekka(path, "--format", "json", *words).stdout.splitlines()
    return [json.loads(line) for line in lines]


def digits(page):
    return [field["ascii"] for field in page["fields"]]


def compare(name, path, expected, exact):
    """Whether the pages of a PDF are read like the pictures, exactly or in their digits."""
    found = readings(path)
    if len(found) != len(expected):
        failures.append(f"{name}: {len(found)} pages, not {len(expected)}")
        return
    for number, (page, like) in enumerate(zip(found, expected), 1):
        keys = ["width", "height", "fields"] if exact else []
        differs = [key for key in keys if page[key] != like[key]]
        if differs or digits(page) != digits(like) or page["page"] != number:
            failures.append(f"{name}, page {number}: differs in {differs}: {digits(page)} for {digits(like)}")
            return
    print(f"{name}: {len(found)} pages, {'the same box by box' if exact else 'the same digits'}")


def write(name, data):
    path = work / name
    path.write_bytes(data)
    return path


def group4(image):
    """A bilevel picture as a TIFF of one strip, and the strip."""
    data = io.BytesIO()
    image.save(data, "TIFF", compression="group4", strip_size=1 << 30, dpi=(200, 200))
    tags = Image.open(io.BytesIO(data.getvalue())).tag_v2
    (offset,), (length,) = tags[273], tags[279]
    return data.getvalue(), data.getvalue()[offset:offset + length], tags[262]


def jbig2(image, strip):
    """JBIG2 as it is embedded in PDF: the page, and a region that is coded like a fax."""
    width, height = image.size
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", width, height, 0, 0, 0) + bytes([1]) + strip
    segments = struct.pack(">IBBBI", 0, 48, 0, 1, len(page)) + page
    return segments + struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region


def one_picture(data, image, **entries):
    """A PDF around the data of one picture."""
    pdf = pikepdf.new()
    stream = pikepdf.Stream(pdf, data)
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height = image.size
    stream.ColorSpace, stream.BitsPerComponent = pikepdf.Name.DeviceGray, 1
    for key, value in entries.items():
        stream[f"/{key}"] = value
    width, height = (side * 72 / 200 for side in image.size)
    page = pdf.add_blank_page(page_size=(width, height))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=stream))
    page.Contents = pikepdf.Stream(pdf, f"q {width} 0 0 {height} 0 0 cm /Scan Do Q".encode())
    data = io.BytesIO()
    pdf.save(data)
    return data.getvalue()


def changed(data, change, **options):
    pdf = pikepdf.open(io.BytesIO(data))
    change(pdf)
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


names = ["sheet", "number", "sheet-dark"]
samples = [ROOT / "samples" / f"{name}.png" for name in names]
pictures = [Image.open(path).convert("L") for path in samples]
plain = [reading for path in samples for reading in readings(path)]

def check_pdf():
    # Scans as they are.
    compare("Flate with predictors (img2pdf)", write("flate.pdf", img2pdf.convert([str(path) for path in samples])), plain, True)
    photos = []
    for name, picture in zip(names, pictures):
        picture.save(work / f"{name}.jpg", quality=90, dpi=(300, 300))
        photos.append(work / f"{name}.jpg")
    jpegs = [reading for path in photos for reading in readings(path)]
    compare("JPEG (img2pdf)", write("jpeg.pdf", img2pdf.convert([str(path) for path in photos])), jpegs, True)
    colour = work / "colour.jpg"
    pictures[0].convert("RGB").save(colour, quality=90)
    compare("JPEG in colour (img2pdf)", write("colour.pdf", img2pdf.convert(str(colour))), readings(colour), True)
    sheet = pictures[0]
    bilevel = sheet.point(lambda value: 255 if value > 128 else 0).convert("1")
    tiff, strip, interpretation = group4(bilevel)
    faxed = readings(write("fax.tif", tiff))
    compare("CCITT group 4 (img2pdf)", write("fax.pdf", img2pdf.convert(str(work / "fax.tif"))), faxed, True)
    # JBIG2 has its ink black, as a fax; a TIFF may have it the other way round.
    if interpretation == 1:
        strip = group4(bilevel.point(lambda value: 255 - value))[1]
    data = one_picture(jbig2(bilevel, strip), bilevel, Filter=pikepdf.Name.JBIG2Decode)
    compare("JBIG2", write("jbig2.pdf", data), faxed, True)
    data = one_picture(bilevel.tobytes(), bilevel, ImageMask=True, Decode=pikepdf.Array([0, 1]))
    compare("a stencil", write("stencil.pdf", data), faxed, True)
    pictures[1].save(work / "pillow.pdf", resolution=200)
    compare("Pillow", work / "pillow.pdf", plain[1:2], False)

    # Pages that are turned.
    for angle in (90, 180, 270):
        lying = io.BytesIO()
        sheet.rotate(angle, expand=True).save(lying, "PNG")

        def turn(pdf, angle=angle):
            pdf.pages[0].Rotate = angle
        data = changed(img2pdf.convert(lying.getvalue()), turn)
        compare(f"turned by {angle} degrees", write(f"turned-{angle}.pdf", data), plain[:1], False)

    # Pages of several pictures, and with more than pictures.
    width, height = (side * 72 / 200 for side in sheet.size)
    page = canvas.Canvas(str(work / "strips.pdf"), pagesize=(width, height), pageCompression=1)
    for number in range(4):
        top, bottom = (sheet.height * (number + step) // 4 for step in (0, 1))
        part = ImageReader(sheet.crop((0, top, sheet.width, bottom)))
        page.drawImage(part, 0, height - bottom * 72 / 200, width, (bottom - top) * 72 / 200)
    page.showPage()
    page.drawImage(ImageReader(sheet), 0, 0, width, height)
    page.setFont("Helvetica", 4)
    page.drawString(1, 1, ".")
    page.showPage()
    page.save()
    compare("four strips, and text on a scan (ReportLab)", work / "strips.pdf", [plain[0], plain[0]], False)

    # LibreOffice draws the picture on a page of its own.
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office:
        command = [office, "--headless", "--convert-to", "pdf:draw_pdf_Export", "--outdir", work, samples[1]]
        subprocess.run(command, check=True, capture_output=True)
        compare("LibreOffice", work / "number.pdf", plain[1:2], False)
    else:
        print("LibreOffice is not installed: SKIPPED")

    # Locked and damaged files.
    data = img2pdf.convert(str(samples[1]))
    owner = changed(data, lambda pdf: None, encryption=pikepdf.Encryption(owner="secret", user=""))
    compare("encrypted without a password to open it", write("owner.pdf", owner), plain[1:2], True)
    locked = changed(data, lambda pdf: None, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    run = lekka(write("locked.pdf", locked), status=2)
    if "protected by a password" not in run.stderr:
        failures.append(f"locked: {run.stderr}")
    for length in (5, len(data) // 2, len(data) - 30):
        path = write("cut.pdf", data[:length])
        run = subprocess.run([arguments.lekka, "read", path], capture_output=True, text=True)
        if run.returncode not in (0, 2) or "panicked" in run.stderr:
            failures.append(f"cut off after {length}: {run.returncode} {run.stderr}")
    print("locked and cut off files are answered")


probe = subprocess.run([arguments.lekka, "read", write("probe.pdf", b"%PDF-1.7")], capture_output=True, text=True)
with_pdf = "this kind of PDF is not read" not in probe.stderr
if with_pdf:
    check_pdf()
else:
    print("PDF is not built in: SKIPPED")

# What is written.
files = [*samples, work / "flate.pdf"] if with_pdf else samples
lekka("--format", "alto", "--annotate", work / "drawn", "-o", work / "alto", *files)
lekka("--format", "hocr", "-o", work / "hocr", *files)
altos = sorted((work / "alto").glob("*.xml"))
if arguments.schema:
    class Beside(etree.Resolver):
        def resolve(self, url, identifier, context):
            return self.resolve_filename(str(arguments.schema.parent / url.rsplit("/", 1)[-1]), context)
    loader = etree.XMLParser()
    loader.resolvers.add(Beside())
    schema = etree.XMLSchema(etree.parse(str(arguments.schema), loader))
    for path in altos:
        if not schema.validate(etree.parse(str(path))):
            failures.append(f"{path.name}: {schema.error_log}")
    print(f"ALTO: {len(altos)} documents follow the schema")
else:
    print("ALTO: no schema was given: SKIPPED")
for path in sorted((work / "hocr").glob("*.hocr")):
    run = subprocess.run([sys.executable, "-m", "hocr_spec.cli", path], capture_output=True, text=True)
    if run.returncode:
        failures.append(f"{path.name}: {run.stdout} {run.stderr}")
print("hOCR: checked by hocr-spec")

shutil.rmtree(work)
for failure in failures:
    print(f"FAILED: {failure}")
sys.exit(bool(failures))
