"""State codes: their names, and their permitted uses (R-142). The codes 25 and 28 belong to former
territories. They are still permitted, because old GSTINs begin with 25 or 28."""

from __future__ import annotations

STATES: dict[str, str] = {
    "01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand",
    "06": "Haryana", "07": "Delhi", "08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim",
    "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur", "15": "Mizoram", "16": "Tripura",
    "17": "Meghalaya", "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha",
    "22": "Chhattisgarh", "23": "Madhya Pradesh", "24": "Gujarat", "25": "Daman and Diu (old)",
    "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra", "28": "Andhra Pradesh (old)",
    "29": "Karnataka", "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
    "35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh",
    "97": "Other Territory",
}  # fmt: skip
BEYOND_STATES: dict[str, str] = {"96": "Other Country", "99": "Centre Jurisdiction"}


def state_name(code: str) -> str:
    """Return the State's name, or the code itself if the code has no name."""
    return STATES.get(code) or BEYOND_STATES.get(code) or code


def is_place_of_supply(code: str) -> bool:
    """Return true if a document between registered persons may have this place of supply: 01 to 38 and 97."""
    return code in STATES


def is_gstin_state(code: str) -> bool:
    """Return true if a GSTIN may begin with this code: 01 to 38, 97 and 99. Code 96 is not permitted: it is
    used only for the place of supply of exports."""
    return code in STATES or code == "99"
