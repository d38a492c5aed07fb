"""Texts of the area ``counter``: the gate's desk, seller files, tests, sampling. Key -> (Chinese, English)."""

from typing import Final

_ERRORS: Final[dict[str, tuple[str, str]]] = {
    "counter.weight": ('看不懂重量 "{value}", 应如 {expected}', '"{value}" is no weight, write {expected}'),
    "counter.weight.hint": ("净重 482; 毛减皮 600-118; 24 筐, 每筐皮重 5: 600-24*5; 24 筐, 每筐 20: 24*20", "net 482; gross less tare 600-118; 24 crates of 5 each as tare 600-24*5; 24 crates of 20 each 24*20"),
    "counter.tare": ("皮重 {value} 不小于毛重 {expected}", "the tare {value} is not less than the gross weight {expected}"),
    "counter.tare.hint": ("先毛重后皮重, 如 600-118", "gross first, then tare, as in 600-118"),
    "counter.too_much": ("{value} 太大, 一车最多 {expected}", "{value} is too much for a truck, at most {expected}"),
    "counter.too_much.hint": ("是扫到码了, 还是多打了几位?", "a bar code scanned here, or digits too many?"),
    "gate.product": ("没有品名", "the product is not named"),
    "gate.product.hint": ("加上 {expected}", "give {expected}"),
    "gate.number": ("门号 {value} 应为 {expected}", "gate number {value}, expected {expected}"),
    "gate.number.hint": ("只用数字", "digits only"),
    "gate.numbers": ("今天的车号用完了: {value}, 最多 {expected}", "the day's truck numbers are used up: {value}, at most {expected}"),
    "gate.numbers.hint": ("换一个门号", "use another gate number"),
    "test.verdict": ("检测结果 {value} 要写成 {expected} 之一", "a test result is given by one of {expected}, not {value}"),
    "test.verdict.hint": ("快检给空白和样品的吸光度变化; 实验室给结论", "a rapid test by its two absorbance changes, a laboratory's by its verdict"),
    "test.not_found": ("该批没有检测 {value}, 有: {near}", "this lot has no test {value}, there are: {near}"),
    "test.not_found.hint": ("不写就是指未解除的那次阳性", "leave it out to mean the positive that stands"),
    "transfer.test_positive": ("{value} 快检或检验阳性 ({item}, 检测 {test}), 停止销售", "{value} tested positive ({item}, test {test}): sale is stopped"),
    "transfer.test_positive.hint": ("等实验室结果; 封存, 退回, 取样, 销毁不受限", "wait for the laboratory; sealing, returning, sampling and destruction stay open"),
    "sampling.seed_file": ("抽检种子文件 {value} 不能用: {reason}", "the sampling seed file {value} cannot be used: {reason}"),
    "sampling.seed_file.hint": ("权限应为 0600, 内容 64 位十六进制", "mode 0600, 64 hex digits"),
    "sampling.no_seed": ("本机没有抽检种子 ({value})", "this host has no sampling seed ({value})"),
    "sampling.no_seed.hint": ("foodtrace gate sampling commit", "foodtrace gate sampling commit"),
    "sampling.too_early": ("{value} 还没过完, 种子 {expected} 起才能公开", "{value} is not over, its seed is opened from {expected} on"),
    "sampling.too_early.hint": ("公开早了, 谁都能算出抽哪车", "opened earlier, anybody could tell which trucks are drawn"),
}

_FINDINGS: Final[dict[str, tuple[str, str]]] = {
    "sampling.no_commitment": ("{value} 没有事先承诺种子", "no seed was committed to for {value}"),
    "sampling.no_commitment.hint": ("前一天 foodtrace gate sampling commit", "the day before: foodtrace gate sampling commit"),
    "sampling.late": ("承诺记于 {value}, 不在当天之前", "the commitment was recorded {value}, not before the day"),
    "sampling.twice": ("这一天承诺了 {value} 次, 种子不同", "{value} commitments for this day, to unlike seeds"),
    "sampling.not_opened": ("{value} 的种子还没公开", "the seed of {value} is not opened yet"),
    "sampling.gap": ("第 {number} 车没有记录, 车号不连续", "truck {number} is not on record, the numbers have a gap"),
    "sampling.left_out": ("第 {number} 车 (批次 {lot}) 没有参加抽取", "truck {number} (lot {lot}) was left out of the draw"),
    "sampling.rate_low": ("第 {number} 车 (批次 {lot}) 抽检率记 {value}, 至少 {expected} (万分之)", "truck {number} (lot {lot}): rate recorded {value}, at least {expected} in ten thousand"),
    "sampling.undone": ("第 {number} 车 (批次 {lot}) 抽中后被撤销", "truck {number} (lot {lot}) was undone after it was drawn"),
    "sampling.not_tested": ("第 {number} 车 (批次 {lot}) 抽中, 没有检测记录", "truck {number} (lot {lot}) was drawn and no test is on record"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {**_ERRORS, **_FINDINGS}
