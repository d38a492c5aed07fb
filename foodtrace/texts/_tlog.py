"""Texts of the area ``tlog``: key -> (Chinese, English).

Proofs, signed notes, checkpoints and keys. What a person can do about them is in the hints; the messages name numbers
and hashes, for whoever has to find out.
"""

from typing import Final

_ASK_AGAIN: Final = ("请出具方重新给出证明", "ask whoever gave the proof for it again")
_DAMAGED: Final = ("文件可能在传送中被改动, 请重新取得原件", "the file may have been changed on its way: fetch the original again")
_STOP: Final = ("停止写入, 保留现场, 运行 foodtrace verify --full", "stop writing, keep everything as it is, run foodtrace verify --full")
_FORK: Final = (
    "两份检查点都要保存, 它们是证据; 通知日志的管理方和监管方",
    "keep both checkpoints, they are evidence; tell whoever runs the log, and the regulator",
)
_NEW_KEY: Final = ("用 foodtrace key create 生成新的密钥", "make a new key with foodtrace key create")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # Merkle proofs
    "proof.number": ("{what} 是 {value}, 应为 {expected} 的整数", "{what} is {value}, expected an integer {expected}"),
    "proof.number.hint": _ASK_AGAIN,
    "proof.form": ("{what} 应为散列值的列表, 得到 {value}", "{what} must be a list of hashes, got {value}"),
    "proof.form.hint": _ASK_AGAIN,
    "proof.hash_length": (
        "{what} 的散列值应为 {expected} 字节, 得到 {value}",
        "a hash of {what} must be {expected} {expected:byte|bytes} long, got {value}",
    ),
    "proof.hash_length.hint": _ASK_AGAIN,
    "proof.index_outside": ("序号 {value} 不在 {expected} 条记录的日志之内", "index {value} is outside a log of {expected} {expected:entry|entries}"),
    "proof.index_outside.hint": (
        "换用签署时间更晚, 已含该记录的检查点",
        "use a later checkpoint, signed when the entry was already in the log",
    ),
    "proof.sizes": ("大小 {value}: 前一个应大于 0 且不大于后一个", "sizes {value}: the first must be above 0 and not above the second"),
    "proof.sizes.hint": ("先给较旧的检查点", "name the older checkpoint first"),
    "proof.length": ("证明含 {value} 个散列值, 与日志大小不符", "the proof has {value} {value:hash|hashes}, which does not fit the size of the log"),
    "proof.length.hint": _ASK_AGAIN,
    "proof.root_mismatch": (
        "该记录不在签署的日志的第 {index} 位: 算得根 {value}, 应为 {expected}",
        "the entry is not at position {index} of the signed log: its root comes out as {value}, expected {expected}",
    ),
    "proof.root_mismatch.hint": (
        "记录, 证明或位置不对; 三者须逐字节为原件",
        "the entry, the proof or the position is another one; all three must be the original bytes",
    ),
    "proof.roots_differ": (
        "大小同为 {size} 的两个检查点根不同: {value} 和 {expected}",
        "two checkpoints of the same size {size} have different roots: {value} and {expected}",
    ),
    "proof.roots_differ.hint": _FORK,
    "proof.old_root_mismatch": (
        "证明给出的旧日志 ({size} 条) 根为 {value}, 应为 {expected}",
        "the proof leads to another old log ({size} {size:entry|entries}): root {value}, expected {expected}",
    ),
    "proof.old_root_mismatch.hint": _FORK,
    "proof.new_root_mismatch": (
        "证明给出的新日志 ({size} 条) 根为 {value}, 应为 {expected}",
        "the proof leads to another new log ({size} {size:entry|entries}): root {value}, expected {expected}",
    ),
    "proof.new_root_mismatch.hint": _FORK,
    "proof.node_missing": ("存储中缺少节点: 层 {level} 号 {index}", "a stored node is missing: level {level} number {index}"),
    "proof.node_missing.hint": _STOP,
    "proof.frontier": (
        "日志头的边缘数据是 {value} 字节, 应为 {expected}",
        "the head's frontier is {value} {value:byte|bytes} long, expected {expected}",
    ),
    "proof.frontier.hint": _STOP,
    # Proofs as text
    "proof.too_long": ("证明是 {value} 字节, 最多 {expected}", "the proof is {value} {value:byte|bytes} long, at most {expected} are read"),
    "proof.too_long.hint": _DAMAGED,
    "proof.text_form": (
        "不是证明文件: 应为首部, 空行, 然后是签署的检查点",
        "this is no proof: expected a head, a blank line, then a signed checkpoint",
    ),
    "proof.text_form.hint": _DAMAGED,
    "proof.version": ('首行是 "{value}", 应为 "{expected}"', 'the first line is "{value}", expected "{expected}"'),
    "proof.version.hint": (
        "不是证明文件, 或由更新的版本写成",
        "this is no proof, or one that a newer version wrote",
    ),
    "proof.index_line": ('"{value}" 应为 "index 序号"', '"{value}" should be "index NUMBER"'),
    "proof.index_line.hint": _DAMAGED,
    "proof.extra_line": ('"{value}" 应为 "extra" 加 base64', '"{value}" should be "extra" and base64'),
    "proof.extra_line.hint": _DAMAGED,
    "proof.hash_line": ('"{value}" 不是 {expected} 字节的 base64', '"{value}" is not base64 of {expected} {expected:byte|bytes}'),
    "proof.hash_line.hint": _DAMAGED,
    "proof.witnesses": (
        "只有 {value} 个已知见证方签署, 要求 {expected} 个",
        "only {value} known {value:witness|witnesses} signed, {expected} are asked for",
    ),
    "proof.witnesses.hint": (
        "取得见证方签署后的检查点, 或补充见证方的公钥",
        "fetch the checkpoint after witnesses signed it, or add the keys of more witnesses",
    ),
    # Signed notes
    "note.too_long": ("文件是 {value} 字节, 最多 {expected}", "the note is {value} {value:byte|bytes} long, at most {expected} are read"),
    "note.too_long.hint": _DAMAGED,
    "note.utf8": ("不是 UTF-8 文本", "the note is not UTF-8 text"),
    "note.utf8.hint": _DAMAGED,
    "note.control": ("含有控制字符", "the note has control characters"),
    "note.control.hint": (
        "换行须为 LF; 有些编辑器会改成 CR LF",
        "lines end with LF alone; some editors and mail programs make CR LF of it",
    ),
    "note.form": (
        "不是签署的文本: 应为正文, 空行, 签名行, 以换行结束",
        "this is no signed note: expected text, a blank line, signature lines, and a line end at the end",
    ),
    "note.form.hint": _DAMAGED,
    "note.text": ("待签署的正文须以换行结束", "a text to be signed must end with a line end"),
    "note.too_many": ("有 {value} 个签名, 最多 {expected}", "there are {value} {value:signature|signatures}, at most {expected} are read"),
    "note.too_many.hint": _DAMAGED,
    "note.signature_line": ('"{value}" 不是签名行', '"{value}" is not a signature line'),
    "note.signature_line.hint": _DAMAGED,
    "note.key_ambiguous": (
        "两个不同的已知密钥同名同号: {value}",
        "two different known keys have the same name and id: {value}",
    ),
    "note.key_ambiguous.hint": (
        "这不会偶然发生; 查清密钥列表由谁改过",
        "this does not happen by accident: find out who changed the list of keys",
    ),
    "note.bad_signature": ("{value} 的签名不对", "the signature of {value} does not verify"),
    "note.bad_signature.hint": (
        "正文或签名被改动过; 不要采用",
        "text or signature was changed: do not rely on it",
    ),
    "note.no_known_key": (
        "没有已知密钥的签名: 签署者 {value}, 已知 {expected}",
        "no known key signed: signed by {value}, known are {expected}",
    ),
    "note.no_known_key.hint": (
        "向日志的管理方核对并取得其公钥",
        "get the public key from whoever runs the log, by a way you trust",
    ),
    # Checkpoints
    "checkpoint.form": (
        "检查点应为三行或更多, 现有 {value} 行: 来源, 大小, 根, 扩展",
        "a checkpoint has three lines or more, this has {value}: origin, size, root, extensions",
    ),
    "checkpoint.form.hint": _DAMAGED,
    "checkpoint.line": ('"{value}" 不能作检查点的一行', '"{value}" cannot be a line of a checkpoint'),
    "checkpoint.line.hint": ("不得为空, 不含控制字符", "a line is not empty and has no control characters"),
    "checkpoint.extensions": ("扩展行 {value} 行, 最多 {expected}", "there are {value} extension {value:line|lines}, at most {expected} are read"),
    "checkpoint.extensions.hint": _DAMAGED,
    "checkpoint.size": ('大小 "{value}" 应为 {expected} 的十进制数', 'size "{value}" must be a decimal of {expected}'),
    "checkpoint.size.hint": _DAMAGED,
    "checkpoint.root": ('根 "{value}" 不是 {expected} 字节的 base64', 'root "{value}" is not base64 of {expected} {expected:byte|bytes}'),
    "checkpoint.root.hint": _DAMAGED,
    "checkpoint.empty_root": ("空日志的根是 {value}, 应为 {expected}", "the root of an empty log is {value}, expected {expected}"),
    "checkpoint.empty_root.hint": _STOP,
    "checkpoint.other_origin": ('检查点属于 "{value}", 应为 "{expected}"', 'the checkpoint is of "{value}", expected "{expected}"'),
    "checkpoint.other_origin.hint": ("换用该日志的检查点", "use a checkpoint of that log"),
    "checkpoint.not_by_log": (
        '日志 "{expected}" 自己的密钥没有签署, 只有 {value}',
        'no key of the log "{expected}" itself signed, only {value}',
    ),
    "checkpoint.not_by_log.hint": (
        "向日志的管理方核对并取得其公钥",
        "get the public key from whoever runs the log, by a way you trust",
    ),
    # Public keys and verifier keys
    "key.name": (
        '"{value}" 不能作密钥名: 不得为空, 不含空白, 加号和控制字符, 最多 {expected} 字节',
        '"{value}" cannot be a key name: not empty, no white space, plus or control character, at most {expected} {expected:byte|bytes}',
    ),
    "key.name.hint": ("用日志的来源作名, 如 example.com/market/gate1", "use the origin of the log, such as example.com/market/gate1"),
    "key.id": (
        '"{value}" 不是密钥号, 应为 {expected} 位小写十六进制',
        '"{value}" is not a key id, expected {expected} lower-case hex {expected:digit|digits}',
    ),
    "key.id.hint": ("foodtrace key list 列出密钥号", "foodtrace key list shows the key ids"),
    "key.length": ("公钥是 {value} 字节, 应为 {expected}", "the public key is {value} {value:byte|bytes} long, expected {expected}"),
    "key.length.hint": _NEW_KEY,
    "key.not_canonical": ("公钥 {value} 不是规范编码", "public key {value} is not in the canonical encoding"),
    "key.not_canonical.hint": _NEW_KEY,
    "key.off_curve": ("公钥 {value} 不是曲线上的点", "public key {value} is not a point of the curve"),
    "key.off_curve.hint": _NEW_KEY,
    "key.weak": ("公钥 {value} 是弱密钥, 任何人都能伪造其签名", "public key {value} is weak: anybody can forge its signatures"),
    "key.weak.hint": _NEW_KEY,
    "key.algorithm": ("不支持密钥算法 {value}, 可用: {expected}", "key algorithm {value} is not supported, expected one of {expected}"),
    "key.algorithm.hint": ("1 是 Ed25519, 4 是见证方密钥", "1 is Ed25519, 4 the key of a witness"),
    "key.is_private": ("这是私钥文件, 不是验证密钥", "this is a private key file, not a verifier key"),
    "key.is_private.hint": (
        "验证密钥由 foodtrace key list 列出; 若私钥已给了别人, 用 foodtrace key rotate --stolen 更换",
        "its verifier key is printed by foodtrace key list; if the private key was given away, foodtrace key rotate --stolen",
    ),
    "key.vkey": ('"{value}" 不是验证密钥, 应如 {expected}', '"{value}" is not a verifier key, expected the form {expected}'),
    "key.vkey.hint": ("完整复制一行, 不带引号和空格", "copy the whole line, without quotes or spaces"),
    "key.vkey_id": ('验证密钥 "{value}" 的编号不对, 应为 {expected}', 'the id in verifier key "{value}" does not fit, expected {expected}'),
    "key.vkey_id.hint": ("名称或密钥抄错了, 重新取得", "name or key was changed in copying: fetch it again"),
    # Private keys
    "key.missing": ("没有密钥 {value} (目录 {path})", "there is no key {value} in {path}"),
    "key.missing.hint": ("恢复密钥备份, 或用 --keys 指明目录", "restore the key from its copy, or name its folder with --keys"),
    "key.exists": ("密钥文件已存在: {value}", "the key file exists already: {value}"),
    "key.exists.hint": ("密钥文件从不覆盖: 看哪一份是好的, 另一份移走保留", "a key file is never overwritten: see which one is whole, move the other away and keep it"),
    "key.mode": ("他人可以读取密钥文件 {value} (权限 {mode})", "others can read the key file {value} (mode {mode})"),
    "key.mode.hint": (
        "chmod {expected} 该文件; 若他人可能已读取, 更换密钥",
        "chmod {expected} that file; if somebody may have read it, rotate the key",
    ),
    "key.dir_mode": ("他人可以写入密钥目录 {value}", "others can write to the key directory {value}"),
    "key.dir_mode.hint": ("chmod {expected} 该目录, 或换一个目录", "chmod {expected} that directory, or use another"),
    "key.io": ("无法读写 {value}: {expected}", "cannot read or write {value}: {expected}"),
    "key.io.hint": ("检查磁盘, 路径和权限", "look at the disk, the path and the rights"),
    "key.file": ("{value} 不是密钥文件, 应为 {expected}", "{value} is not a key file, expected {expected}"),
    "key.file.hint": ("从备份取回该文件", "bring the file back from the backup"),
    "key.file_differs": (
        "密钥文件 {value} 内是另一把密钥 {got}, 应为 {expected}",
        "the key file {value} holds another key {got}, expected {expected}",
    ),
    "key.file_differs.hint": ("从备份取回该文件", "bring the file back from the backup"),
    "key.passphrase_empty": ("口令为空", "the passphrase is empty"),
    "key.passphrase_empty.hint": ("给出口令, 或不用口令", "give one, or none at all"),
    "key.passphrase_form": ("口令含有无法编码的字符", "the passphrase has characters that cannot be encoded"),
    "key.passphrase_form.hint": ("终端的编码应为 UTF-8", "the terminal should use UTF-8"),
    "key.passphrase_needed": ("该密钥需要口令", "this key needs its passphrase"),
    "key.passphrase_needed.hint": ("用环境变量 FOODTRACE_PASSPHRASE 给出; 口令丢了等于密钥丢了: docs/keys.md", "give the passphrase it was made with in FOODTRACE_PASSPHRASE; a lost one is a lost key: docs/keys.md"),
    "key.passphrase_wrong": ("口令不对, 或密钥文件已损坏", "the passphrase is wrong, or the key file is damaged"),
    "key.passphrase_wrong.hint": ("检查大小写和输入法; 口令丢了等于密钥丢了: docs/keys.md", "look at upper case and the input method; a lost passphrase is a lost key: docs/keys.md"),
}
