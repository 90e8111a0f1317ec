"""Cities a parcel starts from, passes and ends in: names, GB division codes, rough positions, weights by population."""

from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

# province|city|code|lon|lat|pinyin|weight|district:code,...
_TABLE = """
北京市|北京市|110000|116.41|39.90|bei jing shi|9|朝阳区:110105,海淀区:110108,丰台区:110106,通州区:110112
天津市|天津市|120000|117.20|39.08|tian jin shi|4|和平区:120101,河西区:120103,西青区:120111
河北省|石家庄市|130100|114.51|38.04|shi jia zhuang shi|4|长安区:130102,裕华区:130108
河北省|唐山市|130200|118.18|39.63|tang shan shi|2|路北区:130203
河北省|保定市|130600|115.46|38.87|bao ding shi|3|竞秀区:130602,莲池区:130606
山西省|太原市|140100|112.55|37.87|tai yuan shi|3|小店区:140105,迎泽区:140106
内蒙古自治区|呼和浩特市|150100|111.75|40.84|hu he hao te shi|1|赛罕区:150105,新城区:150102
内蒙古自治区|包头市|150200|109.84|40.66|bao tou shi|1|昆都仑区:150203
辽宁省|沈阳市|210100|123.43|41.80|shen yang shi|4|和平区:210102,皇姑区:210105,铁西区:210106
辽宁省|大连市|210200|121.61|38.91|da lian shi|3|甘井子区:210211,沙河口区:210204
吉林省|长春市|220100|125.32|43.82|chang chun shi|3|朝阳区:220104,南关区:220102
黑龙江省|哈尔滨市|230100|126.53|45.80|ha er bin shi|3|南岗区:230103,道里区:230102
上海市|上海市|310000|121.47|31.23|shang hai shi|9|浦东新区:310115,闵行区:310112,徐汇区:310104,宝山区:310113
江苏省|南京市|320100|118.80|32.06|nan jing shi|5|江宁区:320115,鼓楼区:320106,玄武区:320102,雨花台区:320114
江苏省|无锡市|320200|120.31|31.49|wu xi shi|3|滨湖区:320211,锡山区:320205
江苏省|徐州市|320300|117.28|34.21|xu zhou shi|3|泉山区:320311,铜山区:320312
江苏省|苏州市|320500|120.58|31.30|su zhou shi|6|吴中区:320506,虎丘区:320505,昆山市:320583
江苏省|南通市|320600|120.89|31.98|nan tong shi|2|通州区:320612,崇川区:320613
浙江省|杭州市|330100|120.16|30.27|hang zhou shi|6|西湖区:330106,余杭区:330110,萧山区:330109
浙江省|宁波市|330200|121.55|29.87|ning bo shi|4|鄞州区:330212,海曙区:330203
浙江省|温州市|330300|120.70|28.00|wen zhou shi|3|鹿城区:330302,瓯海区:330304
浙江省|金华市|330700|119.65|29.08|jin hua shi|3|婺城区:330702,义乌市:330782
安徽省|合肥市|340100|117.23|31.82|he fei shi|4|蜀山区:340104,包河区:340111,肥东县:340122
安徽省|芜湖市|340200|118.43|31.35|wu hu shi|2|镜湖区:340202
福建省|福州市|350100|119.30|26.07|fu zhou shi|3|鼓楼区:350102,仓山区:350104
福建省|厦门市|350200|118.09|24.48|xia men shi|3|思明区:350203,湖里区:350206,集美区:350211
福建省|泉州市|350500|118.68|24.87|quan zhou shi|3|丰泽区:350503,晋江市:350582
江西省|南昌市|360100|115.86|28.68|nan chang shi|3|红谷滩区:360113,青山湖区:360111
江西省|景德镇市|360200|117.18|29.27|jing de zhen shi|1|珠山区:360203,昌江区:360202
江西省|赣州市|360700|114.93|25.83|gan zhou shi|2|章贡区:360702
山东省|济南市|370100|117.12|36.65|ji nan shi|4|历下区:370102,历城区:370112
山东省|青岛市|370200|120.38|36.07|qing dao shi|4|市南区:370202,城阳区:370214
山东省|临沂市|371300|118.36|35.10|lin yi shi|3|兰山区:371302
河南省|郑州市|410100|113.63|34.75|zheng zhou shi|5|金水区:410105,二七区:410103,中原区:410102
河南省|洛阳市|410300|112.45|34.62|luo yang shi|3|涧西区:410305,洛龙区:410311
湖北省|武汉市|420100|114.31|30.59|wu han shi|5|洪山区:420111,武昌区:420106,江汉区:420103
湖北省|襄阳市|420600|112.12|32.01|xiang yang shi|2|樊城区:420606
湖南省|长沙市|430100|112.94|28.23|chang sha shi|4|岳麓区:430104,雨花区:430111,天心区:430103
湖南省|衡阳市|430400|112.57|26.89|heng yang shi|2|蒸湘区:430408
广东省|广州市|440100|113.26|23.13|guang zhou shi|7|天河区:440106,白云区:440111,番禺区:440113
广东省|深圳市|440300|114.06|22.55|shen zhen shi|7|南山区:440305,宝安区:440306,龙岗区:440307,福田区:440304
广东省|佛山市|440600|113.12|23.02|fo shan shi|4|南海区:440605,顺德区:440606
广东省|惠州市|441300|114.42|23.11|hui zhou shi|3|惠城区:441302,惠阳区:441303
广西壮族自治区|南宁市|450100|108.37|22.82|nan ning shi|3|青秀区:450103,西乡塘区:450107
广西壮族自治区|柳州市|450200|109.42|24.33|liu zhou shi|2|鱼峰区:450203
海南省|海口市|460100|110.20|20.04|hai kou shi|2|龙华区:460106,美兰区:460108
海南省|三亚市|460200|109.51|18.25|san ya shi|1|吉阳区:460203
重庆市|重庆市|500000|106.55|29.56|chong qing shi|5|渝北区:500112,江北区:500105,沙坪坝区:500106
四川省|成都市|510100|104.07|30.57|cheng du shi|6|武侯区:510107,青羊区:510105,锦江区:510104,双流区:510116
四川省|绵阳市|510700|104.68|31.47|mian yang shi|2|涪城区:510703
贵州省|贵阳市|520100|106.63|26.65|gui yang shi|2|南明区:520102,云岩区:520103
云南省|昆明市|530100|102.83|24.88|kun ming shi|3|官渡区:530111,五华区:530102,盘龙区:530103
西藏自治区|拉萨市|540100|91.11|29.65|la sa shi|1|城关区:540102
陕西省|西安市|610100|108.94|34.34|xi an shi|4|雁塔区:610113,未央区:610112,长安区:610116
甘肃省|兰州市|620100|103.83|36.06|lan zhou shi|2|城关区:620102,七里河区:620103
青海省|西宁市|630100|101.78|36.62|xi ning shi|1|城西区:630104
宁夏回族自治区|银川市|640100|106.23|38.49|yin chuan shi|1|金凤区:640106,兴庆区:640104
新疆维吾尔自治区|乌鲁木齐市|650100|87.62|43.83|wu lu mu qi shi|1|天山区:650102,沙依巴克区:650103
"""


@dataclass(frozen=True, slots=True)
class City:
    """One city; `districts` are (name, code)."""

    province: str
    name: str
    code: str
    lon: float
    lat: float
    pinyin: str
    weight: int
    districts: tuple[tuple[str, str], ...]

    @property
    def short(self) -> str:
        """苏州 for 苏州市."""
        return self.name.removesuffix("市")

    @property
    def province_short(self) -> str:
        """江苏 for 江苏省, 内蒙古 for 内蒙古自治区."""
        for tail in ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"):
            if self.province.endswith(tail):
                return self.province.removesuffix(tail)
        return self.province


def _read() -> tuple[City, ...]:
    cities = []
    for line in _TABLE.strip().splitlines():
        province, name, code, lon, lat, pinyin, weight, districts = line.split("|")
        pairs = tuple((one.split(":")[0], one.split(":")[1]) for one in districts.split(","))
        cities.append(City(province, name, code, float(lon), float(lat), pinyin, int(weight), pairs))
    return tuple(cities)


CITIES = _read()
WEIGHTS = tuple(city.weight for city in CITIES)
BY_NAME = {city.name: position for position, city in enumerate(CITIES)}
REMOTE_PROVINCES = frozenset({"内蒙古", "新疆", "西藏", "青海", "宁夏", "海南", "甘肃"})
# Where long lanes change trucks.
_TRUNK_HUBS = tuple(
    BY_NAME[name]
    for name in ("郑州市", "武汉市", "广州市", "西安市", "成都市", "长沙市", "杭州市", "济南市", "沈阳市", "兰州市")
)
_ONE_LEG_KM = 900
_SHORTEST_LEG_KM = 200


@cache
def distance_km(start: int, end: int) -> int:
    """Great-circle distance between two cities, by position in CITIES."""
    a, b = CITIES[start], CITIES[end]
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return int(2 * 6371 * asin(sqrt(half)))


@cache
def trunk_hub(start: int, end: int) -> int | None:
    """The hub a long lane passes with the least detour; None for short lanes."""
    if distance_km(start, end) <= _ONE_LEG_KM:
        return None
    fitting = [
        hub
        for hub in _TRUNK_HUBS
        if distance_km(start, hub) > _SHORTEST_LEG_KM and distance_km(hub, end) > _SHORTEST_LEG_KM
    ]
    return min(fitting, key=lambda hub: distance_km(start, hub) + distance_km(hub, end), default=None)
