"""What the simulated merchant sells, where, and with whom: shops, goods, carriers."""

from dataclasses import dataclass

from simulator.places import BY_NAME


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop; carriers may check a number with the last four digits of `sender_phone`."""

    code: str
    platform: str
    name: str
    share: int
    sender_phone: str


@dataclass(frozen=True, slots=True)
class Goods:
    """One product; the category from its widest level to its narrowest, specs are (text, price in fen)."""

    title: str
    goods_id: str
    sku: str
    family: str
    category: tuple[str, ...]
    specs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier: Kuaidi100 code, name on exports, waybill prefix and number of digits after it, speed (1 = usual), shares."""

    code: str
    name: str
    prefix: str
    digits: int
    pace: float
    share: int


SHOPS = (
    Shop("MT-PDD", "pdd", "棉田优选", 45, "13800138001"),
    Shop("MT-DY", "douyin", "棉田家居", 33, "13800138002"),
    Shop("MT-TB", "taobao", "棉田旗舰", 16, "13800138003"),
    Shop("MT-KS", "kuaishou", "棉田快手店", 3, "13800138004"),
    Shop("MT-WX", "wechat", "棉田微信小店", 3, "13800138005"),
)
SHOP_BY_CODE = {shop.code: shop for shop in SHOPS}

CARRIERS = (
    Carrier("yuantong", "圆通速递", "YT8", 12, 1.0, 22),
    Carrier("zhongtong", "中通快递", "75", 12, 0.95, 22),
    Carrier("shentong", "申通快递", "77", 13, 1.05, 16),
    Carrier("yunda", "韵达快递", "43", 13, 1.05, 15),
    Carrier("jtexpress", "极兔速递", "JT5", 12, 1.1, 14),
    Carrier("shunfeng", "顺丰速运", "SF1", 12, 0.6, 7),
    Carrier("ems", "EMS", "11", 11, 1.3, 4),
)
CARRIER_BY_CODE = {carrier.code: carrier for carrier in CARRIERS}

# Each family leaves from the town that is known for it.
ORIGIN = {"textile": (BY_NAME["南通市"], 0), "ceramics": (BY_NAME["景德镇市"], 0), "snacks": (BY_NAME["合肥市"], 2)}

GOODS = (
    Goods(
        "棉田 全棉纱布四件套 水洗棉床单被套",
        "754299529401",
        "MT-BED-01",
        "textile",
        ("家纺", "床上用品", "四件套"),
        (("1.5米床 雾霾蓝", 16900), ("1.8米床 燕麦色", 18900), ("2.0米床 豆沙粉", 20900)),
    ),
    Goods(
        "棉田 新疆长绒棉夏凉被 可机洗薄被",
        "754299529402",
        "MT-QLT-02",
        "textile",
        ("家纺", "床上用品", "被子"),
        (("150×200cm", 9900), ("180×220cm", 12900)),
    ),
    Goods(
        "棉田 全棉毛巾三条装 A类加厚吸水",
        "754299529403",
        "MT-TWL-03",
        "textile",
        ("家纺", "毛巾浴巾", "毛巾"),
        (("素色三条", 2990), ("格纹三条", 3290)),
    ),
    Goods(
        "棉田 乳胶颗粒枕芯 一对装",
        "754299529404",
        "MT-PLW-04",
        "textile",
        ("家纺", "床上用品", "枕头"),
        (("单只", 5900), ("一对", 10900)),
    ),
    Goods(
        "棉田 色织提花沙发垫 四季通用防滑",
        "754299529405",
        "MT-SOF-05",
        "textile",
        ("家纺", "布艺软饰", "沙发垫"),
        (("70×70cm", 2580), ("70×180cm", 6990)),
    ),
    Goods(
        "棉田 珊瑚绒盖毯 午睡空调毯",
        "754299529406",
        "MT-BLK-06",
        "textile",
        ("家纺", "床上用品", "毯子"),
        (("100×150cm", 3990), ("150×200cm", 5990)),
    ),
    Goods(
        "棉田 景德镇手绘釉下彩面碗 家用大汤碗",
        "754299529407",
        "MT-BWL-07",
        "ceramics",
        ("餐饮具", "餐具", "碗"),
        (("单只 6英寸", 2680), ("四只装", 9800)),
    ),
    Goods(
        "棉田 陶瓷马克杯带盖勺 办公室水杯",
        "754299529408",
        "MT-MUG-08",
        "ceramics",
        ("餐饮具", "水具酒具", "马克杯"),
        (("雾白", 3580), ("墨绿", 3580)),
    ),
    Goods(
        "棉田 日式粗陶餐具套装 16头礼盒",
        "754299529409",
        "MT-SET-09",
        "ceramics",
        ("餐饮具", "餐具", "餐具套装"),
        (("16头", 19900), ("26头", 32900)),
    ),
    Goods(
        "棉田 功夫茶具 盖碗三才碗 白瓷",
        "754299529410",
        "MT-TEA-10",
        "ceramics",
        ("餐饮具", "茶具", "茶具套装"),
        (("单盖碗", 4500), ("一壶四杯", 12800)),
    ),
    Goods(
        "棉田 每日坚果混合果仁 750g 30包",
        "754299529411",
        "MT-NUT-11",
        "snacks",
        ("零食", "坚果炒货", "混合坚果"),
        (("750g", 5990), ("1500g", 10900)),
    ),
    Goods(
        "棉田 五香瓜子 原味大颗粒 500g×2",
        "754299529412",
        "MT-SED-12",
        "snacks",
        ("零食", "坚果炒货", "瓜子"),
        (("五香", 1990), ("焦糖", 2190)),
    ),
    Goods(
        "棉田 绿豆糕 老式手工糕点 独立包装",
        "754299529413",
        "MT-CAK-13",
        "snacks",
        ("零食", "糕点", "绿豆糕"),
        (("500g", 1680), ("1000g", 2980)),
    ),
    Goods(
        "棉田 牛肉干 风干手撕 250g",
        "754299529414",
        "MT-BEF-14",
        "snacks",
        ("零食", "肉干肉脯", "牛肉干"),
        (("原味", 4590), ("香辣", 4590)),
    ),
)
# What each shop mostly sells.
FAMILY_SHARE = {
    "MT-PDD": (("textile", 60), ("ceramics", 10), ("snacks", 30)),
    "MT-DY": (("textile", 40), ("ceramics", 45), ("snacks", 15)),
    "MT-TB": (("textile", 65), ("ceramics", 25), ("snacks", 10)),
    "MT-KS": (("textile", 70), ("ceramics", 5), ("snacks", 25)),
    "MT-WX": (("textile", 70), ("ceramics", 20), ("snacks", 10)),
}
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏"
    "程吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严"
)
