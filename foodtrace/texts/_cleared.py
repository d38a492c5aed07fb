"""Goods that a case cleared, beside its rates and in its lists (ADR 36)."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "cleared.in_base": ("已解除, 仍计在应召回里: {quantity} (现存或在途)", "cleared, and still in what should be recalled: {quantity} on hand or on its way"),
    "cleared.custody": ("其中封存或收回 {quantity}", "in custody {quantity} of it"),
    "cleared.without_lot": ("已解除, 没写批次: {quantity}", "cleared, without lot: {quantity}"),
    "cleared.own": ("召回方场所 {quantity}", "at the recaller's own sites {quantity}"),
    "cleared.sold": ("解除后已售 {quantity}", "sold since {quantity}"),
    "cleared.sold_before": ("同处解除前已售 {quantity}, 没有检查过", "sold there before, and not examined: {quantity}"),
    "cleared.at_most": ("至多 {quantity}", "at most {quantity}"),
    "cleared.lapsed": (
        "  {name} {at} 的解除从 {lapsed} 起不再算数 (又来了货, 或数出更多, 或封存的没有检查): {lots} 在那里重新停售",
        "  the clearing at {name} of {at} holds no more since {lapsed} (more came, or was counted, or lay in custody): {lots} there is recalled again",
    ),
    "cleared.places": ("  在: {names}", "  at {names}"),
    "cleared.outlets": ("  货已全部解除的网点 {count} 家: {names}", "  outlets all of whose goods are cleared: {count} ({names})"),
    "cleared.lapsed_more": ("  另有 {count} 处的解除不再算数", "  and {count} more {count:clearing that holds|clearings that hold} no more"),
    "cleared.no_notice": ("已解除不用通知: {names}", "cleared, needs no notice: {names}"),
    "cleared.no_answer": ("已解除不用回执: {names}", "cleared, needs no answer: {names}"),
    "cleared.no_visit": ("已解除不用抽查: {names}", "cleared, needs no visit: {names}"),
    "cleared.let_off": ("另有 {count} 家已解除", "{count} more cleared"),
    "cleared.all": ("已解除", "cleared"),
    "cleared.part": ("部分解除", "part cleared"),
    "cleared.here": ("-, 货已解除", "-, goods cleared"),
    "recall.file.cleared": ("解除", "cleared"),
    "report.table.cleared": ("已解除的货", "Cleared goods"),
    "report.says.cleared": (
        "这些货已由本案解除, 可以再卖, 不再通知, 催回执, 封存。它们仍计在流出和应召回里, 召回率不因解除而变。",
        "The case cleared these goods: they may be sold, and nobody has to be told, to answer or to seal. No rate is better for it: they stay in all.",
    ),
    "report.row.cleared": ("已解除", "cleared"),
    "report.column.custody": ("其中封存或收回", "in custody of it"),
    "report.column.sold_since": ("解除后已售", "sold since"),
    "report.column.sold_before": ("解除前已售", "sold before"),
    "report.column.let_off": ("已解除", "cleared"),
}
