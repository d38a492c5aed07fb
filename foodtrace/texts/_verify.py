"""Texts of the area ``verify``: key -> (Chinese, English). What was looked at, what that proves and does not, and what does not hold."""

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
    "cli.verify.ended": (
        "  日志 {log} 已由最后一条记录结束: 以后不再记入, 之后再写的都不算数",
        "  log {log} was ended by its last entry: nothing is recorded in it any more, and what is written after it counts for nothing",
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
    # What does not hold.
    "tlog.broken_link": ("与上一条的链接断了", "the link to the entry before is broken"),
    "tlog.checkpoint_keys": ("检查点所指的密钥条不对", "the checkpoint names another key entry"),
    "tlog.checkpoint_signature": ("检查点的签名不对", "the checkpoint's signature does not hold"),
    "tlog.checkpoint_size": ("检查点的条数不对", "the checkpoint has another size"),
    "tlog.empty": ("日志是空的", "the log is empty"),
    "tlog.entry_form": ("内容不是规范的记录", "the bytes are not a canonical entry"),
    "tlog.gap": ("条号不连续", "sequence numbers have a gap"),
    "tlog.head_mismatch": ("日志头与内容不符", "the head row does not fit the entries"),
    "tlog.key_chain": ("密钥条的次序不对", "the chain of key entries is broken"),
    "tlog.leaf_mismatch": ("内容与封存的散列不符", "the content does not fit the sealed hash"),
    "tlog.no_key": ("没有登记密钥", "no key is registered"),
    "tlog.node_mismatch": ("树节点不对", "a tree node does not fit"),
    "tlog.other_id": ("编号与内容不符", "the id does not fit the content"),
    "tlog.other_log": ("属于另一本日志", "the entry belongs to another log"),
    "tlog.other_seq": ("条号与内容不符", "the number does not fit the content"),
    "tlog.root_mismatch": ("检查点的根与内容不符", "the checkpoint's root does not fit the entries"),
    "tlog.time_backwards": ("时间倒退", "time runs backwards"),
    "tlog.truncated": ("尾部被截去", "the tail was cut off"),
    "tlog.uncovered": ("最后的记录没有检查点", "the last entries have no checkpoint"),
    "tlog.mistyped": ("有 foodtrace 从不写的值, 文件被别的程序改过", "a value that foodtrace never writes: something else wrote to the file"),
    "tlog.mistyped_more": (
        "这一列里这样的值还有这么多个, 没有逐个列出",
        "so many more such values stand in this column, and are not named one by one",
    ),
    "tlog.trigger_missing": ("封存表的保护不见了", "a guard of the sealed tables is gone"),
    "tlog.table_missing": (
        "账本的这张表不见了: 里面有过什么, 要靠它才能核对的, 都没有核对; 其余的核对了",
        "this table of the ledger is gone: what stood in it, and what can only be compared with it, was not looked at; all else was",
    ),
    "tlog.name_number": (
        "名称表里有 foodtrace 从不给的号: 新的名称可能没有号可用; foodtrace doctor 说怎么改",
        "the table of names has a number that foodtrace never gives: none may be left for the next name; foodtrace doctor says how to mend it",
    ),
    "tlog.name_number.hint": ("什么都没有记录; foodtrace doctor 说怎么改", "nothing was recorded; foodtrace doctor says how to mend it"),
    "tlog.older_version": (
        "账本自称版本较旧, 而它的表是新版的: 有人改过版本号; 其余无误就 foodtrace rebuild",
        "the ledger says it is of an older format than its tables are: somebody changed the number; if nothing else is wrong, foodtrace rebuild",
    ),
    "tlog.newer_version": (
        "账本自称由更新的 foodtrace 写成: 升级程序再验; 没有人升级过, 就是被改了",
        "the ledger says that a newer foodtrace wrote it: upgrade the program and verify again; if nobody upgraded, somebody changed it",
    ),
    "tlog.table_altered": (
        "账本的表、主键、唯一键或检查不是 foodtrace 建的样子: 同一行可能有两份, 查到的会不全 (怎么恢复见 foodtrace doctor)",
        "a table of the ledger, a key or a check is not as foodtrace makes it: a row can stand twice and answers lack what is there (how to mend it: foodtrace doctor)",
    ),
    "tlog.table_strange": (
        "账本的表不是 foodtrace 建的样子 (被视图顶替、断电会清空、与别的表相承等): 能隐藏、改写或丢掉记录 (怎么改回见 foodtrace doctor)",
        "a table of the ledger is not as foodtrace made it (a view in its place, one that a crash empties, one that inherits ..): it can hide, rewrite or lose rows (how to mend it: foodtrace doctor)",
    ),
    "tlog.setting_strange": (
        "数据库里有让封存表的保护失效的设置 (怎么改回见 foodtrace doctor)",
        "a setting of the database under which the guards of sealed tables do not work (how to mend it: foodtrace doctor)",
    ),
    "tlog.trigger_strange": (
        "账本的表上有不是 foodtrace 建的 (触发器、规则、行级限制等): 它能改写、拦下、抄走或隐藏记录",
        "on a table of the ledger there is what foodtrace did not make (a trigger, rule, row security ..): it can rewrite, keep out, copy or hide rows",
    ),
    "tlog.head_of_no_log": (
        "有一行日志头不属于任何日志: 下一本新日志会因此建不成; 确认后执行 foodtrace doctor 给的语句, 删去这一行",
        "a head row that belongs to no log, and keeps the next new log from being made; once you know how it came, the statements that foodtrace doctor prints take it away",
    ),
    "tlog.other_setting": (
        "账本的设置表里有 foodtrace 从不写的内容, 或缺了版本",
        "the ledger's table of settings has what foodtrace never writes, or no version",
    ),
    "tlog.no_head": ("日志头不见了", "the log's head is gone"),
    "projection.twice": ("同一行有两份 (括号里是份数)", "a row stands more than once (how often, in brackets)"),
    "projection.more": (
        "这张表里这样的行还有这么多 (stored 账本有, expected 应有, twice 重复), 没有逐行列出",
        "so many more such rows of this table, not named one by one (stored: the ledger has them; expected: it should; twice: more than once)",
    ),
    "projection.differs": ("汇总与记录不符", "what was computed does not fit the entries"),
}
