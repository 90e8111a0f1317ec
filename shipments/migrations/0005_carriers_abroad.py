"""The carriers abroad that cross-border sellers ship with, under Kuaidi100's company codes where it has one.

Kuaidi100 has none for Royal Mail; royalmail is ours. Several names of one company are one carrier: EMS abroad, DHL Express.
"""

from django.db import migrations

# code, Chinese name, English name, other spellings (white space and case do not count where they are looked up)
CARRIERS = [
    ("dhl", "DHL 快递", "DHL Express", "DHL DHL国际 DHL国际快递 DHL-中国件 DHL-全球件 DHLEN 敦豪"),
    ("dhlde", "DHL 德国", "DHL Germany", "DHL-德国件 DHLPaket DHLDeutschland DHLParcel"),
    ("dhlecommerce", "DHL 电商小包", "DHL eCommerce", "DHL小包 DHLGlobalMail DHLeCommerceAsia"),
    ("fedex", "联邦快递", "FedEx", "联邦国际快递 FedEx国际 FedEx-国际件 FedExIE FedExIP FEDEXCN"),
    ("ups", "UPS", "UPS", "UPS国际 UPS国际快递 UPS-全球件 UPSEN 联合包裹"),
    ("usps", "美国邮政", "USPS", "美国邮政USPS UnitedStatesPostalService USPostalService"),
    ("tnt", "TNT", "TNT", "TNT快递 TNT-全球件 TNTExpress"),
    ("aramex", "Aramex", "Aramex", ""),
    ("dpd", "DPD", "DPD", "DPDGroup"),
    ("dpduk", "DPD 英国", "DPD UK", "DPD-UK DPD(UK)"),
    ("gls", "GLS", "GLS", "GLSEurope GeneralLogisticsSystems"),
    ("myhermes", "Evri", "Evri", "EVRI HermesUK MyHermesUK"),
    ("hermes", "Hermes", "Hermes", "HermesGermany"),
    ("yodel", "Yodel", "Yodel", ""),
    ("royalmail", "英国皇家邮政", "Royal Mail", "皇家邮政 英国邮政 RoyalMailUK"),
    ("parcelforce", "英国大包", "Parcelforce", "ParcelforceWorldwide"),
    ("auspost", "澳大利亚邮政", "Australia Post", "澳洲邮政 AUPOST"),
    ("canpost", "加拿大邮政", "Canada Post", "PostesCanada"),
    ("purolator", "Purolator", "Purolator", ""),
    ("ontrac", "OnTrac", "OnTrac", ""),
    ("lasership", "LaserShip", "LaserShip", ""),
    ("csuivi", "法国邮政", "La Poste", "LaPosteFrance"),
    ("colissimo", "法国小包", "Colissimo", ""),
    ("chronopostfra", "法国 Chronopost", "Chronopost", "ChronopostFrance"),
    ("deutschepost", "德国邮政", "Deutsche Post", ""),
    ("postnl", "荷兰邮政", "PostNL", "荷兰邮政PostNL"),
    ("belgiumpost", "比利时邮政", "bpost", "BelgiumPost"),
    ("swisspost", "瑞士邮政", "Swiss Post", ""),
    ("correosdees", "西班牙邮政", "Correos (Spain)", "CorreosSpain CorreosEspaña"),
    ("italiane", "意大利邮政", "Poste Italiane", ""),
    ("brazilposten", "巴西邮政", "Correios (Brazil)", "Correios CorreiosBrazil"),
    ("mexico", "墨西哥邮政", "Correos de México", "CorreosdeMexico"),
    ("pochta", "俄罗斯邮政", "Russian Post", "PochtaRossii"),
    ("japanposten", "日本邮政", "Japan Post", "JapanPost 日本郵便"),
    ("koreapost", "韩国邮政", "Korea Post", ""),
    ("singpost", "新加坡邮政", "Singapore Post", "SingPost"),
    ("hkpost", "香港邮政", "Hongkong Post", "HongKongPost HKPost"),
    ("malaysiapost", "马来西亚邮政", "Pos Malaysia", "MalaysiaPost"),
    ("thailand", "泰国邮政", "Thailand Post", "ThaiPost"),
    ("india", "印度邮政", "India Post", ""),
    ("newzealand", "新西兰邮政", "New Zealand Post", "NZPost"),
    ("chinapost", "中国邮政国际小包", "China Post (international)", "中国邮政小包 邮政国际小包 国际小包 e邮宝 ePacket"),
    ("emsguoji", "EMS 国际", "EMS (international)", "国际EMS EMS-国际件 EMS国际件 EMSINTEN 国际特快专递"),
    ("youzhengguoji", "邮政国际包裹", "China Post parcel (international)", "国际包裹"),
    ("yw56", "燕文物流", "Yanwen", "燕文 YANWEN YanwenExpress"),
    ("disifang", "递四方", "4PX", "4PX 递四方速递 4PXExpress FOURPX"),
    ("yuntrack", "云途物流", "YunExpress", "云途 YunTu YunTrack"),
    ("sypost", "顺友物流", "SUNYOU", "顺友 SunYou"),
    ("cnexps", "CNE", "CNE Express", "CNEExpress"),
    ("winit", "万邑通", "Winit", ""),
]  # fmt: skip


def seed(apps, schema_editor):
    Carrier = apps.get_model("shipments", "Carrier")
    CarrierAlias = apps.get_model("shipments", "CarrierAlias")
    for code, name_zh, name_en, spellings in CARRIERS:
        carrier, _ = Carrier.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en})
        for spelling in spellings.split():
            CarrierAlias.objects.get_or_create(name=spelling, defaults={"carrier": carrier})


class Migration(migrations.Migration):
    dependencies = [("shipments", "0004_event_partitions")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
