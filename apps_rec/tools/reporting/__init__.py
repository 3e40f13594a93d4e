"""The report of one run or several: read, measured, drawn, and written as one page."""
