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
    "cleared.closed": ("{case} 已结案。目前涉及的货已全部解除。", "{case} closed. All goods that it reaches were cleared."),
    "cleared.result": ("发现的货已解除, 可以卖", "cleared goods found, which may be sold"),
    "finds.cleared": (
        ("{name} {at} 抽查发现 {lot} {quantity} ({entry}): 该批已在那里解除 ({others}), 账上可卖的有 {free}, 就当是这些, 不用封存。"
        "别的没发现就是合格: foodtrace case check {site} clean --case {case}"),
        ("{name}, visit of {at}: {quantity} of {lot} found ({entry}), which was cleared there ({others}); {free} of it lie free by the book, and these are "
        "taken for them: nothing to seal. If nothing else lay there the visit was clean: foodtrace case check {site} clean --case {case}"),
    ),
    "finds.more": (
        "{name} {at} 抽查发现 {lot} {quantity} ({entry}), 解除的账上可卖的只有 {free}, 多出 {doubt}: 分不清哪些检查过, 解除 ({others}) 从此不算数, 全部重新停售",
        ("{name}, visit of {at}: {quantity} of {lot} found ({entry}) where {free} lay free by the book and were cleared, {doubt} too much: nobody can tell "
        "which were examined, so the clearing ({others}) holds no more, and all of it there is recalled again"),
    ),
    "finds.sealed": (
        ("{name} {at} 抽查发现没封存的 {lot} {quantity} ({entry}), 账上可动的只有 {free}, 另有 {custody} 已封存或收回 ({others})。"
        "多出的 {doubt} 若就是那些, 有一条记录不对, 更正它 (foodtrace correct {other} 或 {entry}, --did-not-occur); 若是别的货, 也封存。现在两笔都计入"),
        ("{name}, visit of {at}: {quantity} of {lot} found free ({entry}) where {free} lay free by the book, and {custody} are under seal or kept apart "
        "({others}). If the {doubt} too much are the same goods, one record is wrong: correct it (foodtrace correct {other}, or {entry}, "
        "--did-not-occur). If they are others, seal these too. Until then both count"),
    ),
    "finds.no_lot": ("没说批次的货", "goods of no lot that was said"),
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
