"""The words that headings are made of: field -> headings that mean it, likeliest first, Chinese then English.

Each is one text of words separated by blanks; :mod:`foodtrace.intake.headings` says how a heading is compared with them.
"""

from typing import Final

SYNONYMS: Final[dict[str, str]] = {
    "id": (
        "交易单号 交易流水号 交易编号 流水号 业务流水号 结算单号 明细号 行号 记录号 单号 订单号 订单编号 销售单号 编号 "
        "序列号 id transactionid transactionno transaction saleid lineid recordid number no orderno orderid eventid"
    ),
    "doc": (
        "单据号 单据编号 小票号 票号 凭证号 凭证编号 发票号 送货单号 收货单号 进货单号 入库单号 出库单号 盘点单号 "
        "document documentno docno voucher voucherno receiptno ticket ticketno invoice invoiceno deliverynote"
    ),
    "at": (
        "交易时间 成交时间 结算时间 销售时间 收银时间 收货时间 进货时间 入库时间 盘点时间 发生时间 记录时间 时间戳 "
        "日期时间 at datetime timestamp transactiontime saletime soldat receivedat countedat"
    ),
    "date": (
        "交易日期 成交日期 结算日期 销售日期 收货日期 进货日期 入库日期 盘点日期 报损日期 日期 营业日期 date "
        "transactiondate saledate receiptdate countdate day"
    ),
    "time": "时间 时刻 钟点 time clock",
    "site": (
        "商户号 商户编号 商户卡号 商户卡 卡号 摊位号 摊号 档口号 档口 摊位 卖方信用代码 销售方信用代码 商户信用代码 "
        "门店编号 门店号 店号 site siteid stall stallno card cardno seller sellerid sellercode shopid storeid "
        "merchantid merchantno"
    ),
    "site_name": (
        "商户名称 商户名 商户 卖方名称 卖方 销售方 销方 卖家 供货摊位 经营户 门店名称 门店 店名 店铺 网点 sitename "
        "sellername shop store shopname storename merchant merchantname"
    ),
    "buyer": (
        "买方信用代码 购方信用代码 购买方信用代码 买方统一社会信用代码 购方统一社会信用代码 统一社会信用代码 信用代码 "
        "买方编号 客户编号 客户号 买家编号 买方卡号 buyer buyercode buyerid customer customerid customercode to uscc "
        "creditcode"
    ),
    "buyer_name": (
        "买方名称 买方 购方名称 购方 购买方名称 购买方 购货方 购货单位 采购方 采购单位 买家 客户名称 客户 收货方 "
        "收货单位 去向 buyername customername consignee shipto"
    ),
    "source": (
        "供方信用代码 供货方信用代码 供应商信用代码 供货商信用代码 供应商编号 供货商编号 供应商代码 source supplierid "
        "suppliercode vendorid from"
    ),
    "source_name": (
        "供应商名称 供应商 供货商名称 供货商 供货方 供货单位 供方 来源 进货来源 发货方 发货单位 supplier suppliername "
        "vendor vendorname sourcename"
    ),
    "product": (
        "品名 商品名称 商品名 产品名称 产品名 货品名称 货品 货物名称 食品名称 品种 商品 产品 菜名 名称 product "
        "productname item itemname goods description articlename article"
    ),
    "gtin": "商品条码 条形码 商品条形码 条码 国条码 69码 gtin ean ean13 barcode upc",
    "lot": (
        "批次 批次号 批号 生产批号 生产批次 产品批次 产品批号 货物批次 追溯批次 入场批次 进场批次 追溯批次号 lot lotno "
        "lotid lotnumber lotcode batch batchno batchnumber batchcode"
    ),
    "quantity": (
        "结算数量 结算重量 成交数量 成交重量 交易数量 交易重量 销售数量 销量 实收数量 收货数量 进货数量 实点数量 "
        "盘点数量 实盘数量 实点 实盘 报损数量 净重 净重量 重量 斤数 公斤数 netweight nettweight net weight "
        "数量 件数 罐数 quantity qty amountsold counted count pieces"
    ),
    "unit": "单位 计量单位 数量单位 重量单位 销售单位 unit uom units unitofmeasure",
    "serial": "罐码 罐身码 单罐码 追溯码 唯一码 serial serialno serialnumber cancode can",
    "by": (
        "收银员号 收银员编号 操作员号 工号 员工号 收银机号 机号 终端号 cashierid operatorid staffid staff terminal "
        "terminalid pos posid till"
    ),
}

SHOWS: Final[dict[str, str]] = {
    "stock_count": "countdate counted countedat 实点 实点数量 实盘 实盘数量 盘亏 盘点单号 盘点数量 盘点日期 盘点时间 盘盈 账面数量",
    "loss": "lossreason spoiled 报损原因 报损数量 报损日期 损耗",
    "sale": (
        "cancode cashier cashierid posid receiptno saletime soldat ticket ticketno till 会员号 单罐码 小票号 支付方式 "
        "收银员 收银员号 收银员编号 收银时间 收银机号 机号 罐码 罐身码 销售数量 销售时间 销量"
    ),
}
"""Kind of file -> headings that show it by themselves."""
