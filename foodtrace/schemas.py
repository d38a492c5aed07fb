"""JSON Schema (2020-12) of events and answers, generated from the structs; ``schemas/`` holds the generated files."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import Acknowledgement, AnyEvent
from foodtrace.keeping.acknowledge import Acknowledged
from foodtrace.keeping.backup import Backup
from foodtrace.keeping.doctor import Examination
from foodtrace.keeping.keyrows import KeyRow
from foodtrace.keeping.recovery import Recovery
from foodtrace.keeping.rotation import Changed
from foodtrace.operations.answers import GateSaid, ResolvedSaid, TestSaid
from foodtrace.operations.answersfile import AnswersSaid
from foodtrace.operations.blast import Blast
from foodtrace.operations.caseanswer import CaseStatus
from foodtrace.operations.caselist import CaseLine
from foodtrace.operations.certificatestate import Shown
from foodtrace.operations.checks import Checked, Drawn, Redrawn
from foodtrace.operations.corrections import Corrected
from foodtrace.operations.erasing import Erased
from foodtrace.operations.held import Held
from foodtrace.operations.history import History
from foodtrace.operations.noticepage import Mail
from foodtrace.operations.overspent import Overspent
from foodtrace.operations.packing import Content
from foodtrace.operations.reconciling import Reconciliation
from foodtrace.operations.said import Announced, BadRows, ErrorSaid, FilesWritten, OperatorShown, SiteLine
from foodtrace.operations.samplecheck import DayChecked
from foodtrace.operations.scanning import ScanAnswer
from foodtrace.operations.sellers import FileSaid
from foodtrace.operations.shopdesk import BatchShown, Brought, CountSaid
from foodtrace.operations.shopledger import Statement
from foodtrace.operations.staff import StaffSaid
from foodtrace.operations.stoplist import StopList
from foodtrace.operations.tillsaid import MaySell, SoldSaid
from foodtrace.operations.trace import Trace
from foodtrace.operations.wrote import (
    CertificateSaid,
    KeyListWritten,
    KeyMade,
    KeySaid,
    LabelsWritten,
    OperatorSaid,
    SiteSaid,
    TransferSaid,
)
from foodtrace.recall.answer import Answer
from foodtrace.recall.drill import Drill
from foodtrace.recall.report import Report
from foodtrace.tlog.said import ImportSaid, ProofFile, ProofSaid, TilesSaid, WitnessSaid
from foodtrace.tlog.tileaudit import TilesAudit
from foodtrace.verification import Verification

_TYPES: Final[dict[str, Any]] = {
    "case-report": Report,
    "backup": Backup,
    "bad-rows": BadRows,
    "blast": Blast,
    "certificate-issue": CertificateSaid,
    "certificate-label": LabelsWritten,
    "certificate-show": list[Shown],
    "certificate-void": Shown,
    "corrected": Corrected,
    "doctor": Examination,
    "drill": Drill,
    "entry-history": History,
    "erased": Erased,
    "error": ErrorSaid,
    "event": AnyEvent,
    "case-acknowledge": Acknowledgement,
    "case-answers": AnswersSaid,
    "case-check": Checked,
    "case-notify": list[Mail],
    "case-sample": Drawn,
    "case-sample-verified": Redrawn,
    "case-list": list[CaseLine],
    "case-status": CaseStatus,
    "formula-check": MaySell,
    "formula-contents": tuple[Content, ...],
    "formula-count": CountSaid,
    "formula-ledger": Statement,
    "formula-return": Brought,
    "formula-sell": SoldSaid,
    "formula-show": BatchShown,
    "gate": GateSaid,
    "gate-conflicts": list[Overspent],
    "gate-expect": Announced,
    "gate-held": list[Held],
    "gate-staff": list[StaffSaid],
    "gate-resolve": ResolvedSaid,
    "gate-sampling-check": DayChecked,
    "scan": list[ScanAnswer],
    "recovery": Recovery,
    "operator-add": OperatorSaid,
    "recovery-beyond": Acknowledged,
    "operator-show": OperatorShown,
    "site-edit": SiteSaid,
    "site-file": FileSaid,
    "site-file-import": FilesWritten,
    "site-files": list[FileSaid],
    "site-list": list[SiteLine],
    "stoplist": StopList,
    "test": TestSaid,
    "recall": Answer,
    "key-changed": Changed,
    "key-create": KeyMade,
    "key-entry": KeySaid,
    "key-list": list[KeyRow],
    "key-list-export": KeyListWritten,
    "check-proof": list[ProofSaid],
    "export-tiles": TilesSaid,
    "import": list[ImportSaid],
    "prove": list[ProofFile],
    "reconcile": Reconciliation,
    "trace": Trace,
    "transfer": TransferSaid,
    "verify": Verification,
    "verify-tiles": TilesAudit,
    "witness": WitnessSaid,
}
NAMES: Final = tuple(_TYPES)
"""Names of the schemas."""


def schema_of(name: str) -> dict[str, Any]:
    """Return one schema. Raises ``NotFound`` (``schema.not_found``)."""
    if name not in _TYPES:
        raise NotFound("schema.not_found", value=name, near=NAMES)
    made: dict[str, Any] = msgspec.json.schema(_TYPES[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"foodtrace {name}", **made}
