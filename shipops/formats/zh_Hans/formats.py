"""Numbers in groups of three, as sellers' back offices write them; figures stand apart from Chinese characters."""

DATE_FORMAT = "Y 年 n 月 j 日"
MONTH_DAY_FORMAT = "n 月 j 日"
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
