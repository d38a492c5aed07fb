"""Texts of the area ``errors``: events, storage, ledger. Key -> (Chinese, English)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "event.text": ("事件 {value} 不能写成字节: {reason}", "event {value} cannot be written as bytes: {reason}"),
    "event.text.hint": ("去掉不成对的代理字符或过大的数", "remove lone surrogates or numbers that are too large"),
    "event.size": ("事件 {value} 有 {size} 字节, 最多 {expected}", "event {value} has {size} bytes, at most {expected} fit"),
    "event.size.hint": ("拆成几个事件", "split it into several events"),
    "event.form": ("事件格式不对: {reason}", "not a well-formed event: {reason}"),
    "event.form.hint": ("格式见 foodtrace schema event", "the form is what `foodtrace schema event` says"),
    "event.not_canonical": ("事件 {value} 的字节不是规范形式", "the bytes of event {value} are not in canonical form"),
    "event.not_canonical.hint": ("可能被改写过", "it may have been rewritten"),
}
