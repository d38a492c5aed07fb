"""What kind of goods a product is, as far as its name says. Pure.

Rules:

1. Meat is told by its name, because no certificate says it and the law asks for more papers (DOMAIN section 1.2).
2. Vegetables, fruit and mushrooms named after animals are produce (鸡腿菇, 牛油果, 羊肚菌, 鸭梨); so are eggs.
3. All else is produce. Imports, self-grown and packaged goods are said by the clerk: a name does not tell them.
"""

from __future__ import annotations

import re
from typing import Final, Literal

_NOT_MEAT: Final = re.compile(r"菇|菌|菜|椒|瓜|果|梨|葱|豆|蒡|蛋|桂|蔻|[果椰瓜枣]肉|桂圆肉|龙眼肉")
_MEAT: Final = re.compile(
    r"[猪牛羊鸡鸭鹅驴马兔鹿禽畜鲜冻]肉|肉$|白条|胴体|排骨|里脊|五花|[牛羊](?:腩|腱|排|腿|百叶)"
    r"|[猪牛羊](?:蹄|肝|肚|头|脚|耳|心|肠|舌|尾|骨)|[鸡鸭鹅](?:胸|翅|腿|爪|脖|肫|胗|架)|光[鸡鸭鹅]|整[鸡鸭鹅]"
    r"|\b(?:pork|beef|mutton|lamb|veal|meat|chicken|poultry)\b",
    re.IGNORECASE,
)

_VEGETABLES: Final = (
    "白菜", "萝卜", "土豆", "黄瓜", "西红柿", "豆角", "芹菜", "茄子", "辣椒",
    "菠菜", "韭菜", "大葱", "油麦菜", "生菜", "南瓜", "胡萝卜", "洋葱", "蘑菇",
    "苹果", "梨", "西瓜", "香瓜", "葡萄", "草莓", "玉米", "鸡蛋", "鲤鱼",
)  # fmt: skip
COMMON: Final[dict[str, tuple[str, ...]]] = {
    "produce": _VEGETABLES,
    "self_grown": _VEGETABLES,
    "meat": ("猪肉", "牛肉", "羊肉", "鸡肉", "鸭肉", "鹅肉", "排骨", "猪蹄", "鸡翅"),
    "imports": ("香蕉", "樱桃", "榴莲", "火龙果", "牛油果", "柠檬", "奇异果", "葡萄", "橙子"),
    "packaged": ("大米", "面粉", "食用油", "挂面", "酱油", "牛奶", "豆制品", "糕点", "饮料"),
}
"""Kind of goods -> products that come to every wholesale market, offered where a seller's file names none. No rule looks at it."""


def kind_of(product: str) -> Literal["produce", "meat"]:
    """Return ``meat`` or ``produce``.

    >>> kind_of("猪肉"), kind_of("鸡腿"), kind_of("鸡腿菇"), kind_of("西红柿")
    ('meat', 'meat', 'produce', 'produce')
    """
    name = product.strip()[:100]
    return "meat" if _MEAT.search(name) and not _NOT_MEAT.search(name) else "produce"
