"""What to tell a person about a row or a file: the sentence, with its remedy, for each code."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROW: Final[dict[str, Promise]] = {
    "scientific-number": _(
        "The spreadsheet turned the number into %(value)s and its digits are lost. Export the file again and import it "
        "without opening it, or open it with this column as text."
    ),
    "number-missing": _("The row has no order number. Fill it in, or delete the row if it is a total."),
    "number-too-long": _(
        "%(value)s is too long for a number (64 characters at most). Check that the columns are aligned."
    ),
    "waybill-too-long": _("%(value)s is too long for a waybill number (40 characters at most). Check the column."),
    "too-few-cells": _("The row ends before the order number. The file may be cut off: export it again."),
    "time-unreadable": _("%(value)s is not a time we can read. Write it as 2026-09-22 08:53:45."),
    "time-impossible": _("%(value)s lies outside the years 2000 to 2099. Check the cell."),
    "money-unreadable": _("%(value)s is not an amount. Write it as 1234.50."),
    "money-negative": _("An amount cannot be negative: %(value)s. Write refunds as a positive refunded amount."),
    "money-too-large": _("%(value)s is larger than 9,999,999,999.99. Check that the columns are aligned."),
    "quantity-unreadable": _("%(value)s is not a quantity. Write a whole number."),
    "status-unknown": _(
        "We do not know the status %(value)s. The order goes in with the status its times show; check it on the platform."
    ),
    "goods-unknown": _(
        "We do not know the kind of goods %(value)s. The order goes in without it; check it on the platform."
    ),
    "goods-differ": _(
        "The sub-orders are of several kinds of goods: %(value)s. The order goes in as the first of them; check its limits."
    ),
    "placed-from-number": _("The time of the order is blank; its day was taken from the order number."),
    "quantity-not-split": _(
        "%(value)s pieces over several sub-orders cannot be split; each counts as one. Check the lines."
    ),
    "waybill-without-company": _(
        "%(value)s has no delivery company. Add the company, or the parcel cannot be followed."
    ),
    "orphan-row": _("No order %(value)s in the orders file. Export both files for the same period."),
}

FILE: Final[dict[str, Promise]] = {
    "empty": _("The file is empty. Export it again."),
    "no-rows": _("The file has a header but no rows below it."),
    "too-large": _("The file is larger than %(limit)s MB. Export a shorter period and import the parts one by one."),
    "too-many-rows": _(
        "The file has more than %(limit)s rows. Export a shorter period and import the parts one by one."
    ),
    "xls": _("This is an old Excel file (.xls). Open it and save it as .xlsx or .csv."),
    "encrypted": _("The file is protected by a password. Save it without a password."),
    "corrupt": _("The file cannot be opened: it is damaged or not a spreadsheet. Export it again."),
    "bomb": _("The file unpacks to more than %(limit)s MB. Save it as .csv."),
    "archive": _("This is an archive. Unpack it and import the .csv or .xlsx inside."),
    "html": _("This is a web page, though it may be called .xls. Export the file again as .csv or .xlsx."),
    "not-text": _("The file is neither a spreadsheet nor a text table. Import a .csv or .xlsx file."),
    "encoding": _("The text is neither UTF-8 nor GB18030. Save the file as CSV UTF-8."),
    "no-sheet": _("The workbook has no sheet with rows."),
    "cell-too-large": _(
        "A cell is larger than %(limit)s characters: a quotation mark may be missing. Export the file again."
    ),
    "header-unknown": _(
        "No known export has these columns: %(value)s. Choose the columns by hand, or use our template."
    ),
    "column-missing": _(
        "The column %(value)s is missing. Export the file again with it, or choose the column by hand."
    ),
    "column-unknown": _("The file has no column %(value)s."),
    "field-unknown": _("We have no field %(value)s."),
    "profile-unknown": _("There is no profile %(value)s. Known are: %(known)s."),
    "file-not-of-profile": _("%(value)s is not one of the files this profile joins: its columns are not known."),
    "file-twice": _("Two files are of the same kind: %(value)s. Give each kind once."),
    "one-file-only": _("This profile reads one file at a time."),
}


def sentence(code: str, value: str = "", **params: object) -> str:
    """Return the sentence for an issue's or an unusable file's code, in the language of the moment."""
    text = ROW.get(code) or FILE[code]
    return str(text) % {"value": value, **params}
