"""Takes the pictures of the pages that README and documents show, from nodes that really run.

    python docs/screenshots.py [--to DIR] [--every-page pdPD]

Five labs are founded with the inventories of the demonstration, join each other, and live through
three weeks: members, loans, a late return, a neighbour that has gone quiet. Then a browser signs in
and looks. People, labs and photos are made up. `--every-page` takes every page of an admin, whole,
on phone (p) and desktop (d), dark with a capital: to be looked at, not to be kept.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
