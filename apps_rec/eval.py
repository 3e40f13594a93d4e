"""`python -m apps_rec.eval` takes the flags of EasyRec's command of this name."""

import sys

from apps_rec.cli.easyrec.eval import main

if __name__ == "__main__":
    sys.exit(main())
