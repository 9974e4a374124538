"""Files that people upload or download: workbooks, JSON of the offline tool, GSTR-2B JSON, files of other
portals."""
