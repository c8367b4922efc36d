"""Text that came with the patient's data can never become markup or a link in a card."""

from __future__ import annotations

LONGEST = 400
MARKUP = {ord(character): f"\\{character}" for character in "\\`*_{}[]#|~!"}
ENTITIES = {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"}
INERT = MARKUP | ENTITIES
LINKS = (("://", ": //"), ("www.", "www ."), ("WWW.", "WWW ."), ("@", " at "))


def plain(text: str) -> str:
    """One line of printable characters, not endless."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def markdown(text: str) -> str:
    """The plain text, inert in GitHub-flavoured Markdown: no HTML, no emphasis, no autolink."""
    inert = plain(text)
    for link, broken in LINKS:
        inert = inert.replace(link, broken)
    return inert.translate(INERT)
