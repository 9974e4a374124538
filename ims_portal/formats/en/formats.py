"""Dates as in the rest of the portal: 21-11-2024. A form also accepts 21/11/2024 and 2024-11-21."""

DATE_FORMAT = SHORT_DATE_FORMAT = "d-m-Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "d-m-Y H:i"

# the first format is the one that fields show
DATE_INPUT_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d"]
