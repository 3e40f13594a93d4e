"""`python -m apps_rec.train_eval` takes the flags of EasyRec's command of this name."""

import sys

from apps_rec.cli.easyrec.train_eval import main

if __name__ == "__main__":
    sys.exit(main())
