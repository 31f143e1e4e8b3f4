"""Reads the sheet of a certificate as a stranger would: its text by pypdf, its picture by PDFium, the code on it by OpenCV. Prints JSON."""

import json
import sys

import cv2
import pypdf
import pypdfium2

path = sys.argv[1]
pages = pypdf.PdfReader(path).pages
picture = pypdfium2.PdfDocument(path)[0].render(scale=3).to_numpy()
decoded, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture)
fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
embedded = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts if "/DescendantFonts" in font]
print(
    json.dumps(
        {
            "text": "".join(page.extract_text() for page in pages),
            "decoded": decoded,
            "dark": int((picture < 128).any(axis=-1).sum()),
            "embedded": len(embedded) > 0 and all("/FontFile2" in font for font in embedded),
        }
    )
)
