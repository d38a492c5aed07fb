"""Commitment certificates (承诺达标合格证): what their QR code says, how a label is drawn and how it is read.

=============  ================================================================================
module         what
=============  ================================================================================
``payload``    the text in the QR code, byte for byte: encode, decode, verify. Pure
``link``       the address form of that text. Pure
``body``       the signed bytes inside it. Pure
``typed``      mends what a keyboard did to a scanned text. Pure
``scan``       says what any scanned text is. Pure
``picture``    picture files and PDF pages -> grey pixels, bounded. Loads Pillow when used
``read``       pictures -> texts, through a chain of readers. Loads the QR readers when used
``label``      what stands on a label, and where, in printer dots. Pure
``font``       the label's typeface, in the package
``draw``       labels as PNG and SVG. Loads Pillow, qrcode and fontTools when used
``pdf``        labels as PDF, and A4 sheets of 28. Loads reportlab when used
=============  ================================================================================

Only the pure half is imported here, so that checking a code loads no picture library.
"""

from foodtrace.certificate.payload import Payload, Test, decode, encode, verify
from foodtrace.certificate.scan import Scan, authenticate, classify, classify_line

__all__ = ["Payload", "Scan", "Test", "authenticate", "classify", "classify_line", "decode", "encode", "verify"]
