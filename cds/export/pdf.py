"""A page of HTML as PDF, when WeasyPrint and the libraries of the system that it draws with are there."""

from __future__ import annotations


class NoPdf(Exception):
    """The PDF cannot be made on this machine; the message says why."""


INSTALL = (
    "install WeasyPrint (pip install 'bone-cds[pdf]') and Pango with fonts (on Debian and Ubuntu: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-droid-fallback), "
    "or ask for --html-only"
)


def pdf_of(html: str) -> bytes:
    """The page as PDF, dated as the page says; NoPdf when the machine cannot make one. Nothing is fetched."""
    try:
        from weasyprint import HTML, urls  # noqa: PLC0415 - it loads libraries that a machine may not have
    except (ImportError, OSError) as missing:
        raise NoPdf(str(missing).strip().splitlines()[0]) from missing
    document = HTML(string=html, url_fetcher=urls.URLFetcher(allowed_protocols=()))
    return bytes(document.write_pdf())
