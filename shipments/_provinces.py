"""Where China's provinces are, and their cities by name. Pure data.

Rough on purpose: a middle and a radius say how far two provinces are apart at least, and that is all that is asked of them.
"""

from typing import NamedTuple


class Province(NamedTuple):
    """Middle in degrees north and east, and the radius in km around it that holds the places parcels come from."""

    name: str
    north: float
    east: float
    radius: int
    cities: tuple[str, ...]


# name, degrees north, degrees east, radius in km, cities of the prefecture level
_TABLE = """
北京 39.9 116.4 90
天津 39.1 117.2 80
上海 31.2 121.5 70
重庆 29.8 107.5 260
河北 38.5 115.8 380 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安
山西 37.6 112.3 350 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁
内蒙古 44.0 113.0 1300 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安盟 锡林郭勒 阿拉善
辽宁 41.2 122.8 330 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛
吉林 43.6 126.4 390 长春 四平 辽源 通化 白山 松原 白城 延边
黑龙江 47.5 128.0 600 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭
江苏 32.9 119.5 300 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁
浙江 29.2 120.3 270 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水
安徽 32.0 117.2 320 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
福建 26.0 118.2 310 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德
江西 27.6 115.7 360 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
山东 36.4 118.6 400 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
河南 34.0 113.7 330 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 济源
湖北 31.0 112.5 400 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 天门
湖南 27.7 111.8 380 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西
广东 22.9 113.4 450 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
广西 23.6 108.6 400 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左
海南 19.5 109.9 190 海口 三亚 三沙 儋州 琼海 万宁
四川 30.5 102.8 550 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山
贵州 26.8 106.8 340 贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南
云南 25.0 101.6 500 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆
西藏 30.5 90.0 1000 拉萨 日喀则 昌都 林芝 山南 那曲 阿里
陕西 35.3 108.9 420 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
甘肃 36.5 102.5 850 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南
青海 35.8 96.5 600 西宁 海东 海西 玉树 果洛
宁夏 37.4 106.2 230 银川 石嘴山 吴忠 固原 中卫
新疆 42.5 85.5 1000 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰 石河子
香港 22.3 114.2 40
澳门 22.2 113.5 20
台湾 23.7 121.0 220 台北 高雄 台中 台南
"""


def _read(line: str) -> Province:
    name, north, east, radius, *cities = line.split()
    return Province(name, float(north), float(east), int(radius), tuple(cities))


PROVINCES = {province.name: province for province in map(_read, _TABLE.strip().splitlines())}
