"""What a gate of the command line is shown: a certificate's text by its label, and a clerk's card by its picture."""

import json
from pathlib import Path

from tests.cli.shell import run


def certificate(folder: Path, product: str, quantity: str) -> str:
    run(folder, "certificate", "issue", product, quantity, "--basis", "1", "--out", "label.png")
    return str(json.loads(run(folder, "scan", "label.png", "--json"))[0]["text"])


def card_on(picture: Path) -> str:
    from foodtrace.certificate.read import read_image

    (found,) = [each.text for each in read_image(picture)]
    return found
