"""Files that come in and go out: workbooks, offline JSON, GSTR-2B JSON, files of other portals."""
