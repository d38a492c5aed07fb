"""Help of the command line: English sentence, as a command or an option says it -> Chinese. Area ``help``.

The English stands with the command, where whoever changes it sees it; a test fails when its Chinese is missing here.
The first sentence of a command is also its line in a list of commands.
"""

from typing import Final

COMMANDS: Final[dict[str, str]] = {
    "Food traceability and market access: certificates, gates, transfers, formula, recalls, on a record that outsiders can check.":
        "食品溯源与市场准入: 合格证, 门岗, 转出收货, 奶粉, 召回; 记在外人能核验的账本上。",
    "Make a ledger here, or one more log in it: a signing key and the first, signed, checkpoint.":
        "在这里建一个账本, 或在账本里再建一本日志: 一把签名密钥和第一个签过名的检查点。",
    "Signing keys: of this host's log, and of those who issue certificates.": "签名密钥: 本机日志的, 和开合格证的各家的。",
    "Make a key file (mode 0600). The key is in force only once an entry says so: key rotate, key register.":
        "做一个密钥文件 (权限 0600)。要有记录才生效: key rotate, key register。",
    "List every key on record, since when and for which entries it is in force, and the key files here; or export them for gates.":
        "列出在案的密钥, 各从何时有效, 以及本机的密钥文件; 或导出给门岗。",
    "Register a public key (VKEY, or 64 hex digits) that signs an operator's certificates. Weak keys are refused.":
        "登记为某经营者签合格证的公钥 (VKEY, 或 64 位十六进制)。弱密钥不收。",
    "Revoke a key that signs certificates, by its number in key list; or, with --end-log, the key of this host's log.":
        "按 key list 里的编号吊销签合格证的密钥; 加 --end-log 是吊销本机日志的密钥。",
    "Put a new key in force for this host's log, by an entry that the old and the new key sign.":
        "给本机的日志换新密钥, 用新旧两把都签的一条记录。",
    "Operators: who answers for a site.": "经营者: 谁为场所负责。",
    "Register an operator (经营者) by NAME. The name of a sole trader or a self-grower is kept beside the log and can be erased.":
        "按 NAME 登记一个经营者。个体户和自产自销者的姓名存在日志旁边, 可以删除。",
    "Show an operator and its sites, by credit code, local id or name.": "按信用代码, 本地编号或名称, 看一个经营者和它的场所。",
    "Farms, markets, stalls, plants, shops: where goods are.": "农场, 市场, 档口, 工厂, 商店: 货在的地方。",
    "Register sites, each as NAME:KIND, for example 福安超市:shop.\n\nKinds: farm, collector, market, stall, warehouse, processor, plant, distributor, shop, restaurant, canteen, retail_stall, online_shop, laboratory, disposal, office.":
        "登记场所, 每个写成 名称:类别, 例如 福安超市:shop。\n\n类别: farm 农场, collector 收购点, market 市场, stall 档口, warehouse 仓库, processor 加工厂, plant 奶粉厂, distributor 配送, shop 商店, restaurant 餐馆, canteen 食堂, retail_stall 零售摊, online_shop 网店, laboratory 实验室, disposal 无害化处理点, office 办公室。",
    "Describe SITE anew: what is named changes, all else stays. What was said before stays in the log.":
        "重新登记 SITE 的情况: 写到的改, 没写到的不变。以前的记录留在日志里。",
    "Show, open or edit a market's file on a seller (卖方档案). Without SELLER: list them.\n\nSELLER is an operator's id, credit code or name, the id or name of one of its sites, or its trader card. Who has no file is refused at the gate.":
        "查看, 建立或修改市场的卖方档案。不写 SELLER 就是列出。\n\nSELLER 是经营者的编号, 信用代码或名称, 或它一处场所的编号或名称, 或商户卡号。没有档案的, 门岗拒入。",
    "List the sites on record.": "列出在案的场所。",
    "Issue, record, void, show and print commitment certificates.": "承诺达标合格证: 开具, 登记, 作废, 查看, 打印。",
    "Issue a certificate for QUANTITY (500kg, 1000斤) of PRODUCT and write its label.\n\nA collector who mixed or repacked names every lot taken in: --from 261123-1=300kg --from 261123-2=200kg.":
        "给 PRODUCT 开 QUANTITY (500kg, 1000斤) 的合格证, 并写出标签。\n\n混装或分装的收购者要写明每一批来货: --from 261123-1=300kg --from 261123-2=200kg。",
    "Print the labels of certificates on record: a PNG or SVG each, or one PDF, or A4 sheets.":
        "打印在案合格证的标签: 每张一个 PNG 或 SVG, 或一个 PDF, 或 A4 整版。",
    "Record a paper that is not ours as what it is: another platform's certificate, 自我承诺 or 产地证明.":
        "把不是本系统的纸质凭证如实登记: 别的平台的合格证, 自我承诺, 产地证明。",
    "Show the certificates of a lot as a person reads them. LOT is the lot, a label's file, or a code as scanned.":
        "按人看的样子显示一批货的合格证。LOT 是批次, 标签文件, 或扫到的码。",
    "Make a certificate void. LOT is its lot, its label's file, or its code as scanned.":
        "作废一张合格证。LOT 是它的批次, 标签文件, 或扫到的码。",
    "Say what a code is, and everything known against it; nothing is recorded.\n\nFILE is a picture (PNG, JPEG, WebP, HEIC) or a PDF, FOLDER has such files, - reads what a keyboard-wedge scanner types. Exit 0 only if every certificate is good and a code was read on every page; product codes beside one do not count.":
        "说出一个码是什么, 有什么问题; 什么也不记录。\n\nFILE 是图片 (PNG, JPEG, WebP, HEIC) 或 PDF, FOLDER 是放这些文件的文件夹, - 读扫码枪打出的字。合格证全部有效, 每页都读到码, 才退出 0; 旁边的商品条码不算。",
    "Decide on trucks at a market's gate: admit, hold or refuse, with every reason; every decision is recorded.\n\nWith FILE, TEXT or - one truck: the code on its papers. Without, a counter's loop: staff card, then scan, weigh, next, every key on the numeric pad; end it with **. Exit 0 only if every truck was admitted (the loop: always).":
        "市场门岗对来车作出决定: 准入, 暂缓或拒入, 说明全部原因; 每个决定都记录。\n\n写 FILE, TEXT 或 - 是一辆车: 它单据上的码。不写是窗口循环: 工牌, 然后扫码, 过磅, 下一辆, 全用小键盘; ** 结束。每辆都准入才退出 0 (循环总是 0)。",
    "List what the gate has put aside and nobody has decided, the most urgent first.": "列出门岗暂缓而还没有人决定的, 最急的在前。",
    "Decide on held goods. ID is the truck's number, the lot's code, or the entry's id (see `gate held`).\n\nAdmitting is an override: it needs a second person's card (their number where no cards are in use). Goods under recall or with a positive test stay out all the same.":
        "决定暂缓的货。ID 是车号, 批次, 或记录编号 (见 gate held)。\n\n准入是破例: 要第二个人的工牌 (没有用工牌的写编号)。召回中或检测阳性的货照样不能进。",
    "Announce trucks from a booking list, CSV or XLSX: seller, and day, product, quantity, plate, booking number where known.\n\nAll rows or none; the same list again changes nothing. Plates are kept beside the log and can be erased.":
        "按预约单预告来车, CSV 或 XLSX: 卖方, 以及知道的日期, 品名, 数量, 车牌, 预约号。\n\n要么全记, 要么一行不记; 同一单再送不变。车牌存在日志旁边, 可以删除。",
    "Which admitted trucks are tested: committed to before the day, opened and checked afterwards.":
        "准入的车抽检哪些: 前一天先承诺种子, 过后公开并核对。",
    "Check a DAY's choice from the log alone: committed before, opened, every draw made again, every drawn truck tested.\n\nExit 1 if there is anything to look at.":
        "只凭日志核对某一天的抽检: 事先承诺, 事后公开, 重新抽一遍, 抽中的都测了。\n\n有任何要看的就退出 1。",
    "Commit to the seeds of the coming days. The first time a seed is made in the key directory: nobody else should read it.\n\nA seed that is gone is not replaced without a word: days committed to with it draw nothing and are never proven.":
        "为以后几天的种子作承诺。第一次会在密钥目录做一个种子: 别人不应能读。\n\n种子不见了不会悄悄另做: 用它承诺过的日子不抽, 也永远无法证明。",
    "Open the seed of a DAY that is over, so that anybody can draw again.": "公开已过去那一天的种子, 让谁都能重抽一遍。",
    "Staff cards: who begins a shift and who is the second person is shown by a card, not only said.\n\nFrom the first card on, a number that is only typed is not taken.":
        "工牌: 谁上班, 谁是第二个人, 出示工牌, 不只是说。\n\n有了第一张工牌以后, 只打编号不算。",
    "Issue a card for a staff NUMBER, and print it. An older card of the same number is worthless then.\n\nEvery gate has its own list: register the card at the others with --card.":
        "给工号 NUMBER 发一张工牌并打印。同号的旧牌随即作废。\n\n每个门岗有自己的名单: 在别处用 --card 登记。",
    "List the numbers that have a card here. No secret is kept, so none is shown.": "列出这里有工牌的编号。不存秘密, 所以也不显示。",
    "Make the card of a staff NUMBER worthless: it was lost, or its holder has left.": "作废工号 NUMBER 的工牌: 丢了, 或人走了。",
    "List certificates on which more was admitted than they are for, and serials that came in as two, over all logs here.\n\nGates offline cannot see each other.\n\nExit 1 if there is any.":
        "列出准入量超过证上数量的合格证, 和一号两证都进了货的, 看这里的所有日志。\n\n断网的门岗互相看不见。\n\n有任何一张就退出 1。",
    "Record a test of LOT: a rapid test from its two absorbance changes, or a result as reported.\n\nA positive stops the sale of the lot wherever it lies, and says what must follow and by when; a laboratory lifts or confirms it. Exit 1 while a positive stands.":
        "记录 LOT 的一次检测: 快检的两个吸光度变化, 或报告上的结果。\n\n阳性会停止该批在任何地方的销售, 并说明接着要做什么, 何时之前; 由实验室解除或确认。阳性还在时退出 1。",
    "Hand goods on: LOT (code or full id), QUANTITY with its unit (120kg, 50斤), to a buyer.":
        "转出: LOT (批次号或全号), QUANTITY 带单位 (120kg, 50斤), 给买方。",
    "Take goods in. A lot under recall is received as sealed.": "收货。召回中的批次收下即为封存。",
    "Turn lots into lots: repack, blend, split, process, renumber, rework.": "批次变成批次: 分装, 混合, 分开, 加工, 改号, 返工。",
    "Correct ENTRY: its number, ORIGIN#NUMBER, its event's id, a voucher (V-..), or the number on the paper. Alone: show its history.\n\nNothing is overwritten. A correction is an entry that names the one it corrects; figures and lists follow at once.":
        "更正 ENTRY: 它的序号, ORIGIN#序号, 事件编号, 凭证号 (V-..), 或单据上的号码。单写它是看历史。\n\n什么也不覆盖。更正是另一条记录, 指明它更正哪一条; 数字和名单随即跟着变。",
    'Erase the names, phones and addresses of WHAT: a site, an operator, or an entry by its number or id.\n\nOf an operator everything that speaks of it goes: its sites and files, and what a gate recorded of it as a seller. Other entries that hold the same values are named.\n\nThe values are deleted with their salts; the entries stay, with proofs that go on verifying, and readers see "erased". Values in logs that a recovery left go too. Exit 0 only if all that was asked for is gone; 1 if some of it is in another log, or other entries still hold the same values.':
        '删除 WHAT 的姓名, 电话, 地址: 一个场所, 一个经营者, 或一条记录的序号或编号。\n\n经营者: 凡说到它的都删, 它的场所和档案, 准入口记下的卖方信息。别的记录里有同样的值, 会一一指出。\n\n值和盐一起删除; 记录留下, 证明照样成立, 读者看到的是 "已删除"。恢复时留下的旧日志里的也删。要删的都没了才退出 0; 有的在别的日志里, 或别的记录里还有同样的值, 退出 1。',
    "Infant formula: from the plant's batch to the shop's till and back.": "婴幼儿奶粉: 从厂里的批次到店里的收银台, 以及退回。",
    "Record that CANS cans of batch LOT (full id GTIN/CODE) were filled from ingredient lots, or say why they may not be.":
        "记录用原料批次灌装了 CANS 罐, 批次 LOT (全号 GTIN/批号); 不可以就说明原因。",
    "Ask whether a can may be sold, and record nothing. Exit 1 when it may not.\n\nLOT is a batch, or a whole code as a scanner types it. Without LOT codes are read line by line, one can each.":
        "问一罐能不能卖, 不记录。不能卖退出 1。\n\nLOT 是批次, 或扫到的整个码。不写 LOT 就逐行读码, 一行一罐。",
    "Show what a case or pallet holds now. Exit 1 for a code that holds nothing on record.":
        "看一箱或一托盘里现在装着什么。没有在案内容的码退出 1。",
    "Count the cans on the shelf and compare with the book, batch by batch. Exit 1 if they differ and nothing was recorded.\n\nA count that fits is recorded. One that differs is shown; then it is counted again, or recorded with --book. Without arguments the book is shown.":
        "盘点货架上的罐, 逐批与账面比。不一致又没有记录时退出 1。\n\n相符就记录。不符先显示, 然后重点一遍, 或用 --book 记下。不写参数是看账面。",
    "Print the purchase and sales ledger: what came in from whom, what went out, what is missing in the records.\n\nNo consumer data is in it. It ends with the newest signed checkpoint of the log.":
        "打印进货销售台账: 从谁进了什么, 出了什么, 记录里缺什么。\n\n里面没有消费者的资料。末尾是日志最新的签名检查点。",
    "Put cans of LOT into the case CODE, or cases onto the pallet CODE. Packing moves no quantity.":
        "把 LOT 的罐装进箱 CODE, 或把箱码上托盘 CODE。装箱不移动数量。",
    "Take cans in: LOT and how many, or the code of a case or pallet alone. A batch under recall is received as sealed.\n\nWithout arguments case codes are read line by line. What was sent is named by --transfer or --doc, or it is on record as two loads.":
        "收罐: LOT 和罐数, 或只写箱码, 托盘码。召回中的批次收下即为封存。\n\n不写参数就逐行读箱码。收的是哪一次发出的, 用 --transfer 或 --doc 写明, 否则记成两批货。",
    "Record that a batch passed its factory test and may be sold.": "记录一批出厂检验合格, 可以销售。",
    "Take CANS cans back from a consumer: no receipt, bought elsewhere, unknown here, all is accepted, and said as a finding.\n\nWhat was brought back goes into custody and is never sold again. No consumer data is recorded.":
        "消费者退回 CANS 罐: 没有小票, 别处买的, 这里不认识的, 都收下, 作为发现列出。\n\n退回的货单独保管, 不再出售。不记消费者的资料。",
    "Sell cans to a consumer, or say why not: recalled, unreleased, expired, sold before. Exit 1 when it may not be sold.\n\nLOT is a batch, or a whole code as a scanner types it. Without LOT codes are read line by line, one can each.":
        "卖罐给消费者, 或说明为什么不能: 召回, 未放行, 过期, 已经卖过。不能卖退出 1。\n\nLOT 是批次, 或扫到的整个码。不写 LOT 就逐行读码, 一行一罐。",
    "Show what is on record of a formula batch, or of the batch of a scanned can.": "看一个奶粉批次, 或扫到的罐所属批次, 有什么在案。",
    "Take cans or cases out of the case or pallet CODE.": "从箱或托盘 CODE 里取出罐或箱。",
    "Print the lots that must not be sold, and how old the list is.\n\nIt is made from the recall cases in this ledger. A shop that keeps a ledger of its own takes it as a signed file; its till then says how old the list is after 24 hours and stops after 7 days.":
        "打印不能卖的批次, 以及名单有多旧。\n\n名单来自这个账本里的召回案件。自有账本的店把它当签名文件收下; 收银台在 24 小时后说名单有多旧, 7 天后停售。",
    "Record a file: JSON lines (one event each), or CSV and XLSX with Chinese or English headings. - reads standard input.\n\nNothing is recorded if any row is bad, unless --skip-bad. A second run of the same file changes nothing.":
        "记录一个文件: JSON 行 (一行一个事件), 或中英文表头的 CSV, XLSX。- 读标准输入。\n\n有一行错就一行也不记, 除非 --skip-bad。同一文件再送一次什么也不变。",
    "Find every outlet that holds LOTs, or what a rule fits, or what left or passed a site, or anything made from it.\n\nLikely remaining stock comes first. The rule's parts must all fit one lot; lots, a rule and a window at a site are united.":
        "找出每个还有 LOT, 或合乎条件的货, 或从某处出去, 经过某处的货, 或用它们做成的货的网点。\n\n可能现存多的在前。各条件要同时合乎同一批; 批次, 条件, 某处的时段三者合并。",
    "Recall cases: open, widen, publish, notify, acknowledge, seal, return, destroy, check, status, close, clear.":
        "召回案件: 立案, 扩大, 公告, 通知, 回执, 封存, 退回, 销毁, 抽查, 进度, 结案, 解除。",
    "Record the answer of SITE to its notice; or by the receipt code (--code); or many from a file (--file).\n\nWhat is not said stays unknown: without --on-hand or --nothing-left the book's stock stands.":
        "记录 SITE 对通知的回执; 或按回执码 (--code); 或从文件一次记多家 (--file)。\n\n没说的就是不知道: 不写 --on-hand 或 --nothing-left, 仍按账面。",
    "Record what a visit to SITE found, and say what must follow.": "记录到 SITE 检查看到了什么, 并说明接着要做什么。",
    "Clear LOTs of CASE for sale: the only way, besides withdrawing the case, by which its block is lifted.":
        "解除 CASE 的 LOT, 可以销售: 除撤案以外, 只有这样能解禁。",
    "Close a case whose goods are all disposed of, or say what is missing. Its lots stay blocked until they are cleared.":
        "结案, 货都处置完了才行, 否则说明还缺什么。批次在解除之前仍然禁售。",
    "Relabel goods of a class 3 case, so that they may be sold again under a new lot (RCL15 Art. 25).":
        "三级案件的货改标签, 以新批次重新销售 (RCL15 第 25 条)。",
    "Record that goods of the case were destroyed at SITE; or plan it (--plan), or report it beforehand (--report).\n\nTime and place are reported before it happens (FSL Art. 63). What was not reported or had no witness is recorded as it is, and stands in the status of the case as such.":
        "记录货在 SITE 销毁; 或定下时间 (--plan), 或事先报告 (--report)。\n\n事前要报告时间和地点 (食品安全法第 63 条)。没有报告或没有见证的照实记录, 并在进度里照样列出。",
    "Move the completion deadline, with its approval. It counts once it is published; the first date stays visible.":
        "经批准延长完成期限。公布后才算; 原来的日期仍然看得见。",
    "List the cases on record: how far each has come, when it is due, how much is late.":
        "列出在案的案件: 各走到哪一步, 何时到期, 迟了多少。",
    "Put a smaller scope in the place of the one CASE has, with a reason and who approved it. Earlier versions are kept.":
        "把 CASE 的范围缩小, 要有理由和批准人。以前各版都保留。",
    "Record a notice to everybody affected who has none, and write each as a page to print, with a list for a mailing system.\n\nEach party gets one file with its own lots and quantities and a receipt code; suppliers are told too, who also got goods of the case in one file.":
        "给所有还没有通知的人记一次通知, 各写一页可打印的通知, 另有给群发系统的名单。\n\n每家一个文件, 只有自己的批次和数量, 带回执码; 上游也通知, 自己也收到案件的货的, 写在同一个文件里。",
    "Open a case for LOTs, or what a rule fits, or what left or passed through a site, and everything made from it.\n\nFrom now on these goods can be neither transferred nor sold. The plan file (RCL15 Art. 15, 16) may say: date, product, brand, spec, produced, quantity, harm, process, area, duties, disposal, cost, refund, advice, expected, channel, ends, and, kept beside the log: representative, in_charge, phone, email, address.":
        "为 LOT, 合乎条件的, 从某处出去或经过某处的货, 以及用它们做成的一切立案。\n\n从现在起这些货不能转出也不能销售。计划文件 (RCL15 第 15, 16 条) 可写: date, product, brand, spec, produced, quantity, harm, process, area, duties, disposal, cost, refund, advice, expected, channel, ends, 以及存在日志旁边的 representative, in_charge, phone, email, address。",
    "Record that the public notice was published: starts the completion clock.": "记录召回公告已发布: 完成期限从此起算。",
    "Go on with a closed case.": "继续一个已结的案件。",
    "Write the report of CASE: list, chain, curve against the deadline, and what proves it; one HTML file that prints on A4.\n\n`foodtrace check-proof` reads the proofs out of the page and needs no ledger for it.":
        "写出 CASE 的报告: 名单, 链条, 对照期限的曲线, 以及凭据; 一个可打印成 A4 的 HTML 文件。\n\nfoodtrace check-proof 从页面里读出证明, 不需要账本。",
    "Ask to put goods back to free stock: refused, and put on record, while any case blocks them, closed or not.":
        "申请把货放回可售库存: 只要还有案件禁售, 不论结没结, 都拒绝并记录。",
    "Record that goods of the case went back from SITE.": "记录案件的货从 SITE 退回。",
    "Draw the sites that are visited, from the seed the case committed to when it was opened.": "按立案时承诺的种子抽出要去检查的网点。",
    "Record that goods of the case were sealed at SITE.": "记录案件的货在 SITE 封存。",
    "Show how far a case has come: R1-R6 with numerator and denominator, deadlines, who is late, what is to be done today.":
        "看案件走到哪一步: R1-R6 带分子分母, 期限, 谁迟了, 今天要做什么。",
    "Add LOTs, a rule, or what left or passed a site to the scope of CASE: a new version. What was done so far stays.":
        "给 CASE 的范围加上批次, 条件, 从某处出去或经过某处的货: 新的一版。做过的保留。",
    "Withdraw CASE, because it was opened in error. It blocks nothing from then on; its record stays.":
        "撤销 CASE, 因为立错了。从此不再禁售; 记录保留。",
    "Show the lots LOT was made from and the lots made from it, where each was born, and the way of the goods.\n\nBack, that is the way to where LOT was made, or with --at to a site; where LOT went from there is forward.":
        "看 LOT 用什么批次做成, 又做成了什么批次, 各在哪里产生, 货怎么走。\n\n往回是到 LOT 产生的地方为止, 用 --at 则到某一处为止; 从那里去了哪里, 是往前。",
    "Say of every lot of a range of days how many outlets its recall would reach, the worst first.":
        "看某些天的每一批若召回要到多少网点, 最坏的在前。",
    "Compare the books of all sites; exit 1 when something is open, or there was nothing to compare.": "对照各处的账; 有没对上的, 或没有可核对的, 退出 1。",
    "Practise a recall: draw a lot, find it, balance its quantities, time it. Touches no stock, sends no notice, records nothing.":
        "演练召回: 抽一批, 找到它, 算清数量, 计时。不动库存, 不发通知, 不记录。",
    "Check every log, byte by byte, and every figure that was computed from it. Exit 0 only if all of it holds; 3 if not.\n\nWhat an earlier run on this host has verified is hashed again and compared with the mark it left beside the keys; the rest is checked in full. The answer says which is which, and what it proves. With --since, older checkpoints have to be extended.":
        "逐字节核验每本日志, 以及由它算出的每个数。全部成立才退出 0, 否则 3。\n\n本机上次核验过的, 重新散列后与留在密钥旁的标记对照; 其余全部核验。回答说明哪些是哪种, 证明了什么。加 --since 还要求是旧检查点的延续。",
    "Write proofs that something is on record: files that anybody can check.\n\nOf a lot all its entries, of a document (the number on the paper) all of it, of an event (its id, or LOG#NUMBER) that one.":
        "写出已在案的证明: 谁都能验的文件。\n\n批次: 它的各条记录; 单据 (纸上的号码): 整张; 事件 (编号, 或 日志#序号): 那一条。",
    "Check proofs (.tlog-proof, each with its .entry beside it), or all in a case report (.html) or its .tar.gz. Needs no ledger.\n\nExit 0 only if every one of them holds; 3 if one does not; 1 if one lacks its entry, or does not show that its key was in force.":
        "检验证明 (.tlog-proof, 旁边各有 .entry), 或案件报告 (.html), foodtrace 打包的 .tar.gz 里的全部证明。不需要账本。\n\n全部成立才退出 0; 有不成立的 3; 缺条目文件的, 没证明签名密钥在用的 1。",
    "Cosign a log's checkpoint if it extends the one cosigned before; print the cosignature.\n\nThe source is a request file of C2SP tlog-witness (from export checkpoint; - is stdin), or a copy of the log in tiles. A fork is refused, exit 3, and both checkpoints are kept as evidence.":
        "给日志的检查点联签, 只要它是上次联签的延续; 打印联签。\n\n来源是 C2SP tlog-witness 的请求文件 (来自 export checkpoint; - 是标准输入), 或日志的瓦片副本。有分叉就拒绝, 退出 3, 两个检查点都留作证据。",
    "Take in other hosts' logs, or what is new of them, from their copies in tiles; bring the night's log of a gate without network home.\n\nA COPY is what foodtrace export tiles filled: a folder (a stick), or its address on a web server. Everything is verified before anything is written, and a log is taken in whole or not at all. The first time the log's key has to be named with --vkey; a fork is refused, exit 3, and both checkpoints are kept.":
        "收进别的机器的日志, 或其中新的部分: 没有网络的门岗把一夜的日志带回来。\n\nCOPY 是 foodtrace export tiles 写的: 一个文件夹 (U 盘), 或网址。先全部核验再写入, 一本日志要么整个收进, 要么一条不收。第一次要用 --vkey 指明日志的公钥; 有分叉就拒绝, 退出 3, 两个检查点都留作证据。",
    "Write the log in forms that others read without this database.": "把日志写成别人没有这个数据库也能读的形式。",
    "Print the newest checkpoint with the proof that it extends --OLD, as witnesses take it (C2SP tlog-witness, add-checkpoint).":
        "打印最新检查点, 连同它延续 --OLD 的证明, 按见证方的格式 (C2SP tlog-witness, add-checkpoint)。",
    "Bring FOLDER up to date with the log, as tiles (C2SP tlog-tiles) that any static web server can serve.":
        "把 FOLDER 更新到日志的现状, 瓦片形式 (C2SP tlog-tiles), 任何静态网站都能放。",
    "Throw away everything computed from the log and compute it anew. The log itself is not touched.":
        "丢掉由日志算出的一切, 重新算一遍。日志本身不动。",
    "Copy the ledger, the newest checkpoints and, apart from them, the keys into a new DIRECTORY, while others write.":
        "把账本, 最新的检查点, 以及分开放的密钥, 复制到新的 DIRECTORY, 别人照样可写。",
    "Go on after an honest restore, a failover or a lost key. Leaves an entry that everybody sees; mends no tampering.":
        "在正当的恢复, 切换或丢了密钥之后继续。留下一条人人看得见的记录; 篡改修不好。",
    "Look at disk, database, clock, keys, anchors, locale and code readers; say how to mend what is wrong. Changes nothing.\n\nExit 0 if nothing is bad (warnings may be there), else 3. Whether the record itself holds is for verify.":
        "看磁盘, 数据库, 时钟, 密钥, 锚, 语言和读码器; 说明不对的怎么修。什么也不改。\n\n没有不行的退出 0 (可以有注意), 否则 3。记录本身是否成立由 verify 说。",
    "Print the JSON Schema of NAME (event, recall, verify); without NAME, list what there is.":
        "打印 NAME 的 JSON Schema (event, recall, verify); 不写 NAME 列出有哪些。",
    "Carry a fictitious city through a month: labels, the gate, settlement files, formula; then recall two lots and verify.\n\nThe ledger of --db is made anew; a file that is already there is never overwritten.":
        "带一个虚构的城市走一个月: 标签, 门岗, 结算文件, 奶粉; 然后召回两批, 核验。\n\n--db 的账本是新建的; 已有的文件从不覆盖。",
    "One truck, or the loop.": "一辆车, 或窗口循环。",
    "Write the pages behind the codes on labels into FOLDER, for any static web server at the codes' host.\n\nThey hold what the paper says, whether it is void, expired or under recall, and no personal data. Run it again to bring them up to date.":
        "把标签上的码指向的网页写进 FOLDER, 放到码里那个网址的静态网站。\n\n网页写纸上有的, 以及是否作废, 过期, 在召回; 没有个人资料。再运行一次就更新。",
}
