"""Words that stand beside a name and are none: labels, titles, kin, trades, shifts, and what people type where they know no name."""

from __future__ import annotations

from typing import Final

__all__ = ["DOUBLE_SURNAMES", "HAN", "HAN_BEHIND", "HAN_PLACES", "LATIN", "NOBODY", "PLACES_END", "REMARKS", "SOFT", "SURNAMES"]

_NOBODY: Final = """
不详 不祥 未知 不明 无 没有 暂无 无名 没名字 空 空白 未填 未登记 同上 同前 如上 待定 待补 待填 保密 匿名 其他 某 某某 某人
本人 自己 自家 佚名 不便透露 拒绝提供 未提供 不提供 不知道 不清楚 不方便
"""
_LABELS: Final = """
姓名 名字 名称 联系人 联系电话 联系方式 联系 电话 电话号码 手机 手机号 手机号码 座机 固话 固定电话 热线 传真 微信 微信号
微信同号 同微信 同号 短号 分机 号码 备用 紧急 邮箱 地址 住址 身份证 身份证号 身份证号码 证件 证件号 车牌 车牌号 请联系 请找 请打
转交 代收 代收货 小时
"""
_TRADES: Final = """
经营者 经营户 个体户 养殖 种植 养猪 养鸡 负责人 责任人 经办人 经手人 办事人 收货人 收件人 接收人 发货人 寄件人 送货人 送货员 送货 收货
法人 法定代表人 法人代表 代表人 代表
代理 老师 师傅 大夫 医生 博士 教授 老板 老板娘 店主 店长 副店长 店员 掌柜 经理 副经理 总经理 副总经理 总监 主管 主任 副主任 组长
队长 班长 科长 处长 局长 所长 站长 村长 校长 园长 院长 厂长 场长 社长 理事长 董事长 会长 书记 村主任 干部 秘书 助理 司机 驾驶员
车主 货主 摊主 摊贩 档主 业主 户主 农户 菜农 果农 种植户 养殖户 采购 采购员 采购经理 销售 销售员 业务员 业务 收银 收银员 仓管
仓管员 库管 库管员 保管 保管员 会计 出纳 财务 文员 客服 前台 员工 工人 厨师 厨师长 质检 质检员 检验员 食安员 食品安全员
食品安全管理员 管理员 值班 值班员 收银台 办公室 总台 服务台 柜台 总机 接待 接待处 值班室 传达室 保安 保安室 财务室 财务部 采购部 销售部
客服部 市场部 客服中心 服务中心 管理处 食堂 厨房 后厨
"""
_TITLES: Final = """
先生 女士 小姐 太太 夫人 同志 阿姨 叔叔 大叔 大伯 伯伯 大姐 大哥 大嫂 大爷 大妈 大娘 奶奶 爷爷 姥姥 姥爷 外公 外婆 嫂子 大婶 舅舅
姑姑 姨妈 家属 家人 父亲 母亲 爸爸 妈妈 儿子 女儿 老公 老婆 爱人 妻子 丈夫 弟弟 妹妹 哥哥 姐姐 兄弟
老师傅 师父 大师傅 小哥 小妹 小弟 老弟 老哥 老爷子 老太太 夫妇 夫妻 两口子
"""
_SHIFTS: Final = "夜班 白班 早班 中班 晚班 上午 下午 晚上 白天 夜里 凌晨 周末 平时 节假日 工作日"
_REMARKS_HAN: Final = """
全天 车间 后门 前门 东门 西门 南门 北门 门口 门卫 仓库 冷库 后勤 单位 关门 常用 方便 方便时 应急 包装 水产 水果 蔬菜 肉类 时间 时段
安全 安全员 高管 全权 白天打 通知 转告 金牌 老客户 别打 勿打 已离职 离职 在职 临时 暂时 新来的 现任 原任 前任
"""
_LATIN: Final = """
mr mrs ms miss mx dr prof professor sir madam mme herr frau senor senora auntie aunt uncle boss
name names contact contacts person owner manager keeper driver buyer seller consignee receiver recipient shipper sender farmer grower
chef cashier clerk staff worker director chief assistant secretary agent representative rep legal accountant
tel telephone phone phones mobile cell cellphone fax wechat weixin whatsapp email mail address home office work ext extension number
call ask for attn attention care of the a morning evening night shift weekend weekdays only backup emergency main new old
none nil null unknown same as above ditto tbd tba not available given stated anonymous self nobody withheld empty blank other
father mother wife husband brother sister daughter jr sr junior senior
front desk frontdesk reception receptionist counter checkout cashdesk department sales purchasing customer service hotline switchboard
"""
_SOFT: Final = "na an no co day son cook head"

_REMARKS: Final = """
and or
before after at in on by to from with left right until till please not every is was has who speaks when see if back door gate stall shop
floor room market warehouse store street road building entrance open closed time noon am pm hours ltd co. inc llc company group cooperative
"""
_SURNAMES: Final = """
赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛
雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾
路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫房裘缪干宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲
家封芮羿储靳汲邴糜段巫乌焦巴隗谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄宿白怀蒲邰鄂索咸籍
赖卓蔺屠蒙池乔阴胥苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿边扈燕冀郏浦尚农温庄晏柴瞿阎慕连茹习宦艾鱼容古易慎戈廖庾终
衡耿弘匡国文寇广禄欧殳蔚夔隆师巩厍聂晁勾敖融冷訾辛阚那饶曾毋沙乜鞠须丰巢关蒯查荆游竺逯盖益桓公仝肖覃佟付闫苑岳
靖粟邸盘兰矫冼揭栗修苟仉车逯呼延税郇闪仵玉铁
張陳劉楊黃趙吳馬許鄭馮蔣鄧韓蕭葉蘇呂盧譚鍾陸賈範鄒魯龍
"""
_DOUBLE: Final = """
欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 长孙 宇文 司徒 夏侯 令狐 轩辕 端木 独孤 南宫 申屠 闻人 赫连 澹台 公冶 太史 淳于 单于 万俟
"""
DOUBLE_SURNAMES: Final = frozenset(_DOUBLE.split())
SURNAMES: Final = frozenset("".join(_SURNAMES.split()))
"""The hundred families and what is common beside them; a name of another begins a value, or stands alone in it."""
REMARKS: Final = frozenset(_REMARKS.split())
"""In other letters, of remarks: no name goes on behind one."""
NOBODY: Final = frozenset(_NOBODY.split())
"""Where no name is known."""
HAN: Final = tuple(sorted(f"{_LABELS} {_TRADES} {_TITLES} {_SHIFTS} {_REMARKS_HAN}".split(), key=len, reverse=True))
"""In Chinese, before a name or behind it; the longest first."""
HAN_BEHIND: Final = tuple("收哥姐叔姨嫂婶总工家")
"""Of one sign, behind a whole name."""
PLACES_END: Final = frozenset("村镇乡屯庄路街巷区县市店厂场站库楼")
"""At the end of three signs: a place rather than a person."""
HAN_PLACES: Final = ("号店", "号摊", "号档", "号楼", "号库", "号门", "店铺", "摊位", "档口", *"号楼组区栋室店摊档门库转")
"""Behind a digit or a letter and before a name: ``3号摊李四``. The longest first."""
LATIN: Final = frozenset(_LATIN.split())
"""In other letters."""
SOFT: Final = frozenset(_SOFT.split())
"""In other letters, of which some are names as well (``Wang Na``, ``John Cook``): words beside a name only where a name is left without."""
