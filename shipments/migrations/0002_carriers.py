"""The carriers Chinese marketplaces name, under Kuaidi100's company codes, with the ways exports write them."""

from django.db import migrations

# code, Chinese name, English name, other spellings
CARRIERS = [
    ("yuantong", "圆通速递", "YTO Express", "圆通 圆通快递 圆通快运 YTO"),
    ("zhongtong", "中通快递", "ZTO Express", "中通 中通速递 ZTO"),
    ("shentong", "申通快递", "STO Express", "申通 申通速递 STO"),
    ("yunda", "韵达快递", "Yunda Express", "韵达 韵达速递 YUNDA YD"),
    ("jtexpress", "极兔速递", "J&T Express", "极兔 极兔快递 百世极兔 J&T JTSD JT"),
    ("shunfeng", "顺丰速运", "SF Express", "顺丰 顺丰快递 顺丰速递 SF SF-EXPRESS"),
    ("ems", "EMS", "EMS", "邮政EMS 邮政特快专递 中国邮政EMS EMS经济快递"),
    ("youzhengguonei", "邮政快递包裹", "China Post parcel", "邮政 中国邮政 邮政包裹 邮政国内小包 邮政小包 中国邮政快递包裹 YZPY CHINAPOST"),
    ("jd", "京东物流", "JD Logistics", "京东 京东快递 JD JDL"),
    ("debangkuaidi", "德邦快递", "Deppon Express", "德邦 德邦物流 DBL DBKD DEPPON"),
    ("danniao", "丹鸟", "Danniao", "丹鸟物流 丹鸟快递 菜鸟直送 菜鸟速递 菜鸟"),
    ("huitongkuaidi", "百世快递", "BEST Express", "百世 百世汇通 汇通 汇通快递 BEST HTKY"),
    ("tiantian", "天天快递", "TTK Express", "天天 天天速递 TTK HHTT"),
    ("zhaijisong", "宅急送", "ZJS Express", "宅急送快递 ZJS"),
    ("annengwuliu", "安能快运", "ANE Logistics", "安能 安能物流 ANE"),
    ("kuayue", "跨越速运", "KYE Express", "跨越 跨越物流 KYE"),
    ("suer", "速尔快递", "Sure Express", "速尔 速尔快运"),
    ("fengwang", "丰网速运", "Fengwang Express", "丰网 丰网速递"),
    ("shunfengkuaiyun", "顺丰快运", "SF Freight", ""),
    ("zhongtongkuaiyun", "中通快运", "ZTO Freight", ""),
    ("yundakuaiyun", "韵达快运", "Yunda Freight", ""),
    ("baishiwuliu", "百世快运", "BEST Freight", ""),
]  # fmt: skip


def seed(apps, schema_editor):
    Carrier = apps.get_model("shipments", "Carrier")
    CarrierAlias = apps.get_model("shipments", "CarrierAlias")
    for code, name_zh, name_en, spellings in CARRIERS:
        carrier, _ = Carrier.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en})
        for spelling in spellings.split():
            CarrierAlias.objects.get_or_create(name=spelling, defaults={"carrier": carrier})


class Migration(migrations.Migration):
    dependencies = [("shipments", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
