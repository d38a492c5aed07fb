"""Texts of the area ``demo``: key -> (Chinese, English)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "demo.exists": ("{value} 已经在了, 演示不覆盖任何文件", "{value} is there already, the demo overwrites nothing"),
    "demo.exists.hint": ("换一个 --db 文件名, 或先删掉它和 {value}.keys 目录", "give another --db, or remove it first, with the directory {value}.keys"),
    "demo.register": ("登记经营者和场所", "operators and sites registered"),
    "demo.labels": ("农场开具合格证, 打印标签", "farms issue certificates and print labels"),
    "demo.gate": ("门岗读标签, 决定", "the gate reads the labels and decides"),
    "demo.settlement": ("档口卖给网点: 结算文件", "stalls sell to outlets: settlement files"),
    "demo.formula": ("奶粉: 批次, 配送, 零售", "formula: batches, deliveries, sales"),
    "demo.recalls": ("两次召回", "two recalls"),
    "demo.verify": ("核验", "verified"),
    "demo.total": (
        "北河市 (虚构) 一个月: 网点 {outlets}  事件 {entries}  {seconds} 秒  账本 {db}",
        "Beihe (fictitious), one month: {outlets} {outlets:outlet|outlets}, {entries} {entries:event|events}, {seconds} s, ledger {db}",
    ),
    "demo.recall": (
        "  案件 {case}  {lot}  批次 {lots}  网点 {outlets}  回收率 {R1} %  应召回率 {R2} %  去向清楚率 {R3} %",
        "  case {case}  {lot}  {lots} {lots:lot|lots}, {outlets} {outlets:outlet|outlets}  recovered {R1} %, should be recalled {R2} %, accounted for {R3} %",
    ),
    "demo.verified": ("  核验通过  {logs} 本日志 {entries} 条, 签名全部有效", "  verified  {logs} {logs:log|logs}, {entries} {entries:entry|entries}, every signature holds"),
    "demo.try": ("接着试 (现在就能运行):", "try next (they work now):"),
}
