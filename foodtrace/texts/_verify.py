"""Texts of the area ``verify``: key -> (Chinese, English). What was looked at is said, and what that proves and does not."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "cli.verify.label": ("核验", "verifying"),
    "cli.verify.ok": (
        "核验通过  {logs} 本日志 {entries} 条, 检查点 {checkpoints} 个, 逐条全部核验",
        "verified  {logs} {logs:log|logs}, {entries} {entries:entry|entries}, {checkpoints} {checkpoints:checkpoint|checkpoints}, everything checked in full",
    ),
    "cli.verify.ok_new": (
        "核验通过  {logs} 本日志 {entries} 条  本次新增 {fresh} 条  (从上次检查点; 全部: --full)",
        "verified  {logs} {logs:log|logs}, {entries} {entries:entry|entries}, {fresh} of them new  (since the last run; everything: --full)",
    ),
    "cli.verify.known": (
        "  其余 {known} 条: 每个字节都重新散列, 与标记 {mark} 相同; 格式和签名由以前的核验查过 (最早 {since}), 这次没有重查",
        "  the other {known}: every byte was hashed again and is as the mark {mark} says; their form and signatures were checked by earlier runs, the first at {since}, and not again",
    ),
    "cli.verify.damaged": ("上次的标记损坏, 没有采用: 已全部重查", "the mark of the last run is damaged and was not used: everything was checked again"),
    "cli.verify.other_program": ("上次的标记出自另一版本, 没有采用: 已全部重查", "the mark of the last run is another version's and was not used: everything was checked again"),
    "cli.verify.not_written": ("标记写不进 {mark}: 下次仍须全部核验", "the mark could not be written to {mark}: the next run will have to check everything again"),
    "cli.verify.level.chain": (
        "  链: 每条与封存时相同, 次序不缺。不证明: 整本没有被重写",
        "  chain: every entry is as it was sealed, in order, none missing. Not: that the whole was not written anew",
    ),
    "cli.verify.level.signed": (
        "  签名: 检查点由日志自己登记的密钥签署 {by}。不证明: 内容真实, 密钥没有被盗, 别人看到的是同一本",
        "  signed: by the key the log itself registered, {by}. Not: that what was written is true, that the key was not stolen, that others are shown the same",
    ),
    "cli.verify.level.witnessed": (
        "  见证: 前 {size} 条与见证方 {by} 见过的是同一段历史。不证明: 见证方与日志没有串通",
        "  witnessed: the first {size} {size:entry is|entries are} the history that {by} has seen. Not: that witness and log do not collude",
    ),
    "cli.verify.level.published": (
        "  公布: 前 {size} 条与 {by} 中较早的检查点一致, 此后没有改动或删去。其分量在于谁保管这个文件",
        "  published: the first {size} {size:entry is|entries are} those of the older checkpoint in {by}, none changed or taken away since. It weighs as much as whoever kept that file",
    ),
    "cli.verify.no_older": (
        "  没有见证方或较早的检查点可比: 用盗来的密钥另写一本, 这里看不出 (--since 文件)",
        "  no witness and no older checkpoint to compare with: another history by a stolen key would not be noticed (--since FILE)",
    ),
    "cli.verify.bare": (
        "  日志 {log} 有 {count} 批的检查点不在此: 按账本所写, 这些记录是用 import 从副本带来的, 副本里没有它们",
        "  log {log}: {count} {count:batch without its checkpoint|batches without their checkpoints}: by what the ledger says {count:its|their} entries came by import, from a copy, which has none",
    ),
    "cli.verify.names_unused": (
        "  {count} 个名称没有任何记录在用: PostgreSQL 上被拒的一批会留下, 或是有人写进去的; 查询都不理它们",
        "  {count} {count:row|rows} of the table of names that no record uses: a batch that was refused leaves such on PostgreSQL, or somebody wrote {count:it|them}; no answer heeds {count:it|them}",
    ),
    "cli.verify.only_key": (
        "  日志 {log} 里只有自己的密钥: 还没有记过任何事",
        "  log {log} has nothing in it but its own key: no event was recorded yet",
    ),
    "cli.verify.empty": ('没有可核验的: 日志是空的。空日志不算 "通过"。', 'nothing to verify: the log is empty. An empty log is not "verified".'),
    "cli.verify.broken": ("核验失败  {count} 处", "NOT verified  {count} {count:finding|findings}"),
    "cli.verify.more": ("  另有 {count} 处: --json 全部列出", "  and {count} more: --json lists all"),
    "cli.verify.not_compared": (
        "  日志 {log}: 由它算出的各行没有核对, 因为{reason}; 它们对不对, 这次不知道",
        "  log {log}: what was computed from it was not compared, because: {reason}; whether it is right is not known",
    ),
    "cli.verify.place": ("{log} 第 {seq} 条", "{log} #{seq}"),
    "cli.verify.whole": ("整个账本", "the whole ledger"),
    "cli.verify.before": ("  此条之前的 {count} 条完好", "  the {count} {count:entry before it holds|entries before it hold}"),
    "cli.verify.expected": ("应为", "expected"),
    "cli.verify.got": ("实为", "got"),
    "cli.verify.stop": ("不要再写入。先复制 {db}, 再与检查点的副本比对。", "Write no more. Copy {db} first, then compare with copies of the checkpoints."),
    "verify.since_log": ("检查点是日志 {value} 的, 这里没有这本日志", "the checkpoint is of log {value}, which is not here"),
    "verify.since_log.hint": ("这里有: {expected}", "here are: {expected}"),
    "tlog.forked": ("与较早的检查点不是同一段历史", "not the history of an older checkpoint"),
    "tlog.beyond_seal": (
        "recover --new-log 留下的日志, 后来又有人用旧密钥写了",
        "a log that recover --new-log left was written afterwards with its old key",
    ),
    "tlog.two_heirs": (
        "有两本日志都说自己接续这一本: 有人用找到的旧密钥另接了一本; 先保留证据",
        "two logs say that they continue this one: somebody with its old key made the other; keep the evidence first",
    ),
    "tlog.rolled_back": ("条数比较早的检查点还少: 旧备份, 或尾部被截去", "fewer entries than an older checkpoint has: an old copy, or the tail was cut off"),
    "tlog.other_checkpoint": (
        "检查点不是本机签过的那个, 或不见了; 记录没有少, 也没有变",
        "the checkpoint is not the one that this host signed, or is gone; no entry is missing or other",
    ),
    "tlog.anchor_damaged": (
        "本机的检查点副本读不出来: 比本机签过的少不少, 无法比较; 与其他副本比对",
        "this host's anchor cannot be read: whether anything signed here is missing was not compared; compare with other copies",
    ),
    "tlog.log_gone": (
        "较早核验过的日志不在账本里了: 被移走, 或换了一个账本; 确是有意弃用的, 移走括号里的文件",
        "a log that was verified here before is not in the ledger: taken out, or another ledger; if given up on purpose, move the file named away",
    ),
    "tlog.checkpoint_gone": ("检查点比较早核验时少", "fewer checkpoints than an earlier run counted"),
    "tlog.no_checkpoint": (
        "一批在这里结束 (此后时间不同), 却没有它的检查点: 被删去",
        "a batch ended here, for time changes, and its checkpoint is not on record: it was taken out",
    ),
    "tlog.since_empty": ("较早的检查点是空日志的, 什么也不证明", "the older checkpoint is of an empty log and proves nothing"),
    "tlog.since_signature": ("较早的检查点不是由当时有效的密钥签署", "the older checkpoint is not signed by the key then in force"),
    "tlog.id_twice": ("同一编号出现两次", "an id stands twice"),
    "tlog.parts": ("分条记的事件不全, 或各条不相连", "parts of an event are missing, or not together in one batch"),
    "tlog.unexplained": (
        "两遍核验结果不一致: 不能算通过, 请把账本的副本交给维护者",
        "the two passes of verify disagree: this is no yes; show a copy of the ledger to whoever maintains the program",
    ),
}
