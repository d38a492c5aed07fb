"""The same recall as ``bare_recall.py``, its statements run through SQLAlchemy. ``python bare_alchemy.py FILE LOT``"""

import json
import sys

from bare_recall import outlets  # type: ignore[import-not-found]  # a script, run from where it lies
from sqlalchemy import create_engine

if __name__ == "__main__":
    with create_engine(f"sqlite:///{sys.argv[1]}").connect() as connection:
        json.dump({"outlets": outlets(connection.exec_driver_sql, sys.argv[2])}, sys.stdout, ensure_ascii=False)
