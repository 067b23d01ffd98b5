"""PDF to text, page by page."""

from __future__ import annotations

import io
from typing import Final

from clawback.documents.plain import MAX_TEXT, one_line, plain_text
from clawback.documents.reading import PlainDocument, Unreadable

MAX_BYTES: Final = 64 << 20
MAX_PAGES: Final = 1_500
MAGIC: Final = b"%PDF-"


def read_pdf(data: bytes) -> PlainDocument:
    """Read a PDF. The dates that it holds are those of the file, so they are not taken for publication.

    Raises:
        Unreadable: too large, encrypted, broken, or pictures without text.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the PDF has {len(data)} bytes, at most {MAX_BYTES} are read")
    if MAGIC not in data[:1024]:
        raise Unreadable("the file is no PDF")
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("the PDF is encrypted")
        if len(reader.pages) > MAX_PAGES:
            raise Unreadable(f"the PDF has {len(reader.pages)} pages, at most {MAX_PAGES} are read")
        pages: list[str] = []
        for page in reader.pages:
            pages.append(plain_text(page.extract_text()))
            if sum(map(len, pages)) > MAX_TEXT:
                raise Unreadable(f"the PDF's text has more than {MAX_TEXT} characters")
        title = one_line((reader.metadata and reader.metadata.title) or "", 500)
    except (DependencyError, FileNotDecryptedError) as error:
        raise Unreadable("the PDF is encrypted") from error
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError) as error:
        # The library meets hostile structure with all of these.
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"the PDF is broken: {type(error).__name__}: {error}") from error
    text = plain_text("\n\n".join(pages))
    if not text:
        raise Unreadable("the PDF has no text: pictures of pages?")
    return PlainDocument(title=title or one_line(text.partition("\n")[0], 200), text=text)
